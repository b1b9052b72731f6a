"""`/bulk-reshipments`: sending items of many orders again in the background, after a dry run or at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Body, Query, Router
from pydantic import BeforeValidator, Field

from reship import intake
from reship.api.answers import Done, answer_once
from reship.api.caller import ApiRequest
from reship.api.operations import does, reads
from reship.api.orders import OrderFilterAsked
from reship.api.problems import Where, places_of, problem_response
from reship.api.reshipments import ReshipItemAsked
from reship.api.schemas import (
    Asked,
    BalanceTold,
    PageAsked,
    PageTold,
    StockEffectTold,
    Told,
    cursors_of,
)
from reship.clients.roles import Right
from reship.database.snapshot import one_snapshot
from reship.errors import Refusal
from reship.fulfilment.reship_plan import AddBack, ReshipItem
from reship.inventory.ledger import Balance
from reship.jobs.asking import JobOptions, JobOrder
from reship.jobs.change_job import cancel_job, confirm_job
from reship.jobs.make_job import make_job, make_job_of_matching, retry_refused
from reship.jobs.models import ItemState, Job, JobDeed, JobItem, JobState, JobStock
from reship.jobs.queries import Shown, find_items, find_jobs, job_numbered, stock_effect

router = Router(tags=["Bulk reshipments"])
PATH = "/bulk-reshipments"
OF_ONE = f"{PATH}/{{int:number}}"
PLACES_TOLD = 100
"""Of a forecast's stock effect, those with the greatest change."""


OrderNumber = Annotated[str, Field(min_length=1, max_length=40, examples=["1042"])]


class OrderToReship(Asked):
    """An order, and what is asked for it alone; what is left out is as for all."""

    order: OrderNumber
    source: str = Field(
        "",
        json_schema_extra={"maxLength": 60},
        description="Number of a shipment. Default: the latest with something left.",
    )
    items: list[ReshipItemAsked] | None = Field(
        None, max_length=1_000, description="Default: all that is left of the source."
    )
    reason: str | None = Field(None, max_length=40)
    fault: str | None = Field(None, max_length=10, description="Default: as the reason of this order says.")
    add_back: AddBack | None = Field(None, strict=False)

    def check(self) -> None:
        """Refuses, as the verb, what could be done at no time: `invalid_text`, `invalid_quantity`."""
        for item in self.items or ():
            intake.quantity(item.quantity, sku=intake.text(item.sku, field="SKU", longest=60))

    def as_order(self) -> JobOrder:
        return JobOrder(
            number=self.order,
            source=self.source,
            items=None if self.items is None else tuple(ReshipItem(item.sku, item.quantity) for item in self.items),
            reason=self.reason,
            add_back=self.add_back,
            fault=self.fault,
        )


def _in_full_form(value: Any) -> Any:
    """A bare number asks for nothing besides the order. As a union, errors would name its branches in their places."""
    return {"order": value} if isinstance(value, str) else value


OrderAsked = Annotated[
    OrderToReship, BeforeValidator(_in_full_form, json_schema_input_type=OrderNumber | OrderToReship)
]


class BulkReshipAsked(Asked):
    """Which orders: either `orders`, by their numbers or with what is asked for each, or all that match a `filter`."""

    orders: list[OrderAsked] | None = Field(
        None, description="At most 100,000, each once, or once with each of its shipments as `source`."
    )
    filter: OrderFilterAsked | None = Field(
        None, description="All orders that match when the request comes, as `GET /orders` finds them."
    )
    reason: str = Field(
        "", json_schema_extra={"maxLength": 40}, description="A code of the client's list.", examples=["lost"]
    )
    fault: str = Field(
        "", json_schema_extra={"maxLength": 10}, description="Whose fault it was. Default: as the reason says."
    )
    note: str = Field("", json_schema_extra={"maxLength": 1_000})
    add_back: AddBack = Field(
        AddBack.NO,
        strict=False,
        description="`yes` refuses an order whose parcel has left; `where_here` sends it without adding back.",
    )
    hold: bool = Field(False, description="Set an Operator Hold on each new shipment.")
    all_parcels: bool = Field(
        False, description="Of an order with several parcels, send each with something left, not the latest only."
    )
    dry_run: bool = Field(False, description="Make a draft with a forecast, which does nothing until it is confirmed.")

    def as_options(self) -> JobOptions:
        return JobOptions(
            JobDeed.RESHIP,
            reason=self.reason,
            note=self.note,
            add_back=self.add_back,
            hold=self.hold,
            all_parcels=self.all_parcels,
            fault=self.fault,
        )


