"""What has still to go and must wait: for its payment, as the shop says, or for an address."""

from collections import Counter
from dataclasses import replace

from reship.errors import Figure, Refusal
from reship.fulfilment.place_order import NewOrder
from reship.imports.rows import ReadOrder
from reship.imports.shop_cells import LONGEST_NOTE, fitted
from reship.orders.addresses import Address
from reship.orders.models import HoldKind
from reship.orders.postal import wrong_parts

_NOTHING_ARRIVES_WITHOUT = ("recipient", "street_1", "city", "postal_code", "country")


def held(read: ReadOrder, order: NewOrder) -> ReadOrder:
    """The order as it is to be placed: held, and that noted, where it has still to go and cannot yet.

    An order has one hold from its beginning on, so what lacks its payment and its address is refused:
    `invalid_address` with a sentence for each part that is missing.
    """
    if all(order.has_left(line.parcel) for line in order.lines):
        return read
    missing = _missing(order.address)
    if not missing:
        return replace(read, noted=read.noted + Counter(["payment_hold"])) if order.hold else read
    why = f"The address in the file is not complete. {' '.join(missing.values())}"
    if order.hold:
        parts: dict[str, Figure] = dict(missing)
        refusal = Refusal(
            "invalid_address",
            f"Line {read.line}: the order is not paid, and its address is not complete. {' '.join(missing.values())}",
            line=read.line,
            order=order.number,
            parts=parts,
        )
        return ReadOrder(read.line, read.rows, None, left_out=read.left_out, number=order.number, refusal=refusal)
    noted = read.noted + Counter(["address_hold"])
    note = fitted(f"{why}\n{order.note}".strip(), LONGEST_NOTE, noted)
    return replace(read, order=replace(order, hold=HoldKind.ADDRESS.value, note=note), noted=noted)


def _missing(address: Address) -> dict[str, str]:
    """What is not there of an address and has to be; one that is odd is imported as it is."""
    wrong = wrong_parts(address)
    return {
        name: said
        for name, said in wrong.items()
        if name in _NOTHING_ARRIVES_WITHOUT
        and not getattr(address, name)
        and not (name == "recipient" and address.company)
    }
