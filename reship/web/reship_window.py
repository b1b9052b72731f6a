"""The Re-Ship window: what was typed into it, and what it shows for that."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from django.http import QueryDict

from reship import intake
from reship.catalog.models import Product, Warehouse
from reship.clients.access import Actor
from reship.clients.models import Client
from reship.clients.reasons import reasons_of
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.fulfilment.facts import LineFacts, OrderFacts, ShipmentFacts
from reship.fulfilment.reship import LevelsOnPaper
from reship.fulfilment.reship_plan import (
    AddBack,
    PlannedLine,
    ReshipItem,
    ReshipRequest,
    StockEffect,
    reship_warnings,
    source_to_reship,
    stock_effects,
    why_not_added_back,
)
from reship.orders.addresses import ADDRESS_FIELDS, Address
from reship.orders.models import ShipmentStatus
from reship.web.item_rows import row_error, table_error
from reship.web.order_forms import ReshipForm
from reship.web.stock_change import Change, balance_change, units
from reship.web.windows import Paths, RefusedInWindow, refused_in_window


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the window, as it was typed. Items are known by SKU, so there are no ids to forge."""

    key: str
    source: str = ""
    shown_source: str = ""
    """Whose items the window showed; without a script another can be chosen while these still stand there."""
    items: tuple[ReshipItem, ...] = ()
    quantities: Mapping[str, str] | None = None
    """Also those that are not ticked; None in a window that was just opened."""
    add_back: bool = False
    hold: bool = False
    elsewhere: bool = False
    both_will_go: bool = False
    send_again_anyway: bool = False
    warehouse: str = ""
    wait_for_stock: bool = False

    @classmethod
    def of(cls, data: QueryDict) -> "Typed":
        skus = data.getlist("item")
        return cls(
            key=data.get("key", ""),
            source=data.get("source", ""),
            shown_source=data.get("shown_source", ""),
            items=tuple(ReshipItem(sku, data.get(f"quantity-{sku}", "")) for sku in skus),
            quantities={
                name.removeprefix("quantity-"): data.get(name, "") for name in data if name.startswith("quantity-")
            },
            add_back=data.get("add_back") == "yes",
            hold="hold" in data,
            elsewhere="elsewhere" in data,
            both_will_go="both_will_go" in data,
            send_again_anyway="send_again_anyway" in data,
            warehouse=data.get("warehouse", ""),
            wait_for_stock="wait_for_stock" in data,
        )

    @property
    def shows_other_items(self) -> bool:
        return self.shown_source != self.source

    def for_other_source(self) -> "Typed":
        """Nothing ticked, and the quantities that are left of the new source."""
        return replace(
            self,
            items=(),
            quantities=None,
            both_will_go=False,
            send_again_anyway=False,
            warehouse="",
            wait_for_stock=False,
        )

    def with_all(self, source: ShipmentFacts) -> "Typed":
        """Everything ticked that has something left."""
        lines = [line for line in source.units if line.left_to_reship]
        return replace(self, items=tuple(ReshipItem(line.line.sku, self.quantity_of(line)) for line in lines))

    def quantity_of(self, line: LineFacts) -> str:
        """What was typed for a line; what is left of it in a window where nothing was typed yet."""
        if self.quantities is not None and line.line.sku in self.quantities:
            return self.quantities[line.line.sku]
        return str(line.left_to_reship or "")

    def request(self, order: str, form: ReshipForm) -> ReshipRequest:
        return ReshipRequest(
            order_number=order,
            source=self.source or None,
            items=self.items,
            reason=form.typed("reason"),
            fault=form.typed("fault"),
            note=form.typed("note"),
            add_back=AddBack.YES if self.add_back else AddBack.NO,
            hold=self.hold,
            address=form.typed_address() if self.elsewhere else None,
            method=form.typed_method() if self.elsewhere else None,
            key=self.key,
            send_again_anyway=self.send_again_anyway,
            warehouse=self.warehouse,
            wait_for_stock=self.wait_for_stock,
        )


