"""`POST /orders`: placing one order, or up to a hundred at once."""

from typing import Annotated, Any

from django.http import HttpResponse
from pydantic import Discriminator, Field, RootModel, Tag, WithJsonSchema

from reship.api.answers import Done, answer_once
from reship.api.caller import ApiRequest
from reship.api.deeds import do
from reship.api.links import to_order, to_shipment
from reship.api.operations import does
from reship.api.orders import OrderTold, orders_told, router
from reship.api.problems import Problem, Where, places_of, problem_of, problem_response
from reship.api.schemas import AddressAsked, Asked, HoldKindAsked, Moment, Quantity, Told
from reship.catalog.models import Warehouse
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.fulfilment.place_order import NewLine, NewOrder, clean_order, placing_orders
from reship.name_paths import NameConverter
from reship.orders.models import Order

MOST_ORDERS = 100
_MOST_LINES = 500
_MOST_PARCELS = 100


class CustomerAsked(Asked):
    """Who bought it."""

    name: str = Field(json_schema_extra={"minLength": 1, "maxLength": 200}, examples=["Jane Doe"])
    email: str = Field("", json_schema_extra={"maxLength": 254}, examples=["jane@example.com"])


class NewLineAsked(Asked):
    """One thing that was bought."""

    sku: str = Field(json_schema_extra={"maxLength": 60}, examples=["MUG"])
    quantity: Quantity
    unit_price: Annotated[
        str,
        WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,10}(\.[0-9]{1,4})?$", "examples": ["12.50"]}),
    ] = Field("0", json_schema_extra={"maxLength": 20}, description="In the order's currency, as a decimal with a dot.")
    description: str = Field("", json_schema_extra={"maxLength": 300}, description="Default: the product's name.")
    parcel: int = Field(
        1, ge=1, le=_MOST_PARCELS, description="Lines of the same number go together: one shipment for each number."
    )


class NewOrderAsked(Asked):
    """One order. Its units are allocated at once; what is not available is refused."""

    number: str = Field(
        "",
        json_schema_extra={"maxLength": 40},
        description="The order's number in your shop. Default: the next free one.",
        examples=["1042"],
    )
    customer: CustomerAsked
    address: AddressAsked = Field(description="Has to fit the rules of its country.")
    lines: list[NewLineAsked] = Field(max_length=_MOST_LINES, json_schema_extra={"minItems": 1})
    currency: str = Field(
        "",
        json_schema_extra={"pattern": "^([A-Za-z]{3})?$"},
        description="ISO 4217. Default: the client's.",
        examples=["EUR"],
    )
    method: str = Field("", json_schema_extra={"maxLength": 60}, description="How it is to be sent.", examples=["Post"])
    warehouse: str = Field(
        "",
        description="That sends it. Needed as soon as there are several.",
        examples=["MAIN"],
    )
    placed_at: Moment | None = Field(None, description="When the customer bought it, not later than now. Default: now.")
    hold: HoldKindAsked | None = Field(None, description="Hold the whole order from the start.")
    note: str = Field("", json_schema_extra={"maxLength": 1_000}, description="For the history, and for the hold.")
    copied_from: str = Field("", max_length=40, description="Number of the order that this manual order stands in for.")

    def as_order(self, request: ApiRequest, *, warehouse: str) -> NewOrder:
        return NewOrder(
            lines=tuple(
                NewLine(line.sku, line.quantity, line.unit_price, line.description, line.parcel) for line in self.lines
            ),
            customer_name=self.customer.name,
            customer_email=self.customer.email,
            placed_at=self.placed_at or request.at,
            warehouse=self.warehouse or warehouse,
            number=self.number,
            currency=self.currency or request.client.currency,
            method=self.method,
            address=self.address.as_address(),
            copied_from=self.copied_from,
            entered=True,
            hold=self.hold or "",
            note=self.note,
        )


class NewOrdersAsked(Asked):
    """Many orders, placed one after the other in one transaction. The refusal of one stops no other."""

    orders: list[NewOrderAsked] = Field(max_length=MOST_ORDERS, json_schema_extra={"minItems": 1})


_ONE, _MANY = "<one>", "<many>"


def _is_meant(given: Any) -> str:
    return _MANY if isinstance(given, dict) and "orders" in given else _ONE


class ToPlaceAsked(
    RootModel[
        Annotated[
            Annotated[NewOrderAsked, Tag(_ONE)] | Annotated[NewOrdersAsked, Tag(_MANY)],
            Discriminator(_is_meant),
        ]
    ]
):
    """One order, or many as `orders`."""