class ConfirmationAsked(Asked):
    """Which items of the dry run shall not be done."""

    leave_out: list[Annotated[int, Field(ge=1, le=2**31 - 1)]] = Field(
        default=[], max_length=10_000, description="Positions of items."
    )


class RetryAsked(Asked):
    """Whether to look first."""

    dry_run: bool = Field(
        default=False, description="Make a draft with a forecast, which does nothing until it is confirmed."
    )


class BulkReshipmentsAsked(PageAsked):
    """Which page."""


class BulkItemsAsked(PageAsked):
    """Which items of a bulk reshipment."""

    state: Shown = Field(
        Shown.ALL,
        strict=False,
        description="Of the dry run: `would-go`, `would-be-refused`, `both-parcels`, `several-parcels`, `left-out`. "
        "Of the run: `done`, `refused`, `pending`.",
    )
    code: str = Field("", max_length=40, description="Refused, or in a dry run to be refused, with this code.")


class BulkOptionsTold(Told):
    """How each order is sent again, unless it asks otherwise."""

    reason: str
    fault: str
    note: str
    add_back: AddBack
    hold: bool
    all_parcels: bool


class ForecastTold(Told):
    """What the dry run found. Its numbers are final when `complete`; what it looked at may change until the run."""

    complete: bool
    would_go: int
    would_be_refused: dict[str, int] = Field(description="Orders by the code of the refusal.")
    warnings: dict[str, int] = Field(description="Orders that would go, by the code of a warning.")
    several_parcels: int = Field(description="Orders with further parcels that have something left.")


class BulkReshipmentTold(Told):
    """One request to send items of many orders again. `DRAFT` is a dry run that nobody has confirmed."""

    number: int = Field(examples=[7])
    state: JobState
    options: BulkOptionsTold
    selection: str = Field(description="Which orders, in words.")
    orders: int = Field(description="Orders, or parcels of them, in it; without those that were left out.")
    done: int
    refused: int
    refusals: dict[str, int] = Field(description="Refused orders by the code of the refusal.")
    left: int = Field(description="Neither done nor refused yet.")
    forecast: ForecastTold
    retry_of: int | None = Field(description="The bulk reshipment whose refused orders these are.")
    made_by: str
    made_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    ended_by: str = Field(description="Who cancelled it.")


class BulkReshipmentInFullTold(BulkReshipmentTold):
    """One request to send items of many orders again, with what its dry run does to the stock."""

    stock: list[StockEffectTold] = Field(
        description=f"What the dry run does to the stock: the {PLACES_TOLD} places with the greatest change."
    )


class BulkReshipmentsTold(PageTold):
    """A page of bulk reshipments."""

    data: list[BulkReshipmentTold]


class ItemRefusalTold(Told):
    """Why an order was refused, or in a dry run would be; as the problem that one reshipment is answered with."""

    code: str = Field(examples=["not_enough_available"])
    detail: str
    figures: dict[str, Any]


class BulkItemTold(Told):
    """One order of a bulk reshipment, or one parcel of it, and what became of it."""

    position: int
    order: str = Field(examples=["1042"])
    source: str | None = Field(description="Number of the shipment that is asked for; null for the usual one.")
    state: ItemState
    forecast: str | None = Field(description="`go`, or the code that it would be refused with; null while not known.")
    refusal: ItemRefusalTold | None
    warning: str | None = Field(description="Code of what to know before it is confirmed.")
    other_parcels: int = Field(description="Further parcels of the order that have something left.")
    shipment: str | None = Field(description="Number of the new shipment.", examples=["1042-R1"])


class BulkItemsTold(PageTold):
    """A page of items, in the order in which they are done."""

    data: list[BulkItemTold]


_ALL = ConfirmationAsked()
_AT_ONCE = RetryAsked()
_MADE = {"Location": {"schema": {"type": "string"}, "description": "The bulk reshipment's address."}}
_OPERATIONS = {
    "get": "get_bulk_reshipment",
    "items": "list_bulk_reshipment_items",
    "confirm": "confirm_bulk_reshipment",
    "cancel": "cancel_bulk_reshipment",
    "retry": "retry_bulk_reshipment",
}


def _links(number: str) -> dict[str, Any]:
    """Where one goes on from a bulk reshipment; `number` is an expression that tells which."""
    return {
        name: {"operationId": operation, "parameters": {"number": number}} for name, operation in _OPERATIONS.items()
    }


