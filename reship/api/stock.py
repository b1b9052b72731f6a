"""`/stock`: what lies where, what moved it, and the two deeds that start here: receiving and adjusting."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import Field

from reship import intake
from reship.api.answers import Done, answer_once
from reship.api.caller import ApiRequest
from reship.api.operations import does, reads
from reship.api.products import links
from reship.api.schemas import Asked, BalanceTold, PageAsked, PageTold, Quantity, Told, cursors_of
from reship.catalog.queries import LONGEST_SEARCH, product_of
from reship.clients.roles import Right
from reship.database.snapshot import one_snapshot
from reship.errors import Refusal, result_of
from reship.fulfilment.count import Count, count_stock
from reship.fulfilment.items import unknown_warehouse
from reship.fulfilment.receive import MOST_LINES
from reship.fulfilment.stock import Adjustment, Delivery, adjust_stock, receive_stock
from reship.fulfilment.warehouses import all_warehouses
from reship.inventory.ledger import Balance
from reship.inventory.models import EntryKind, LedgerEntry, StockLevel
from reship.inventory.queries import LevelFilter, StockState, find_levels, ledger_of, level_of, levels_of

router = Router(tags=["Stock"])
OF_ONE = "/stock/{name:sku}"


class LevelsAsked(PageAsked):
    """Which stock levels."""

    search: str = Field("", max_length=LONGEST_SEARCH, description="A part of a SKU or of a product's name.")
    warehouse: str = Field("", max_length=20, description="A warehouse's code.")
    state: StockState | None = Field(None, strict=False)


class EntriesAsked(PageAsked):
    """Which entries of a product's ledger."""

    warehouse: str = Field(
        "", max_length=20, description="A warehouse's code. May be left out where the product lies in one only."
    )


class ReceiptLineAsked(Asked):
    """Units of a product that arrived in a warehouse."""

    sku: str = Field(max_length=60, examples=["MUG"])
    warehouse: str = Field(max_length=20, examples=["MAIN"])
    quantity: Quantity


class ReceiptAsked(Asked):
    """Goods that arrived together."""

    items: list[ReceiptLineAsked] = Field(description=f"1 to {MOST_LINES}.")
    reason: str = Field("", max_length=300, description="For the ledger, such as the delivery note's number.")


class AdjustmentAsked(Asked):
    """What is corrected: either by how much, or to what was counted."""

    sku: str = Field(max_length=60, examples=["MUG"])
    warehouse: str = Field(max_length=20, examples=["MAIN"])
    change: int | None = Field(
        None, ge=-intake.LARGEST_QUANTITY, le=intake.LARGEST_QUANTITY, description="Units more, or fewer below zero."
    )
    counted: int | None = Field(None, ge=0, le=intake.LARGEST_QUANTITY, description="Units that lie there.")
    reason: str = Field(max_length=300, examples=["Dropped"])


class LevelTold(Told):
    """One product in one warehouse, in units."""

    sku: str = Field(examples=["MUG"])
    name: str
    warehouse: str = Field(examples=["MAIN"])
    bin: str
    on_hand: int = Field(description="Physically there.")
    allocated: int = Field(description="Promised to shipments that have not departed.")
    available: int = Field(description="What is left: on hand less allocated.")

    @classmethod
    def of(cls, level: StockLevel) -> "LevelTold":
        return cls(
            sku=level.product.sku,
            name=level.product.name,
            warehouse=level.warehouse.code,
            bin=level.bin,
            on_hand=level.on_hand,
            allocated=level.allocated,
            available=level.available,
        )


class LevelsTold(PageTold):
    """A page of stock levels."""

    data: list[LevelTold]


class StockTold(Told):
    """A product in all warehouses, in units."""

    sku: str = Field(examples=["MUG"])
    name: str
    on_hand: int
    allocated: int
    available: int
    levels: list[LevelTold] = Field(description="By warehouse; none where nothing of it ever lay.")


