"""Taking in what a shop says of an order: placed when it is new, edited and cancelled as far as still possible.

What counts is the version of the order, not the way on which it came: webhooks come twice, late and out of order, and a
poll may be quicker. A message is written down in the transaction of what it does, so it does that once.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from django_scopes import scope

from reship.channels.models import Outcome, Shop, ShopMessage, ShopOrder, ShopState
from reship.channels.port import LONGEST_REMOTE_ID, ShopsOrder
from reship.channels.shops import actor_of
from reship.clients.models import Client
from reship.database.many import insert_columns
from reship.database.retry import one_transaction
from reship.errors import Refusal
from reship.fulfilment.cancel import cancel_shipments
from reship.fulfilment.edit_shipment import EditRequest, edit_shipments
from reship.fulfilment.new_client import default_warehouse_code
from reship.fulfilment.place_order import NewOrder, place_orders
from reship.orders.addresses import ADDRESS_FIELDS, Address, checked_address
from reship.orders.models import IN_THE_BUILDING, Order, Shipment, ShipmentStatus

LONGEST_MESSAGE_ID = 140
LONGEST_NOTE = 1000
_CAN_PASS = frozenset({"not_enough_available", "unknown_item", "unknown_warehouse"})
"""Refusals of an order that somebody here can do something about: it is asked for again."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of it. `order` is the number here, when there is such an order."""

    outcome: Outcome
    order: str = ""
    code: str = ""
    message: str = ""
    is_repeated: bool = False


def take_order(
    said: ShopsOrder | Refusal, *, shop: Shop, client: Client, message_id: str, topic: str, at: datetime
) -> Taken:
    """Does what the shop's order asks for, once for each message; what cannot be done is written down with its reason.

    Refuses only `try_again`. A paused shop is not listened to: what it says now is asked for when it goes on.
    """

    def work() -> Taken:
        current = Shop.objects.select_related("warehouse").get(pk=shop.pk)
        if current.state in {ShopState.PAUSED, ShopState.DISCONNECTED}:
            return Taken(Outcome.NOTHING)
        message = _claimed(current, message_id, topic, at)
        if message is None:
            return Taken(Outcome.NOTHING, is_repeated=True)
        taken = _refused(said) if isinstance(said, Refusal) else _take(current, client, _storable(said), at)
        message.remote_number = "" if isinstance(said, Refusal) else said.number[:60]
        message.order_number = taken.order[:40]
        message.outcome, message.code, message.message = taken.outcome, taken.code, taken.message[:500]
        message.save(update_fields=["remote_number", "order_number", "outcome", "code", "message"])
        return taken

    with scope(client=client.pk):
        return one_transaction(work)


def note_message(
    text: str, *, shop: Shop, client: Client, message_id: str, topic: str, code: str, at: datetime
) -> None:
    """Writes down what was said and is not for us."""

    def work() -> None:
        message = _claimed(shop, message_id, topic, at)
        if message is not None:
            message.outcome, message.code, message.message = Outcome.LEFT_OUT, code, text[:500]
            message.save(update_fields=["outcome", "code", "message"])

    with scope(client=client.pk):
        one_transaction(work)


def is_taken(said: ShopsOrder, *, shop: Shop) -> bool:
    """Whether this version of the order was taken already; inside the client's scope, without a lock."""
    row = ShopOrder.objects.filter(shop=shop, remote_id=said.remote_id).first()
    return row is not None and not row.is_retried and not _is_newer(said, row)


def message_id_of(given: str, body: bytes) -> str:
    """The webhook's own id; of the body's content when it is missing or cannot be stored."""
    name = given.strip()
    if name.isascii() and name.isprintable() and 0 < len(name) <= LONGEST_MESSAGE_ID - 8:
        return f"webhook {name}"
    return f"body {hashlib.sha256(body).hexdigest()}"


def _claimed(shop: Shop, message_id: str, topic: str, at: datetime) -> ShopMessage | None:
    """The message's row, ours to fill; None when it came before. A twin waits here until the first has committed."""
    topic = "".join(sign for sign in topic if sign.isascii() and sign.isprintable())[:60]
    new = insert_columns(
        ShopMessage,
        shop.client_id,
        {
            "client_id": [shop.client_id],
            "shop_id": [shop.pk],
            "message_id": [message_id],
            "topic": [topic],
            "remote_number": [""],
            "order_number": [""],
            "outcome": [Outcome.NOTHING.value],
            "code": [""],
            "message": [""],
            "at": [at],
        },
        conflict="(client_id, shop_id, message_id) DO NOTHING",
        returning="id",
    )
    return ShopMessage.objects.get(pk=new[0][0]) if new else None