_LINKS = _links("$response.body#/number")


@does(
    router,
    "POST",
    PATH,
    Right.BULK,
    answers={202: BulkReshipmentInFullTold},
    example={
        "orders": ["1042", {"order": "1043", "items": [{"sku": "MUG", "quantity": 1}]}],
        "reason": "lost",
        "dry_run": True,
    },
    headers=_MADE,
    links={202: _LINKS},
)
def create_bulk_reshipment(request: ApiRequest, asked: BulkReshipAsked) -> HttpResponse:
    """Send items of many orders again.

    The orders are fixed now and worked on in the background, each done or refused for itself. With `dry_run` nothing is
    done: a forecast is made, which can be confirmed. Needs the scope `orders` as well.
    """

    for position, order in enumerate(asked.orders or ()):
        try:
            order.check()
        except Refusal as refusal:
            return problem_response(request, refusal, errors=_places_in(request, position, refusal))

    def work() -> Done:
        job = _made(request, asked)
        return _accepted(job if asked.dry_run else _confirmed(request, job.number))

    return answer_once(request, work)


@reads(router, PATH, Right.VIEW, answer=BulkReshipmentsTold, links={200: _links("$response.body#/data/0/number")})
def list_bulk_reshipments(request: ApiRequest, asked: Annotated[BulkReshipmentsAsked, Query()]) -> BulkReshipmentsTold:
    """List bulk reshipments, newest first."""
    page = find_jobs(client_ids=[request.client.pk], deed=JobDeed.RESHIP, limit=asked.limit, after=asked.after)
    retried = _retried(page.rows)
    return BulkReshipmentsTold(
        data=[BulkReshipmentTold(**_facts(job, retried)) for job in page.rows], **cursors_of(page)
    )


@reads(router, OF_ONE, Right.VIEW, answer=BulkReshipmentInFullTold, links={200: _LINKS})
def get_bulk_reshipment(request: ApiRequest, number: int) -> BulkReshipmentInFullTold:
    """Get a bulk reshipment: how far it is, and its forecast."""
    with one_snapshot():
        return _in_full(_numbered(request, number))


@reads(router, f"{OF_ONE}/items", Right.VIEW, answer=BulkItemsTold)
def list_bulk_reshipment_items(
    request: ApiRequest, number: int, asked: Annotated[BulkItemsAsked, Query()]
) -> BulkItemsTold:
    """List the orders of a bulk reshipment, with what became of each."""
    with one_snapshot():
        job = _numbered(request, number)
        page = find_items(job, shown=asked.state, code=asked.code, limit=asked.limit, after=asked.after)
    return BulkItemsTold(data=[_item(item) for item in page.rows], **cursors_of(page))


@does(
    router,
    "POST",
    f"{OF_ONE}/confirmation",
    Right.BULK,
    answers={202: BulkReshipmentInFullTold},
    example={"leave_out": [3]},
    headers=_MADE,
    links={202: _LINKS},
)
def confirm_bulk_reshipment(
    request: ApiRequest, number: int, asked: Annotated[ConfirmationAsked, Body()] = _ALL
) -> HttpResponse:
    """Let a dry run be done.

    Confirming it twice is confirming it once. Needs the scope `orders` as well.
    """

    def work() -> Done:
        _numbered(request, number)
        return _accepted(_confirmed(request, number, out=asked.leave_out))

    return answer_once(request, work)


@does(
    router,
    "POST",
    f"{OF_ONE}/cancellation",
    Right.BULK,
    answers={200: BulkReshipmentInFullTold},
    links={200: _LINKS},
)
def cancel_bulk_reshipment(request: ApiRequest, number: int) -> HttpResponse:
    """End a bulk reshipment, or discard a dry run: what was done stays done, what is left is not done."""

    def work() -> Done:
        _numbered(request, number)
        return Done(_in_full(cancel_job(number, client=request.client, actor=request.actor, at=request.at)))

    return answer_once(request, work)


