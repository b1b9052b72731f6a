"""Editing a shipment while it is OPEN: address, method, items and quantities. The original's stay as they are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from reship import intake
from reship.catalog.models import Product
from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Figure, Refusal, result_of
from reship.fulfilment.desk import Desk, at_desk, rehearse
from reship.fulfilment.facts import LineFacts, OrderFacts, ShipmentFacts
from reship.fulfilment.items import known_products
from reship.fulfilment.refusals import already_reshipped, not_enough_available, refuse_client_once_picking
from reship.fulfilment.reship_plan import ReshipItem
from reship.fulfilment.step import refuse_added_back, require_status
from reship.inventory.ledger import Move, Place
from reship.inventory.models import EntryKind
from reship.orders.addresses import ADDRESS_FIELDS, Address
from reship.orders.models import EventType, OrderEvent, ReshipmentLine, Shipment, ShipmentLine, ShipmentStatus
from reship.orders.postal import entered_address


@dataclass(frozen=True, slots=True)
class EditRequest:
    """What an open shipment shall be; None leaves a part as it is.

    `parts` are those of the address that change, by their names, where the others stay. `items` is the whole list that
    shall go, so a SKU that is not in it is taken out. `edition` is the one that the editor saw: somebody else's edit in
    between is refused, not overwritten.
    """

    shipment: str
    address: Address | None = None
    method: str | None = None
    items: tuple[ReshipItem, ...] | None = None
    edition: int | None = None
    parts: Mapping[str, str] | None = None


_Taken = dict[tuple[str, int], ReshipmentLine]
"""What reshipments take from their sources, by their number and the product's id."""


@dataclass(slots=True)
class _LineEdit:
    """A line whose quantity changes. Of a reshipment: the line of its source that its units stem from, if they do."""

    product: Product
    line: LineFacts | None
    quantity: int
    taken: ReshipmentLine | None = None
    of_source: LineFacts | None = None

    @property
    def before(self) -> int:
        return self.line.line.quantity if self.line else 0

    @property
    def more_of_source(self) -> int:
        return self.quantity - (self.taken.quantity if self.taken else 0)


def edit_shipments(
    requests: Sequence[EditRequest], *, client: Client, actor: Actor, at: datetime
) -> list[Shipment | Refusal]:
    """Edits open shipments of one client, in one transaction; allocations move through the ledger.

    Refuses `shipment_not_found`, `not_allowed`, `picking_started` to clients, `wrong_status`, `units_added_back`,
    `stale_edit`, `invalid_text`, `invalid_address`, `nothing_selected`, `unknown_item`, `invalid_quantity`,
    `duplicate_item`, `more_than_shipped` and `already_reshipped` for the units of a reshipment's source,
    `not_enough_available`.
    """

    return at_desk(editing(requests), client=client, actor=actor, at=at)


def editing(requests: Sequence[EditRequest]) -> Callable[[Desk], list[Shipment | Refusal]]:
    """The work of `edit_shipments`, for a desk that is there already or a rehearsal."""

    def work(desk: Desk) -> list[Shipment | Refusal]:
        numbers = [request.shipment for request in requests]
        desk.open_orders_of(numbers)
        products = known_products(item.sku for request in requests for item in request.items or ())
        warehouses = {of.shipment.warehouse_id for facts in desk.orders.values() for of in facts.shipments}
        desk.lock_stock(Place(product.pk, warehouse_id) for product in products.values() for warehouse_id in warehouses)
        taken = _taken(desk)
        return desk.each(requests, lambda request: _edit(desk, request, products, taken))

    return work


def edit_shipment(request: EditRequest, *, client: Client, actor: Actor, at: datetime) -> Shipment:
    return result_of(edit_shipments([request], client=client, actor=actor, at=at))


def preview_edit(request: EditRequest, *, client: Client, actor: Actor, at: datetime) -> dict[Place, Move]:
    """How the edit would move the stock now. Locks nothing and writes nothing; raises the refusal of the deed."""
    outcomes, moves = rehearse(editing([request]), client=client, actor=actor, at=at, assumed=lambda places: {})
    result_of(outcomes)
    return moves


def edits_since(shipment: Shipment, edition: int) -> list[OrderEvent]:
    """What was edited since somebody saw this edition of the shipment, oldest first; inside the client's scope."""
    edits = OrderEvent.objects.filter(
        order_id=shipment.order_id, shipment_id=shipment.pk, type=EventType.SHIPMENT_EDITED
    ).order_by("-sequence")
    return list(edits[: max(0, shipment.edition - edition)])[::-1]