class EntryTold(Told):
    """One change of one stock level, and the balances after it."""

    sequence: int
    at: datetime
    kind: EntryKind
    warehouse: str = Field(examples=["MAIN"])
    on_hand_change: int
    allocated_change: int
    after: BalanceTold
    order: str | None = Field(examples=["1042"])
    shipment: str | None = Field(description="Number of the shipment that caused it.", examples=["1042-R1"])
    reshipment: str | None = Field(description="Number of the shipment that a reshipment made, if one caused it.")
    reason: str
    actor: str


class EntriesTold(PageTold):
    """A page of a ledger."""

    data: list[EntryTold]


class ReceivedTold(Told):
    """A level after goods were received."""

    sku: str = Field(examples=["MUG"])
    warehouse: str = Field(examples=["MAIN"])
    quantity: int = Field(description="Received units.")
    after: BalanceTold
    served: list[str] = Field(description="Numbers of shipments that waited for units of it and got some.")


class ReceiptTold(Told):
    """What was received together, in the order in which it was sent."""

    data: list[ReceivedTold]


class AdjustedTold(Told):
    """A level before and after it was corrected."""

    sku: str = Field(examples=["MUG"])
    warehouse: str = Field(examples=["MAIN"])
    change: int
    before: BalanceTold
    after: BalanceTold


_LINKS = links("$response.body#/sku")


@reads(router, "/stock", Right.VIEW, answer=LevelsTold, links={200: links("$response.body#/data/0/sku")})
def list_stock(request: ApiRequest, asked: Annotated[LevelsAsked, Query()]) -> LevelsTold:
    """List stock levels, by SKU."""
    wanted = LevelFilter(search=asked.search, warehouse=asked.warehouse, state=asked.state)
    page = find_levels(wanted, client_ids=[request.client.pk], limit=asked.limit, after=asked.after)
    return LevelsTold(data=[LevelTold.of(level) for level in page.rows], **cursors_of(page))


# Before the addresses with a SKU, which would take these words for one.
@does(
    router,
    "POST",
    "/stock/receipts",
    Right.WAREHOUSE_WORK,
    answers={201: ReceiptTold},
    example={"items": [{"sku": "MUG", "warehouse": "MAIN", "quantity": 10}], "reason": "Delivery note 17"},
)
def receive(request: ApiRequest, asked: ReceiptAsked) -> HttpResponse:
    """Receive goods that arrived: all of them, or none.

    They are on hand at once, and go to the shipments that wait for them, oldest first. For roles of the fulfilment
    company.
    """

    def work() -> Done:
        if not asked.items:
            raise Refusal("nothing_selected", "Name at least one product.")
        if len(asked.items) > MOST_LINES:
            raise Refusal(
                "too_many_rows",
                f"{len(asked.items)} items are too many at once; at most {MOST_LINES} are taken.",
                given=len(asked.items),
                most=MOST_LINES,
            )
        deliveries = [Delivery(item.sku, item.warehouse, item.quantity, asked.reason) for item in asked.items]
        outcomes = receive_stock(deliveries, client=request.client, actor=request.actor, at=request.at)
        received = [
            ReceivedTold(
                sku=moved.sku,
                warehouse=moved.warehouse,
                quantity=intake.quantity(delivery.quantity),
                after=BalanceTold.of(Balance(moved.on_hand, moved.on_hand - moved.available)),
                served=list(moved.served),
            )
            for delivery, moved in zip(deliveries, (result_of([outcome]) for outcome in outcomes), strict=True)
        ]
        return Done(ReceiptTold(data=received), status=201)

    return answer_once(request, work)


@does(
    router,
    "POST",
    "/stock/adjustments",
    Right.ADJUST_STOCK,
    answers={201: AdjustedTold},
    example={"sku": "MUG", "warehouse": "MAIN", "change": -1, "reason": "Dropped"},
    links={201: _LINKS},
)
def adjust(request: ApiRequest, asked: AdjustmentAsked) -> HttpResponse:
    """Correct what lies in a warehouse: by a change, or to what was counted.

    A count that agrees with the books writes nothing. For roles of the fulfilment company.
    """

    def work() -> Done:
        if (asked.change is None) == (asked.counted is None):
            raise Refusal("invalid_request", "Say by how many units, or how many were counted: one of the two.")
        sku, change = _counted(request, asked) if asked.change is None else _changed(request, asked, asked.change)
        try:
            level = level_of(request.client, sku=sku, warehouse=asked.warehouse)
        except StockLevel.DoesNotExist:  # Nothing was counted where nothing ever lay.
            level = StockLevel(on_hand=0, allocated=0)
        after = Balance(level.on_hand, level.allocated)
        told = AdjustedTold(
            sku=sku,
            warehouse=asked.warehouse,
            change=change,
            before=BalanceTold.of(Balance(after.on_hand - change, after.allocated)),
            after=BalanceTold.of(after),
        )
        return Done(told, status=201)

    return answer_once(request, work)