@does(
    router,
    "POST",
    f"{OF_ONE}/retries",
    Right.BULK,
    answers={202: BulkReshipmentInFullTold},
    example={"dry_run": True},
    headers=_MADE,
    links={202: _LINKS},
)
def retry_bulk_reshipment(
    request: ApiRequest, number: int, asked: Annotated[RetryAsked, Body()] = _AT_ONCE
) -> HttpResponse:
    """Try the refused orders again.

    They become a new bulk reshipment with the same options. Needs the scope `orders` as well.
    """

    def work() -> Done:
        _numbered(request, number)
        job = retry_refused(number, client=request.client, actor=request.actor, at=request.at)
        return _accepted(job if asked.dry_run else _confirmed(request, job.number))

    return answer_once(request, work)


def _places_in(request: ApiRequest, position: int, refusal: Refusal) -> list[Where]:
    """Where in one of the orders that were sent a refusal lies."""
    given = request.given
    orders = given.get("orders") if isinstance(given, Mapping) else None
    return places_of(refusal, orders[position], within=f"/orders/{position}") if isinstance(orders, list) else []


def _made(request: ApiRequest, asked: BulkReshipAsked) -> Job:
    options, client, actor, at = asked.as_options(), request.client, request.actor, request.at
    if (asked.orders is None) == (asked.filter is None):
        raise Refusal("invalid_request", "Name the orders, or give a filter for them: one of the two.")
    if asked.filter is not None:
        return make_job_of_matching(asked.filter.as_filter(), options, client=client, actor=actor, at=at)
    return make_job([order.as_order() for order in asked.orders or ()], options, client=client, actor=actor, at=at)


def _confirmed(request: ApiRequest, number: int, *, out: list[int] | None = None) -> Job:
    return confirm_job(number, out=set(out or ()), client=request.client, actor=request.actor, at=request.at)


def _accepted(job: Job) -> Done:
    return Done(_in_full(job), status=202, location=f"/api/v1{PATH}/{job.number}")


def _numbered(request: ApiRequest, number: int) -> Job:
    """Jobs that hold or cancel orders have the same numbers, and are none here."""
    return job_numbered(request.client, number, actor=request.actor, deed=JobDeed.RESHIP)


def _retried(jobs: Sequence[Job]) -> dict[int, int]:
    """The numbers of the jobs whose refused orders these jobs try again, by their ids."""
    ids = {job.retry_of_id for job in jobs if job.retry_of_id is not None}
    return dict(Job.objects.filter(pk__in=sorted(ids)).values_list("pk", "number")) if ids else {}


def _facts(job: Job, retried: dict[int, int]) -> dict[str, Any]:
    options = JobOptions.from_json(job.options)
    return {
        "number": job.number,
        "state": JobState(job.state),
        "options": BulkOptionsTold(
            reason=options.reason,
            fault=options.fault,
            note=options.note,
            add_back=options.add_back,
            hold=options.hold,
            all_parcels=options.all_parcels,
        ),
        "selection": job.selection,
        "orders": job.submitted,
        "done": job.done,
        "refused": job.refused,
        "refusals": job.refusals,
        "left": job.left,
        "forecast": ForecastTold(
            complete=job.is_rehearsed,
            would_go=job.would_go,
            would_be_refused=job.would_be_refused,
            warnings=job.warnings,
            several_parcels=job.several_parcels,
        ),
        "retry_of": None if job.retry_of_id is None else retried[job.retry_of_id],
        "made_by": job.made_by,
        "made_at": job.made_at,
        "started_at": job.started_at,
        "ended_at": job.ended_at,
        "ended_by": job.ended_by,
    }


def _in_full(job: Job) -> BulkReshipmentInFullTold:
    effects = stock_effect(job, limit=PLACES_TOLD) if job.rehearsed else []
    return BulkReshipmentInFullTold(**_facts(job, _retried([job])), stock=[_effect(effect) for effect in effects])


def _effect(effect: JobStock) -> StockEffectTold:
    after = Balance(effect.on_hand + effect.on_hand_change, effect.allocated + effect.allocated_change)
    return StockEffectTold(
        sku=effect.product.sku,
        warehouse=effect.warehouse.code,
        before=BalanceTold.of(Balance(effect.on_hand, effect.allocated)),
        after=BalanceTold.of(after),
    )


def _item(item: JobItem) -> BulkItemTold:
    refusal = item.refusal
    return BulkItemTold(
        position=item.position,
        order=item.order_number,
        source=item.source or None,
        state=ItemState(item.state),
        forecast=item.forecast or None,
        refusal=refusal
        and ItemRefusalTold(code=item.code or item.forecast, detail=refusal["message"], figures=refusal["figures"]),
        warning=item.warning or None,
        other_parcels=item.other_parcels,
        shipment=item.shipment or None,
    )