def check_edit(of_shipment: ShipmentFacts, actor: Actor) -> None:
    """Who may edit a shipment, and until when."""
    require(actor, Right.EDIT_SHIPMENT)
    refuse_client_once_picking(of_shipment, actor)
    require_status(of_shipment, ShipmentStatus.OPEN)
    refuse_added_back(of_shipment)


def _taken(desk: Desk) -> _Taken:
    reshipments = {
        of.made_by.pk: of for facts in desk.orders.values() for of in facts.shipments if of.made_by is not None
    }
    taken = {}
    for line in ReshipmentLine.objects.filter(reshipment_id__in=list(reshipments)):
        reshipment = reshipments[line.reshipment_id]
        product_id = next(of.line.product_id for of in reshipment.lines if of.line.pk == line.line_id)
        taken[reshipment.shipment.number, product_id] = line
    return taken


def _edit(desk: Desk, request: EditRequest, products: dict[str, Product], taken: _Taken) -> Shipment:
    facts, of_shipment = desk.shipment(request.shipment)
    shipment = of_shipment.shipment
    check_edit(of_shipment, desk.actor)
    if request.edition is not None and request.edition != shipment.edition:
        raise _stale_edit(shipment, request.edition)
    before = shipment.address
    asked = replace(before, **request.parts) if request.parts else request.address
    address = before if asked is None else entered_address(asked, before=[before])
    method = shipment.method if request.method is None else intake.text(request.method, field="method", longest=60)
    edits = [] if request.items is None else _line_edits(facts, of_shipment, request.items, products, taken)
    _check_stock(desk, of_shipment, edits)
    changes = [*_address_changes(before, address), *_change("method", shipment.method, method)]
    for edit in edits:
        changes += _change(edit.product.sku, edit.before, edit.quantity)
        _set_quantity(desk, of_shipment, edit, taken)
    if changes:
        desk.change(shipment, waits_for_stock=bool(of_shipment.waiting))
        values = {name: getattr(address, name) for name in ADDRESS_FIELDS}
        desk.change(shipment, method=method, edition=shipment.edition + 1, **values)
        desk.touch(facts)
        desk.history.record(EventType.SHIPMENT_EDITED, facts.order, shipment=shipment, changes=changes)
    return shipment


def _stale_edit(shipment: Shipment, seen: int) -> Refusal:
    edits: list[Figure] = [
        {"actor": edit.actor, "at": edit.at.isoformat(), "changes": edit.facts["changes"]}
        for edit in edits_since(shipment, seen)
    ]
    return Refusal(
        "stale_edit",
        f"{shipment.number} was edited since you read it. Look at it again, then repeat your edit.",
        shipment=shipment.number,
        seen=seen,
        now=shipment.edition,
        edits=edits,
    )


def _line_edits(
    facts: OrderFacts,
    of_shipment: ShipmentFacts,
    items: Sequence[ReshipItem],
    products: dict[str, Product],
    taken: _Taken,
) -> list[_LineEdit]:
    by_product = {line.line.product_id: line for line in of_shipment.lines}
    wanted: dict[int, _LineEdit] = {}
    for item in items:
        sku = intake.text(item.sku, field="SKU", longest=60)
        product = products.get(sku)
        if product is None:
            raise Refusal("unknown_item", f"There is no product {intake.shown(sku)}.", sku=sku)
        quantity = intake.quantity(item.quantity, sku=sku)
        if product.pk in wanted:
            raise Refusal("duplicate_item", f"{sku} is named twice.", sku=sku)
        wanted[product.pk] = _line_edit(facts, of_shipment, product, by_product.get(product.pk), quantity, taken)
    if not wanted:
        raise Refusal("nothing_selected", "Keep at least one item, or cancel the shipment.")
    for line in of_shipment.units:
        if line.line.product_id not in wanted:
            product = Product(pk=line.line.product_id, sku=line.line.sku)
            wanted[product.pk] = _line_edit(facts, of_shipment, product, line, 0, taken)
    return [edit for edit in wanted.values() if edit.quantity != edit.before]