@reads(router, OF_ONE, Right.VIEW, answer=StockTold, links={200: _LINKS})
def get_stock(request: ApiRequest, sku: str) -> StockTold:
    """Get what lies of a product in each warehouse."""
    with one_snapshot():
        product = product_of(request.client, sku)
        levels = levels_of(product)
    for level in levels:
        level.product = product
    return StockTold(
        sku=product.sku,
        name=product.name,
        on_hand=sum(level.on_hand for level in levels),
        allocated=sum(level.allocated for level in levels),
        available=sum(level.available for level in levels),
        levels=[LevelTold.of(level) for level in levels],
    )


@reads(router, f"{OF_ONE}/ledger", Right.VIEW, answer=EntriesTold)
def list_stock_ledger(request: ApiRequest, sku: str, asked: Annotated[EntriesAsked, Query()]) -> EntriesTold:
    """List what moved a product in a warehouse, newest first."""
    with one_snapshot():
        level = _one_of(levels_of(product_of(request.client, sku)), asked.warehouse)
        if level is None:
            return EntriesTold(data=[], next_cursor=None, previous_cursor=None)
        page = ledger_of(level, limit=asked.limit, after=asked.after)
    return EntriesTold(data=[_entry(entry, level) for entry in page.rows], **cursors_of(page))


def _changed(request: ApiRequest, asked: AdjustmentAsked, change: int) -> tuple[str, int]:
    """The SKU and by how many units it was corrected."""
    adjustment = Adjustment(asked.sku, asked.warehouse, change, asked.reason)
    moved = result_of(adjust_stock([adjustment], client=request.client, actor=request.actor, at=request.at))
    return moved.sku, change


def _counted(request: ApiRequest, asked: AdjustmentAsked) -> tuple[str, int]:
    """The SKU, and by how many units the books were wrong."""
    (counted,) = count_stock(
        [Count(asked.sku, asked.counted or 0)],
        warehouse=asked.warehouse,
        reason=asked.reason,
        client=request.client,
        actor=request.actor,
        at=request.at,
    ).counted
    return counted.sku, counted.change


def _one_of(levels: Sequence[StockLevel], warehouse: str) -> StockLevel | None:
    """The level in this warehouse, or the only one; None where nothing of the product ever lay.

    Each level has its own sequence, so that there is no page of several. Refuses `warehouse_required`,
    `unknown_warehouse`.
    """
    if not warehouse and len(levels) > 1:
        known = [level.warehouse.code for level in levels]
        raise Refusal(
            "warehouse_required", f"It lies in several warehouses: name one of {', '.join(known)}.", known=known
        )
    found = next((level for level in levels if warehouse in ("", level.warehouse.code)), None)
    if found is None and warehouse and warehouse not in {one.code for one in all_warehouses()}:
        raise unknown_warehouse(warehouse)
    return found


def _entry(entry: LedgerEntry, level: StockLevel) -> EntryTold:
    shipment = entry.shipment_line.shipment if entry.shipment_line else None
    return EntryTold(
        sequence=entry.sequence,
        at=entry.at,
        kind=EntryKind(entry.kind),
        warehouse=level.warehouse.code,
        on_hand_change=entry.on_hand_change,
        allocated_change=entry.allocated_change,
        after=BalanceTold.of(Balance(entry.on_hand_after, entry.allocated_after)),
        order=shipment.order.number if shipment else None,
        shipment=shipment.number if shipment else None,
        reshipment=entry.reshipment.shipment.number if entry.reshipment else None,
        reason=entry.reason,
        actor=entry.actor,
    )