@dataclass(frozen=True, slots=True)
class SourceChoice:
    number: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class WarehouseChoice:
    """A building that may send it; `lacks` names what of the ticked items is not available there, empty for nothing."""

    code: str
    name: str
    is_chosen: bool
    lacks: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One line of the source: units sent, already sent again, left; and the quantity that was typed."""

    sku: str
    name: str
    sent: int
    reshipped: int
    left: int
    quantity: str
    is_ticked: bool
    error: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one SKU's stock, with or without add-back."""

    label: str
    is_chosen: bool
    on_hand: Change
    allocated: Change
    available: Change


@dataclass(frozen=True, slots=True)
class StockPreview:
    sku: str
    quantity: int
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """The part of the window that renews itself with every change."""

    stock: tuple[StockPreview, ...]
    is_empty: bool
    refused: str
    warnings: tuple[str, ...]
    asks_for_both: bool
    both_will_go: bool
    both_error: str
    missing: str
    """What is not available where it shall come from, by SKU; with it the two ways out are offered."""
    wait_for_stock: bool
    others: tuple[WarehouseChoice, ...]
    """Other warehouses that have all of it."""


@dataclass(frozen=True, slots=True)
class ReshipWindow:
    order: str
    key: str
    post_url: str
    preview_url: str
    order_url: str
    refused: RefusedInWindow | None
    form: ReshipForm
    sources: tuple[SourceChoice, ...]
    source: str
    source_status: str
    source_error: str
    rows: tuple[ItemRow, ...]
    items_error: str
    all_sent_again_by: tuple[str, ...]
    add_back: bool
    add_back_locked: str
    add_back_error: str
    hold: bool
    hold_locked: str
    elsewhere: bool
    offers_to_send_again: bool
    send_again_anyway: bool
    send_again_error: str
    warehouses: tuple[WarehouseChoice, ...]
    """Empty when there is only one."""
    warehouse_error: str
    preview: Preview


@dataclass(frozen=True, slots=True)
class Read:
    """What the window reads of the order, without a lock: its facts, its stock, its products by id."""

    client: Client
    facts: OrderFacts
    levels: LevelsOnPaper
    products: Mapping[int, Product]
    warehouses: Sequence[Warehouse]


def chosen_source(facts: OrderFacts, number: str) -> ShipmentFacts | None:
    """The source with this number, or the one that a reship would take when none is named."""
    named = facts.shipment(number) if number else None
    return named if named and named.shipment.status != ShipmentStatus.CANCELLED else source_to_reship(facts)


def both_parcels_will_go(source: ShipmentFacts | None, *, add_back: bool) -> bool:
    """Whether the original goes out as well as its reshipment, which has to be meant."""
    warnings = reship_warnings(source, (), add_back=add_back) if source else ()
    return any(warning.code == "both_parcels_will_go" for warning in warnings)


def reship_form(source: ShipmentFacts | None, client: Client, actor: Actor, data: QueryDict | None) -> ReshipForm:
    """Bound to what was typed; an address that was not asked for is the source's, whichever that is now."""
    address, method = (source.shipment.address, source.shipment.method) if source else (Address(), "")
    if data is not None and "elsewhere" not in data:
        data = data.copy()
        for name, value in (*asdict(address).items(), ("method", method)):
            data[name] = value
    return ReshipForm(
        data,
        address=address,
        method=method,
        reasons=reasons_of(client),
        reason_required=actor.must_give_reason(client),
    )