class OutcomeTold(Told):
    """What became of one of many orders."""

    index: int = Field(description="Its place in `orders`, from 0.")
    status: int = Field(description="What the order alone would have been answered with.", examples=[201])
    order: OrderTold | None = Field(description="The order; null when it was refused.")
    problem: Problem | None = Field(description="Why it was refused; null when it was placed.")


class OutcomesTold(Told):
    """What became of each order, in the order in which they were sent."""

    data: list[OutcomeTold]


@does(
    router,
    "POST",
    "/orders",
    Right.PLACE_ORDER,
    answers={201: OrderTold, 200: OutcomesTold},
    example={
        "number": "1042",
        "customer": {"name": "Jane Doe", "email": "jane@example.com"},
        "address": {
            "recipient": "Jane Doe",
            "street_1": "1 High Street",
            "city": "Springfield",
            "region": "IL",
            "postal_code": "62701",
            "country": "US",
        },
        "lines": [{"sku": "MUG", "quantity": 2, "unit_price": "12.50"}],
        "method": "Post",
        "warehouse": "MAIN",
    },
    headers={"Location": {"schema": {"type": "string"}, "description": "The order's address, when one was placed."}},
    links={
        201: {
            **to_order("$response.body#/number"),
            **to_shipment("$response.body#/shipments/0/number"),
        }
    },
)
def place_orders(request: ApiRequest, asked: ToPlaceAsked) -> HttpResponse:
    """Place an order, or many at once.

    One order is answered with 201, the order and its address, or with the problem of its refusal. Many, as `orders`,
    are answered with 200 and one outcome each: the order, or the problem that it alone would have been refused with.
    They are placed in one transaction, each against the stock that those before it left; if one could be placed at no
    time, because of a quantity or a price, nothing is placed. A number that is taken is refused, so orders that bring
    their numbers are placed once however often they are sent.
    """
    given = asked.root
    if isinstance(given, NewOrdersAsked):
        for index, order in enumerate(given.orders):
            try:
                clean_order(order.as_order(request, warehouse=""))
            except Refusal as refusal:
                return problem_response(request, refusal, errors=_places_in(request, index, refusal))
        return answer_once(request, lambda: _place_many(request, given.orders))
    return answer_once(request, lambda: _place_one(request, given))


def order_path(number: str) -> str:
    return f"/api/v1/orders/{NameConverter().to_url(number)}"


def _place_one(request: ApiRequest, new: NewOrderAsked) -> Done:
    (outcome,) = _placed(request, [new])
    if isinstance(outcome, Refusal):
        raise outcome
    return Done(outcome, status=201, location=order_path(outcome.number))


def _place_many(request: ApiRequest, orders: list[NewOrderAsked]) -> Done:
    if not orders:
        raise Refusal("nothing_selected", "Send at least one order.")
    outcomes = _placed(request, orders)
    return Done(OutcomesTold(data=[_outcome(request, index, outcome) for index, outcome in enumerate(outcomes)]))


def _placed(request: ApiRequest, orders: list[NewOrderAsked]) -> list[OrderTold | Refusal]:
    """Reads what was placed off the desk, with a number of statements that does not depend on how many there are."""
    usual = "" if all(order.warehouse for order in orders) else _only_warehouse()
    asked = [order.as_order(request, warehouse=usual) for order in orders]
    outcomes, desk = do(placing_orders(asked), request)
    placed = [outcome.number for outcome in outcomes if isinstance(outcome, Order)]
    told = dict(zip(placed, orders_told(request.client, [desk.orders[number] for number in placed]), strict=True))
    return [outcome if isinstance(outcome, Refusal) else told[outcome.number] for outcome in outcomes]


def _only_warehouse() -> str:
    """The code of the only warehouse. Refuses `warehouse_required` when there are several."""
    codes = list(Warehouse.objects.order_by("code").values_list("code", flat=True))
    if len(codes) == 1:
        return codes[0]
    raise Refusal("warehouse_required", f"Say which warehouse sends it: {', '.join(codes)}.", known=[*codes])


def _outcome(request: ApiRequest, index: int, outcome: OrderTold | Refusal) -> OutcomeTold:
    if isinstance(outcome, Refusal):
        problem = problem_of(request, outcome, _places_in(request, index, outcome))
        return OutcomeTold(index=index, status=problem.status, order=None, problem=problem)
    return OutcomeTold(index=index, status=201, order=outcome, problem=None)


def _places_in(request: ApiRequest, index: int, refusal: Refusal) -> list[Where]:
    """Where in one of the orders that were sent a refusal lies."""
    assert isinstance(request.given, dict)
    return places_of(refusal, request.given["orders"][index], within=f"/orders/{index}")