def _locked(shop: Shop, said: ShopsOrder, at: datetime) -> ShopOrder:
    """The order's row, made if need be, and locked: all that is said of one order is done in turn."""
    columns: dict[str, list[object]] = {
        "client_id": [shop.client_id],
        "shop_id": [shop.pk],
        "remote_id": [said.remote_id],
        "remote_number": [said.number[:60]],
        "said": [{}],
        "outcome": [""],
        "code": [""],
        "message": [""],
        "seen_at": [at],
        "is_watched": [False],
        "is_retried": [False],
    }
    insert_columns(ShopOrder, shop.client_id, columns, conflict="(client_id, shop_id, remote_id) DO NOTHING")
    row = ShopOrder.objects.select_for_update(no_key=True).get(shop=shop, remote_id=said.remote_id)
    row.seen_at = at
    return row


def _take(shop: Shop, client: Client, said: ShopsOrder, at: datetime) -> Taken:
    if len(said.remote_id) > LONGEST_REMOTE_ID or (said.changed_at is not None and not said.number.strip()):
        return _refused(Refusal("invalid_shop_order", "The order's id is too long, or it has no number."))
    row = _locked(shop, said, at)
    order = Order.objects.get(pk=row.order_id) if row.order_id is not None else None
    if order is None:
        taken = _place(shop, client, said, row, at)
        row.is_retried = taken.outcome == Outcome.REFUSED and taken.code in _CAN_PASS
    elif not _is_newer(said, row):
        return Taken(Outcome.NOTHING, order.number)
    else:
        taken = _follow(shop, client, said, row, order, at)
    if said.changed_at is not None:
        row.changed_at = said.changed_at
        row.said = _what_counts(shop, said)
    row.remote_number = said.number[:60] or row.remote_number
    row.outcome, row.code, row.message = taken.outcome, taken.code, taken.message[:500]
    row.save()
    return taken


def _is_newer(said: ShopsOrder, row: ShopOrder) -> bool:
    """Whether it says more than what was taken. What is gone has no time, and is gone for good."""
    if said.changed_at is None:
        return not row.said.get("is_cancelled")
    return row.changed_at is None or said.changed_at > row.changed_at


def _place(shop: Shop, client: Client, said: ShopsOrder, row: ShopOrder, at: datetime) -> Taken:
    if row.changed_at is not None and said.changed_at is not None and said.changed_at < row.changed_at:
        return Taken(Outcome.NOTHING, message="A later version of it came before.")
    left_out = _why_left_out(shop, said)
    if left_out is not None:
        return left_out
    (outcome,) = place_orders([_new_order(shop, said, at)], client=client, actor=actor_of(shop), at=at)
    if isinstance(outcome, Refusal):
        return _refused(outcome)
    row.order = outcome
    row.is_watched = True
    return Taken(Outcome.PLACED, outcome.number)


def _why_left_out(shop: Shop, said: ShopsOrder) -> Taken | None:
    if said.is_cancelled:
        return _left_out("cancelled_before", "It was cancelled before it came here.")
    if said.is_test:
        return _left_out("test_order", "It is a test order of the shop.")
    if said.is_draft:
        return _left_out("draft", "The customer has not ordered it yet.")
    if said.is_sent:
        return _left_out("sent_elsewhere", "The shop says that it is sent already.")
    if not said.lines:
        return _left_out("nothing_to_send", "Nothing of it needs a parcel.")
    if shop.paid_only and not said.is_paid:
        return _left_out("awaits_payment", "It is not paid yet, and comes when it is.")
    return None


def _new_order(shop: Shop, said: ShopsOrder, at: datetime) -> NewOrder:
    return NewOrder(
        number=f"{shop.number_prefix}{said.number}",
        lines=said.lines,
        customer_name=said.customer_name[:200] or said.number,
        customer_email=said.customer_email[:254],
        placed_at=min(said.placed_at or at, at),
        warehouse=shop.warehouse.code if shop.warehouse else default_warehouse_code(),
        currency=said.currency,
        method=_method(shop, said),
        address=said.address,
        note=said.note[:LONGEST_NOTE],
    )


def _method(shop: Shop, said: ShopsOrder) -> str:
    return str(shop.methods.get(said.method) or shop.method or said.method[:60])


def _storable(said: ShopsOrder) -> ShopsOrder:
    """What a customer wrote, without the signs that cannot be stored: an order is not refused for these."""
    return replace(
        said,
        customer_name=_without_signs(said.customer_name),
        customer_email=_without_signs(said.customer_email),
        method=_without_signs(said.method),
        note=_without_signs(said.note, lines=True),
        address=Address(**{name: _without_signs(getattr(said.address, name)) for name in ADDRESS_FIELDS}),
    )