def reship_window(
    read: Read,
    source: ShipmentFacts,
    typed: Typed,
    form: ReshipForm,
    *,
    actor: Actor,
    refusal: Refusal | None = None,
    preview_refusal: Refusal | None = None,
) -> ReshipWindow:
    """The window for this source. `refusal` is of the deed, and shown where it belongs; the other of a preview."""
    facts, client = read.facts, read.client
    paths = Paths(client.code, facts.order.number)
    if refusal is not None:
        form.show(refusal)
    errors = _errors_elsewhere(refusal)
    rows = tuple(_row(line, read, typed, refusal) for line in source.units)
    items_error = table_error(refusal, [row.error for row in rows])
    is_placed = bool(form.errors or errors or items_error or any(row.error for row in rows))
    locked = why_no_add_back(source, client, actor)
    is_about_address = refusal is not None and form.field_of(refusal) in (*ADDRESS_FIELDS, "method")
    may_send_again = actor.may(Right.SEND_AGAIN_ANYWAY)
    is_sent_again_already = refusal is not None and refusal.code == "already_reshipped"
    return ReshipWindow(
        order=facts.order.number,
        key=typed.key,
        post_url=paths.to("reshipments"),
        preview_url=paths.to("reshipment_preview"),
        order_url=paths.to("order"),
        refused=refused_in_window(refusal, is_placed=is_placed),
        form=form,
        sources=_source_choices(facts, source),
        source=source.shipment.number,
        source_status=source.shipment.status,
        source_error=errors.get("source", ""),
        rows=rows,
        items_error=items_error,
        all_sent_again_by=() if any(row.left for row in rows) else tuple(source.reshipped_as),
        add_back=typed.add_back and not locked,
        add_back_locked=locked,
        add_back_error=errors.get("add_back", ""),
        hold=typed.hold or client.hold_every_reship,
        hold_locked=f"{client.name} holds every reshipment at first." if client.hold_every_reship else "",
        elsewhere=typed.elsewhere or is_about_address,
        offers_to_send_again=may_send_again and (is_sent_again_already or typed.send_again_anyway),
        send_again_anyway=typed.send_again_anyway,
        send_again_error=errors.get("send_again_anyway", ""),
        warehouses=_warehouse_choices(read, source, typed) if len(read.warehouses) > 1 else (),
        warehouse_error=errors.get("warehouse", ""),
        preview=_preview(
            read,
            source,
            typed,
            add_back=None if locked else typed.add_back,
            both_error=errors.get("both_will_go", ""),
            refusal=preview_refusal,
        ),
    )


def _errors_elsewhere(refusal: Refusal | None) -> dict[str, str]:
    """The refusal at the choice that it is about, when that is no field of the form and no row of the table."""
    if refusal is None:
        return {}
    rights = {Right.ADD_BACK.value: "add_back", Right.SEND_AGAIN_ANYWAY.value: "send_again_anyway"}
    place = rights.get(str(refusal.figures.get("right"))) or _PLACES.get(refusal.code)
    return {place: refusal.message} if place else {}


def why_no_add_back(source: ShipmentFacts, client: Client, actor: Actor) -> str:
    """Why the choice is locked, in words; empty when it is free."""
    if not actor.may(Right.ADD_BACK):
        return f"Your role ({actor.role}) does not include adding back; a manager can."
    if not actor.may_add_back(client):
        return f"The fulfilment company has switched adding back off for {client.name}."
    refusal = why_not_added_back(source)
    return refusal.message if refusal else ""


def _source_choices(facts: OrderFacts, source: ShipmentFacts) -> tuple[SourceChoice, ...]:
    choices = []
    for of_shipment in facts.shipments:
        shipment = of_shipment.shipment
        if shipment.status == ShipmentStatus.CANCELLED:
            continue
        units = sum(line.line.quantity for line in of_shipment.units)
        left = sum(line.left_to_reship for line in of_shipment.units)
        label = f"{shipment.number} · {ShipmentStatus(shipment.status).label} · {left} of {units} units left"
        choices.append(SourceChoice(shipment.number, label, of_shipment is source))
    return tuple(choices)


def _warehouse_choices(read: Read, source: ShipmentFacts, typed: Typed) -> tuple[WarehouseChoice, ...]:
    """The source's first: it is taken when nobody chooses."""
    planned = _planned(source, typed)
    chosen = _warehouse_id(read, source, typed)
    ordered = sorted(read.warehouses, key=lambda warehouse: warehouse.pk != source.shipment.warehouse_id)
    return tuple(
        WarehouseChoice(
            warehouse.code,
            warehouse.name,
            is_chosen=warehouse.pk == chosen,
            lacks=_lacking(read, source, planned, add_back=typed.add_back, warehouse_id=warehouse.pk),
        )
        for warehouse in ordered
    )


