"""`/orders/{number}/reshipments`: sending items again."""

from datetime import datetime

from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from reship.api.answers import Done, answer_once
from reship.api.caller import ApiRequest
from reship.api.links import to_order, to_shipment
from reship.api.operations import does, reads
from reship.api.schemas import AddressAsked, Asked, BalanceTold, Item, Quantity, ShipmentTold, StockEffectTold, Told
from reship.catalog.models import Warehouse
from reship.clients.roles import Right
from reship.database.snapshot import one_snapshot
from reship.fulfilment.desk import order_numbered
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.fulfilment.reship import preview_reship, reship_order
from reship.fulfilment.reship_plan import AddBack, ReshipItem, ReshipPlan, ReshipRequest, StockEffect
from reship.name_paths import NameConverter
from reship.orders.models import Reshipment, ReshipmentLine

router = Router(tags=["Reshipments"])
PATH = "/orders/{name:number}/reshipments"


class ReshipItemAsked(Asked):
    sku: str = Field(json_schema_extra={"maxLength": 60}, examples=["MUG"])
    quantity: Quantity


class ReshipAsked(Asked):
    """What to send again.

    An empty object sends all that is left of the latest shipment: with a reason, where the client's settings ask
    for one.
    """

    source: str | None = Field(
        None,
        json_schema_extra={"maxLength": 60},
        description="Number of a shipment. Default: the latest with something left to reship.",
    )
    items: list[ReshipItemAsked] | None = Field(
        None, max_length=1_000, description="Default: all that is left of the source."
    )
    reason: str = Field(
        "", json_schema_extra={"maxLength": 40}, description="A code of the client's list.", examples=["lost"]
    )
    fault: str = Field(
        "", json_schema_extra={"maxLength": 10}, description="Whose fault it was. Default: as the reason says."
    )
    note: str = Field("", json_schema_extra={"maxLength": 1_000})
    add_back: bool = Field(
        False, description="The source's units are still in the building, and become available again."
    )
    hold: bool = Field(False, description="Set an Operator Hold on the new shipment.")
    address: AddressAsked | None = Field(None, description="Of the new shipment only. Default: the source's.")
    method: str | None = Field(None, json_schema_extra={"maxLength": 60}, description="Default: the source's.")
    warehouse: str = Field("", json_schema_extra={"maxLength": 20}, description="That sends it. Default: the source's.")
    wait_for_stock: bool = Field(False, description="Wait for what is not available, instead of a refusal.")
    send_again_anyway: bool = Field(
        False, description="A manager may send again what is sent again already; needs a note."
    )
    dry_run: bool = Field(False, description="Answer what would be done, and do nothing.")

    def as_request(self, number: str) -> ReshipRequest:
        return ReshipRequest(
            order_number=number,
            source=self.source,
            items=None if self.items is None else tuple(ReshipItem(item.sku, item.quantity) for item in self.items),
            reason=self.reason,
            fault=self.fault,
            note=self.note,
            add_back=AddBack.YES if self.add_back else AddBack.NO,
            hold=self.hold,
            address=self.address.as_address() if self.address else None,
            method=self.method,
            send_again_anyway=self.send_again_anyway,
            warehouse=self.warehouse,
            wait_for_stock=self.wait_for_stock,
        )


class ReshipmentTold(Told):
    """The record that a shipment sends items of an earlier one again."""

    number: str = Field(description="Of the shipment that it made.", examples=["1042-R1"])
    order: str = Field(examples=["1042"])
    source: str = Field(examples=["1042-1"])
    items: list[Item]
    reason: str
    fault: str
    note: str
    added_back: bool
    sent_again_anyway: bool
    made_by: str
    made_at: datetime | None = Field(description="Null in a dry run.")
    cancelled_by: str
    cancelled_at: datetime | None


class WarningTold(Told):
    """Something to know; it stops nothing."""

    code: str = Field(examples=["both_parcels_will_go"])
    message: str


class ReshipTold(Told):
    """What was done, or in a dry run would be."""

    dry_run: bool
    reshipment: ReshipmentTold
    shipment: ShipmentTold | None = Field(description="The new shipment; null in a dry run.")
    stock: list[StockEffectTold]
    waiting: list[Item] = Field(description="Units that wait for stock.")
    warnings: list[WarningTold]


class ReshipmentsTold(Told):
    data: list[ReshipmentTold]


