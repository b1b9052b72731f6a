"""The port: what Reship asks of a shop, what a shop says of its orders, and how it says no.

An adapter is a class with these methods, and a function `order_from` that reads what its webhooks bring. A method is
called outside every transaction and may take its time. It answers, or refuses `shop_unreachable` and `shop_busy` (try
again later), `shop_credentials_refused` (ask no more until somebody gives others) or `shop_refused` (the answer is no).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from reship.errors import Figure, Refusal
from reship.fulfilment.place_order import NewLine
from reship.orders.addresses import Address
from reship.orders.history import Item

LONGEST_SAID = 300
LONGEST_REMOTE_ID = 64


@dataclass(frozen=True, slots=True)
class ShopsOrder:
    """An order as its shop has it now. `number` is what the shop calls it for people, `remote_id` for programs.

    `changed_at` is the shop's time of this version; None when it only says that the order is gone. `method` is the
    shop's name of the shipping method. A draft is what a customer is still filling in. Of the `lines`, those that need
    no parcel are left out.
    """

    remote_id: str
    number: str
    changed_at: datetime | None
    placed_at: datetime | None = None
    is_cancelled: bool = False
    is_paid: bool = False
    is_sent: bool = False
    is_test: bool = False
    is_draft: bool = False
    customer_name: str = ""
    customer_email: str = ""
    currency: str = ""
    method: str = ""
    note: str = ""
    address: Address = field(default_factory=Address)
    lines: tuple[NewLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Orders that changed; what cannot be read stands as its refusal, so that it does not stop the others.

    `cursor` is where the next page begins; empty after the last.
    """

    orders: Sequence[ShopsOrder | Refusal]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel that departed, to be told to the shop of its order.

    `is_again` of a reshipment whose source was told under `source_reference`. `is_last` when nothing of the order has
    still to go.
    """

    remote_id: str
    shipment: str
    carrier: str
    tracking_number: str
    departed_at: datetime
    items: tuple[Item, ...]
    is_again: bool = False
    source_reference: str = ""
    is_last: bool = False


class ShopApi(Protocol):
    """A shop that can be asked, with its credentials."""

    def fetch_orders(self, since: datetime, cursor: str) -> Page:
        """Orders that changed since then; with a cursor, from where an earlier page ended."""

    def fetch_again(self, remote_ids: Sequence[str]) -> Page:
        """These orders as they are now, on one page; what is not there any more is left out."""

    def send_tracking(self, parcel: Parcel) -> str:
        """Adds the tracking number to the order, beside those that are there, and answers what the shop calls it.

        Looks first whether it is there already: sent twice, it stands there once.
        """


def shop_unreachable(shop: str, what: str, *, problem: str) -> Refusal:
    """`what` was tried, such as "read the orders"."""
    said = printable(problem).rstrip(". ") or "no reason was given"
    return Refusal(
        "shop_unreachable",
        f"{shop} could not be asked to {what}: {said}. It is tried again.",
        shop=shop,
        problem=said,
    )


def shop_busy(shop: str, *, seconds: int) -> Refusal:
    """Too much was asked; `seconds` is how long to leave it alone."""
    return Refusal("shop_busy", f"{shop} takes no more for {seconds} seconds.", shop=shop, retry_after=seconds)


def shop_credentials_refused(shop: str, *, status: int, problem: str) -> Refusal:
    said = printable(problem).rstrip(". ")
    return Refusal(
        "shop_credentials_refused",
        f"{shop} does not accept our credentials ({status}{f': {said}' if said else ''}).",
        shop=shop,
        status=status,
        problem=said,
    )


def shop_refused(shop: str, what: str, *, problem: str, **figures: Figure) -> Refusal:
    said = printable(problem).rstrip(". ") or "no reason was given"
    return Refusal("shop_refused", f"{shop} refused to {what}: {said}.", shop=shop, problem=said, **figures)


def invalid_shop_order(shop: str, *, problem: str, remote_id: str = "") -> Refusal:
    """What came is no order that can be read."""
    said = printable(problem).rstrip(". ")
    return Refusal(
        "invalid_shop_order",
        f"What {shop} sent is no order that can be read: {said}.",
        shop=shop,
        problem=said,
        remote_id=printable(remote_id)[:LONGEST_REMOTE_ID],
    )


def printable(text: str) -> str:
    """What somebody else's machine said, as it can be stored: printable, in one line, and not long."""
    signs = "".join(sign if sign.isprintable() else " " for sign in text[: 2 * LONGEST_SAID])
    return " ".join(signs.split())[:LONGEST_SAID]