def _without_signs(text: str, *, lines: bool = False) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign if sign.isprintable() or (lines and sign == "\n") else " " for sign in text).strip()


def _what_counts(shop: Shop, said: ShopsOrder) -> dict[str, object]:
    """What this version says of what can change here, to tell the next one's changes by."""
    try:
        address = asdict(checked_address(said.address))
    except Refusal:
        address = {}
    return {
        "address": address,
        "method": _method(shop, said),
        "items": sorted([line.sku, int(line.quantity)] for line in said.lines),
        "is_cancelled": said.is_cancelled,
    }


def _follow(shop: Shop, client: Client, said: ShopsOrder, row: ShopOrder, order: Order, at: datetime) -> Taken:
    """An order that is here already, and changed at the shop."""
    before, after = row.said, _what_counts(shop, said)
    shipments = list(Shipment.objects.filter(order=order).order_by("opened_at", "pk"))
    here = [shipment for shipment in shipments if shipment.status in IN_THE_BUILDING]
    if said.is_cancelled:
        if before.get("is_cancelled"):
            return Taken(Outcome.NOTHING, order.number)
        row.said = {**before, "is_cancelled": True}
        return _cancel(shop, client, order, shipments, at)
    if before.get("is_cancelled"):
        return Taken(
            Outcome.REFUSED,
            order.number,
            "taken_up_again",
            f"The shop took {order.number} up again after it was cancelled. Copy it as a manual order, if it shall go.",
        )
    edits = _edits(before, after, here, said)
    if edits:
        outcomes = edit_shipments(edits, client=client, actor=actor_of(shop), at=at)
        return _first_refusal(outcomes, order) or Taken(Outcome.EDITED, order.number)
    if _differs(before, after, "address", "method") and shipments and not here:
        return Taken(
            Outcome.REFUSED,
            order.number,
            "parcels_left",
            f"The shop changed the address or the method of {order.number}, and all of its parcels have left.",
        )
    if _differs(before, after, "items") and here:
        return Taken(
            Outcome.REFUSED,
            order.number,
            "items_changed",
            f"The shop changed the items of {order.number}. Edit {here[0].number} here, if its parcel shall follow.",
        )
    return Taken(Outcome.NOTHING, order.number)


def _differs(before: dict[str, object], after: dict[str, object], *names: str) -> bool:
    return any(name in before and before[name] != after[name] for name in names)


def _edits(
    before: dict[str, object], after: dict[str, object], here: Sequence[Shipment], said: ShopsOrder
) -> list[EditRequest]:
    """Parcels that still have what the shop said before take what it says now; what somebody changed here, stays."""
    edits = []
    is_new = {name: _differs(before, after, name) for name in ("address", "method")}
    for shipment in here:
        edit = EditRequest(shipment.number)
        if is_new["address"] and asdict(shipment.address) == before["address"]:
            edit = replace(edit, address=said.address)
        if is_new["method"] and shipment.method == before["method"]:
            edit = replace(edit, method=str(after["method"]))
        if edit.address is not None or edit.method is not None:
            edits.append(edit)
    return edits


def _cancel(shop: Shop, client: Client, order: Order, shipments: Sequence[Shipment], at: datetime) -> Taken:
    """Cancels what nobody has picked yet; what is further than that is named."""
    to_cancel = [shipment.number for shipment in shipments if shipment.status == ShipmentStatus.OPEN]
    too_late = [
        shipment.number
        for shipment in shipments
        if shipment.status not in {ShipmentStatus.OPEN, ShipmentStatus.CANCELLED}
    ]
    outcomes = cancel_shipments(to_cancel, client=client, actor=actor_of(shop), at=at) if to_cancel else []
    if refused := _first_refusal(outcomes, order):
        return refused
    if too_late:
        done = f"; cancelled: {', '.join(to_cancel)}" if to_cancel else ""
        return Taken(
            Outcome.REFUSED,
            order.number,
            "too_late_to_cancel",
            f"The shop cancelled {order.number}, and {', '.join(too_late)} could not be stopped any more{done}.",
        )
    return Taken(Outcome.CANCELLED if to_cancel else Outcome.NOTHING, order.number)


def _first_refusal(outcomes: Sequence[object], order: Order) -> Taken | None:
    refusal = next((outcome for outcome in outcomes if isinstance(outcome, Refusal)), None)
    return _refused(refusal, order.number) if refusal is not None else None


def _refused(refusal: Refusal, order: str = "") -> Taken:
    return Taken(Outcome.REFUSED, order, refusal.code, refusal.message)


def _left_out(code: str, message: str) -> Taken:
    return Taken(Outcome.LEFT_OUT, "", code, message)