@does(
    router,
    "POST",
    PATH,
    Right.RESHIP,
    answers={201: ReshipTold, 200: ReshipTold},
    example={"source": "1042-1", "items": [{"sku": "MUG", "quantity": 1}], "reason": "lost"},
    headers={"Location": {"schema": {"type": "string"}, "description": "The new shipment's address."}},
    links={201: to_order("$response.body#/reshipment/order") | to_shipment("$response.body#/reshipment/number")},
)
def create_reshipment(request: ApiRequest, number: str, asked: ReshipAsked) -> HttpResponse | ReshipTold:
    """Send items of an order again.

    A new shipment is created within the same order, and the stock is deducted once. 201 when it was done, 200 for a
    dry run, which does nothing and refuses what the deed would refuse.
    """
    wanted = asked.as_request(number)
    if asked.dry_run:
        plan = preview_reship(wanted, client=request.client, actor=request.actor)
        return _told(plan, request, opened=None)

    def work() -> Done:
        done = reship_order(wanted, client=request.client, actor=request.actor, at=request.at)
        assert done.plan is not None, "only what was done before has no plan"
        opened = done.plan.facts.shipment(done.shipment)
        return Done(_told(done.plan, request, opened=opened), status=201, location=shipment_path(done.shipment))

    return answer_once(request, work)


@reads(router, PATH, Right.VIEW, answer=ReshipmentsTold)
def list_reshipments(request: ApiRequest, number: str) -> ReshipmentsTold:
    """List the reshipments of an order.

    Oldest first, cancelled ones as well.
    """
    with one_snapshot():
        facts = order_numbered(request.client, number)
        items: dict[int, list[Item]] = {}
        lines = ReshipmentLine.objects.filter(reshipment_id__in=[made.pk for made, _ in _made(facts)])
        for line in lines.select_related("source_line").order_by("pk"):
            items.setdefault(line.reshipment_id, []).append(Item(sku=line.source_line.sku, quantity=line.quantity))
    numbers = {of.shipment.pk: of.shipment.number for of in facts.shipments}
    return ReshipmentsTold(
        data=[
            ReshipmentTold(
                number=of_shipment.shipment.number,
                order=facts.order.number,
                source=numbers[made.source_id],
                items=items.get(made.pk, []),
                reason=made.reason,
                fault=made.fault,
                note=made.note,
                added_back=made.added_back,
                sent_again_anyway=made.sent_again_anyway,
                made_by=made.made_by,
                made_at=made.made_at,
                cancelled_by=made.cancelled_by,
                cancelled_at=made.cancelled_at,
            )
            for made, of_shipment in _made(facts)
        ]
    )


def warehouse_codes(ids: set[int]) -> dict[int, str]:
    return dict(Warehouse.objects.filter(pk__in=sorted(ids)).values_list("pk", "code"))


def shipment_path(number: str) -> str:
    return f"/api/v1/shipments/{NameConverter().to_url(number)}"


def _made(facts: OrderFacts) -> list[tuple[Reshipment, ShipmentFacts]]:
    return [(of.made_by, of) for of in facts.shipments if of.made_by is not None]


def _told(plan: ReshipPlan, request: ApiRequest, *, opened: ShipmentFacts | None) -> ReshipTold:
    codes = warehouse_codes({plan.warehouse_id, *(effect.warehouse_id for effect in plan.stock)})
    return ReshipTold(
        dry_run=opened is None,
        reshipment=ReshipmentTold(
            number=plan.number,
            order=plan.facts.order.number,
            source=plan.source.shipment.number,
            items=[Item(sku=item.sku, quantity=item.quantity) for item in plan.items],
            reason=plan.reason.code,
            fault=plan.fault,
            note=plan.note,
            added_back=plan.add_back,
            sent_again_anyway=plan.sent_again_anyway,
            made_by=request.actor.name,
            made_at=request.at if opened else None,
            cancelled_by="",
            cancelled_at=None,
        ),
        shipment=ShipmentTold.of(plan.facts, opened, warehouse=codes[plan.warehouse_id]) if opened else None,
        stock=[_effect(effect, codes) for effect in plan.stock],
        waiting=[Item(sku=item.sku, quantity=item.quantity) for item in plan.waiting],
        warnings=[WarningTold(code=warning.code, message=warning.message) for warning in plan.warnings],
    )


def _effect(effect: StockEffect, codes: dict[int, str]) -> StockEffectTold:
    return StockEffectTold(
        sku=effect.sku,
        warehouse=codes[effect.warehouse_id],
        before=BalanceTold.of(effect.now),
        after=BalanceTold.of(effect.after),
    )