def _warehouse_id(read: Read, source: ShipmentFacts, typed: Typed) -> int:
    """Where it shall come from; an unknown code is refused by the verb, and shown as the source's meanwhile."""
    named = (warehouse.pk for warehouse in read.warehouses if warehouse.code == typed.warehouse)
    return next(named, source.shipment.warehouse_id)


def _lacking(
    read: Read, source: ShipmentFacts, planned: Sequence[PlannedLine], *, add_back: bool, warehouse_id: int
) -> str:
    """How much of the ticked items is missing in a warehouse, in words."""
    effects = stock_effects(source, planned, read.levels, add_back=add_back, warehouse_id=warehouse_id)
    missing = [effect for effect in effects[: len(planned)] if effect.after.available < 0]
    return ", ".join(f"{units(-effect.after.available)} × {effect.sku}" for effect in missing)


def _row(line: LineFacts, read: Read, typed: Typed, refusal: Refusal | None) -> ItemRow:
    sku = line.line.sku
    is_ticked = any(item.sku == sku for item in typed.items)
    quantity = typed.quantity_of(line)
    return ItemRow(
        sku=sku,
        name=read.products[line.line.product_id].name,
        sent=line.line.quantity,
        reshipped=line.usage.reshipped,
        left=line.left_to_reship,
        quantity=quantity,
        is_ticked=is_ticked,
        error=row_error(sku, quantity, refusal) if is_ticked else "",
    )


def _preview(
    read: Read,
    source: ShipmentFacts,
    typed: Typed,
    *,
    add_back: bool | None,
    both_error: str,
    refusal: Refusal | None,
) -> Preview:
    """`add_back` is None when there is no choice."""
    planned = _planned(source, typed)
    choices = [False] if add_back is None else [False, True]
    warehouse_id = _warehouse_id(read, source, typed)
    outcomes = {
        choice: stock_effects(source, planned, read.levels, add_back=choice, warehouse_id=warehouse_id)
        for choice in choices
    }
    chosen = bool(add_back)
    missing = _lacking(read, source, planned, add_back=chosen, warehouse_id=warehouse_id)
    warnings = reship_warnings(source, planned, add_back=chosen)
    return Preview(
        stock=tuple(
            StockPreview(
                line.source.line.sku,
                line.quantity,
                tuple(
                    _outcome(effects[n], add_back=choice, is_chosen=choice == chosen)
                    for choice, effects in outcomes.items()
                ),
            )
            for n, line in enumerate(planned)
        ),
        is_empty=not typed.items,
        refused=refusal.message if refusal and refusal.code != "nothing_selected" else "",
        warnings=tuple(warning.message for warning in warnings),
        asks_for_both=both_parcels_will_go(source, add_back=chosen),
        both_will_go=typed.both_will_go,
        both_error=both_error,
        missing=missing,
        wait_for_stock=typed.wait_for_stock,
        others=tuple(
            choice
            for choice in (_warehouse_choices(read, source, typed) if missing else ())
            if not choice.is_chosen and not choice.lacks
        ),
    )


def _planned(source: ShipmentFacts, typed: Typed) -> list[PlannedLine]:
    """The ticked lines with a quantity; what is no quantity has no figures to show."""
    asked = {item.sku: str(item.quantity) for item in typed.items}
    planned = []
    for line in source.units:
        if line.line.sku not in asked:
            continue
        try:
            planned.append(PlannedLine(line, intake.quantity(asked[line.line.sku], sku=line.line.sku)))
        except Refusal:
            continue  # The same gate refuses it, at its row, when it is sent.
    return planned


def _outcome(effect: StockEffect, *, add_back: bool, is_chosen: bool) -> Outcome:
    on_hand, allocated, available = balance_change(effect.now, effect.after)
    return Outcome("Yes" if add_back else "No", is_chosen, on_hand, allocated, available)


CONFIRM_BOTH = "confirm_both_parcels"
OTHER_ITEMS_SHOWN = "other_items_shown"
_PLACES = {
    "shipment_not_found": "source",
    "shipment_cancelled": "source",
    "waits_for_stock": "source",
    "unknown_warehouse": "warehouse",
    OTHER_ITEMS_SHOWN: "source",
    "already_left": "add_back",
    CONFIRM_BOTH: "both_will_go",
}