def _line_edit(
    facts: OrderFacts,
    of_shipment: ShipmentFacts,
    product: Product,
    line: LineFacts | None,
    quantity: int,
    taken: _Taken,
) -> _LineEdit:
    """Units of a reshipment that stem from its source grow only to what the source has left to send again."""
    edit = _LineEdit(product, line, quantity)
    if of_shipment.made_by is None:
        return edit
    source = next(other for other in facts.shipments if other.shipment.pk == of_shipment.made_by.source_id)
    edit.taken = taken.get((of_shipment.shipment.number, product.pk))
    if edit.taken is not None:
        edit.of_source = next(other for other in source.lines if other.line.pk == edit.taken.source_line_id)
    elif edit.before == 0:
        # A SKU that comes in is one more of the source when the source sent it, and a further one when it did not.
        edit.of_source = next((other for other in source.units if other.line.product_id == product.pk), None)
    if edit.of_source is None or edit.more_of_source <= 0:
        return edit
    sent = edit.of_source.line.quantity
    if quantity > sent:
        raise Refusal(
            "more_than_shipped",
            f"{source.shipment.number} sent {sent} × {product.sku}; {quantity} were asked for.",
            shipment=source.shipment.number,
            sku=product.sku,
            shipped=sent,
            asked=quantity,
        )
    if edit.more_of_source > edit.of_source.left_to_reship and not of_shipment.made_by.sent_again_anyway:
        raise already_reshipped(source, edit.of_source, edit.more_of_source)
    return edit


def _check_stock(desk: Desk, of_shipment: ShipmentFacts, edits: Sequence[_LineEdit]) -> None:
    """What a shipment that waits for stock lacks, it waits for as well."""
    for edit in edits:
        more = edit.quantity - edit.before
        available = desk.ledger.balance(Place(edit.product.pk, of_shipment.shipment.warehouse_id)).available
        if more > available and not of_shipment.shipment.waits_for_stock:
            raise not_enough_available(edit.product.sku, asked=more, available=available)


def _set_quantity(desk: Desk, of_shipment: ShipmentFacts, edit: _LineEdit, taken: _Taken) -> None:
    more = edit.quantity - edit.before
    available = desk.ledger.balance(Place(edit.product.pk, of_shipment.shipment.warehouse_id)).available
    waiting = max(0, more - available)
    if edit.line is None:
        line = ShipmentLine(
            client_id=desk.client.pk,
            shipment=of_shipment.shipment,
            position=1 + max(other.line.position for other in of_shipment.lines),
            product_id=edit.product.pk,
            sku=edit.product.sku,
            quantity=edit.quantity,
        )
        edit.line = desk.add_line(of_shipment, line, waiting=waiting)
    else:
        # What waits is given up first: it is not there.
        waiting = waiting if more > 0 else -min(-more, edit.line.usage.waiting)
        moved = more - waiting
        if moved:
            desk.ledger.record(
                EntryKind.ALLOCATED if moved > 0 else EntryKind.RELEASED,
                of_shipment.place(edit.line),
                abs(moved),
                line=edit.line.line,
                reshipment=of_shipment.made_by,
            )
        desk.change(edit.line.line, quantity=edit.quantity)
        if waiting or edit.line.usage.is_stored:
            desk.use(edit.line, waiting=waiting)
    if edit.of_source is not None:
        desk.use(edit.of_source, reshipped=edit.more_of_source)
        _take(desk, of_shipment, edit, taken)


def _take(desk: Desk, of_shipment: ShipmentFacts, edit: _LineEdit, taken: _Taken) -> None:
    """Records how many units of the source's line the reshipment sends now."""
    if edit.taken is not None:
        desk.change(edit.taken, quantity=edit.quantity)
        return
    assert edit.line is not None
    assert edit.of_source is not None
    taken[of_shipment.shipment.number, edit.product.pk] = desk.add(
        ReshipmentLine(
            client_id=desk.client.pk,
            reshipment=of_shipment.made_by,
            source_line=edit.of_source.line,
            line=edit.line.line,
            quantity=edit.quantity,
        )
    )


def _address_changes(before: Address, after: Address) -> list[Figure]:
    return [
        change
        for name in ADDRESS_FIELDS
        for change in _change(name.replace("_", " "), getattr(before, name), getattr(after, name))
    ]


def _change(what: str, before: Figure, after: Figure) -> list[Figure]:
    return [] if before == after else [{"what": what, "before": before, "after": after}]
