"""`/shipments/{number}`: a parcel as it is, and its edits while it is open."""

from typing import Any

from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from reship.api.answers import Done, answer_once, asked_edition, told
from reship.api.caller import ApiRequest
from reship.api.deeds import do, stock_effects
from reship.api.links import to_order, to_shipment
from reship.api.operations import does, reads
from reship.api.reshipments import ReshipItemAsked, warehouse_codes
from reship.api.schemas import Asked, ShipmentTold, StockEffectTold, Told
from reship.clients.roles import Right
from reship.database.snapshot import one_snapshot
from reship.errors import result_of
from reship.fulfilment.desk import shipment_numbered
from reship.fulfilment.edit_shipment import EditRequest, editing
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.fulfilment.reship_plan import ReshipItem
from reship.orders.addresses import LONGEST

router = Router(tags=["Shipments"])
PATH = "/shipments/{name:number}"

_ETAG: dict[str, Any] = {
    "ETag": {
        "schema": {"type": "string", "examples": ['"3"']},
        "description": "The shipment's edition, which counts its edits: what `If-Match` takes. It does not tell of its "
        "status, holds or tracking.",
    }
}


def _part(name: str, example: str = "") -> Any:
    return Field(None, json_schema_extra={"maxLength": LONGEST[name]}, examples=[example] if example else None)


class AddressEditAsked(Asked):
    """The parts of the address that change; those that are left out, or null, stay. An empty text empties a part."""

    recipient: str | None = _part("recipient")
    company: str | None = _part("company")
    street_1: str | None = _part("street_1", "2 Low Street")
    street_2: str | None = _part("street_2")
    city: str | None = _part("city")
    region: str | None = _part("region")
    postal_code: str | None = _part("postal_code")
    country: str | None = _part("country")
    phone: str | None = _part("phone")


class EditAsked(Asked):
    """What the shipment shall be. What is left out, or null, stays as it is."""

    address: AddressEditAsked | None = Field(
        None, description="Afterwards, the whole address has to fit its country's rules."
    )
    method: str | None = Field(None, json_schema_extra={"maxLength": 60}, examples=["Express"])
    items: list[ReshipItemAsked] | None = Field(
        None,
        json_schema_extra={"minItems": 1, "maxItems": 1_000},
        description="All that shall go: a SKU that is not among them is taken out, and one that was not is added.",
    )
    dry_run: bool = Field(False, description="Answer what would be done, and do nothing.")

    def as_request(self, number: str, *, edition: int | None) -> EditRequest:
        return EditRequest(
            number,
            parts=self.address.model_dump(exclude_none=True) if self.address else None,
            method=self.method,
            items=None if self.items is None else tuple(ReshipItem(item.sku, item.quantity) for item in self.items),
            edition=edition,
        )


class EditedTold(Told):
    """The shipment after the edit, or as it would be after it."""

    dry_run: bool
    shipment: ShipmentTold
    stock: list[StockEffectTold]


@reads(
    router,
    PATH,
    Right.VIEW,
    answer=ShipmentTold,
    headers=_ETAG,
    links={
        200: {
            **to_order("$response.body#/order"),
            **to_shipment("$request.path.number"),
            "edit": {
                "operationId": "edit_shipment",
                "parameters": {"number": "$request.path.number", "header.If-Match": "$response.header.ETag"},
            },
        }
    },
)
def get_shipment(request: ApiRequest, number: str) -> HttpResponse:
    """Get a shipment, with its edition as `ETag`."""
    with one_snapshot():
        facts, of_shipment = shipment_numbered(request.client, number)
        return told(Done(shipment_told(facts, of_shipment), etag=etag_of(of_shipment)))


@does(
    router,
    "PATCH",
    PATH,
    Right.EDIT_SHIPMENT,
    answers={200: EditedTold},
    edits=True,
    example={"address": {"street_1": "2 Low Street"}, "items": [{"sku": "MUG", "quantity": 1}]},
    headers=_ETAG,
)
def edit_shipment(request: ApiRequest, number: str, asked: EditAsked) -> HttpResponse:
    """Edit a shipment that is open.

    Its address, method and items; its original's stay as they are. What it sends more is allocated, what it sends less
    becomes available. `If-Match` takes its `ETag`: 428 without one, and 412 with what others changed meanwhile, when it
    was edited since. With `dry_run` nothing is done, and refused what the deed would.
    """
    work = editing([asked.as_request(number, edition=asked_edition(request))])

    def edit() -> Done:
        outcomes, desk = do(work, request, dry_run=asked.dry_run)
        result_of(outcomes)
        facts, of_shipment = desk.shipment(number)
        shipment = shipment_told(facts, of_shipment)
        body = EditedTold(dry_run=asked.dry_run, shipment=shipment, stock=stock_effects(desk))
        return Done(body, etag="" if asked.dry_run else etag_of(of_shipment))

    return told(edit()) if asked.dry_run else answer_once(request, edit)


def shipment_told(facts: OrderFacts, of_shipment: ShipmentFacts) -> ShipmentTold:
    warehouse_id = of_shipment.shipment.warehouse_id
    return ShipmentTold.of(facts, of_shipment, warehouse=warehouse_codes({warehouse_id})[warehouse_id])


def etag_of(of_shipment: ShipmentFacts) -> str:
    return f'"{of_shipment.shipment.edition}"'
