"""What goes in and out as JSON, where several nouns share it."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Protocol

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    WithJsonSchema,
)

from reship import intake
from reship.database.keyset import Cursor
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.inventory.ledger import Balance, Move
from reship.orders.addresses import ADDRESS_FIELDS, LONGEST
from reship.orders.addresses import Address as PostalAddress
from reship.orders.models import Hold, HoldKind, ShipmentStatus


class Asked(BaseModel):
    """What somebody sends: nothing beside what is declared, and no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Told(BaseModel):
    """What we answer."""

    model_config = ConfigDict(extra="forbid")


def _quantity(value: Any) -> int | str:
    """A whole number as it came; anything else as text that is none, so that the rule itself refuses it."""
    return value if type(value) is int else f"“{str(value)[:40]}”"


Quantity = Annotated[
    int | str,
    BeforeValidator(_quantity),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": intake.LARGEST_QUANTITY, "examples": [1]}),
]
"""Units, 1 to 1,000,000. The verb checks it, so that each door refuses it alike."""


HoldKindAsked = Annotated[str, Field(max_length=20), WithJsonSchema({"type": "string", "enum": [*HoldKind.values]})]
"""A kind of hold. The verb checks it, so that each door refuses it alike."""

Money = Annotated[Decimal, PlainSerializer(lambda value: f"{value:f}", return_type=str)]


class AddressAsked(Asked):
    """Where a parcel goes. `country` is an ISO 3166-1 alpha-2 code."""

    # The verb checks each part, so that every door refuses it alike.

    recipient: str = Field("", json_schema_extra={"maxLength": LONGEST["recipient"]}, examples=["Jane Doe"])
    company: str = Field("", json_schema_extra={"maxLength": LONGEST["company"]})
    street_1: str = Field("", json_schema_extra={"maxLength": LONGEST["street_1"]}, examples=["1 High Street"])
    street_2: str = Field("", json_schema_extra={"maxLength": LONGEST["street_2"]})
    city: str = Field("", json_schema_extra={"maxLength": LONGEST["city"]}, examples=["Springfield"])
    region: str = Field("", json_schema_extra={"maxLength": LONGEST["region"]}, examples=["IL"])
    postal_code: str = Field("", json_schema_extra={"maxLength": LONGEST["postal_code"]}, examples=["62701"])
    country: str = Field("", json_schema_extra={"maxLength": LONGEST["country"]}, examples=["US"])
    phone: str = Field("", json_schema_extra={"maxLength": LONGEST["phone"]})

    def as_address(self) -> PostalAddress:
        return PostalAddress(**self.model_dump())


class AddressTold(Told):
    """Where a parcel goes."""

    recipient: str
    company: str
    street_1: str
    street_2: str
    city: str
    region: str
    postal_code: str
    country: str
    phone: str

    @classmethod
    def of(cls, address: PostalAddress) -> "AddressTold":
        return cls(**{name: getattr(address, name) for name in ADDRESS_FIELDS})


class Item(Told):
    """Units of one SKU."""

    sku: str = Field(examples=["MUG"])
    quantity: int = Field(examples=[1])


class BalanceTold(Told):
    """Units of a place: physically there, promised to shipments that have not departed, and left."""

    on_hand: int
    allocated: int
    available: int

    @classmethod
    def of(cls, balance: Balance) -> "BalanceTold":
        return cls(on_hand=balance.on_hand, allocated=balance.allocated, available=balance.available)


class StockEffectTold(Told):
    """One SKU's balance in one warehouse, before and after."""

    sku: str
    warehouse: str
    before: BalanceTold
    after: BalanceTold

    @classmethod
    def of(cls, sku: str, warehouse: str, move: Move) -> "StockEffectTold":
        return cls(sku=sku, warehouse=warehouse, before=BalanceTold.of(move.before), after=BalanceTold.of(move.after))


class HoldTold(Told):
    """A record that stops an order's or a shipment's fulfilment."""

    kind: HoldKind
    shipment: str | None = Field(description="Number of the shipment that it is on; null on the whole order.")
    note: str
    placed_by: str
    placed_at: datetime

    @classmethod
    def of(cls, hold: Hold, shipment: str | None) -> "HoldTold":
        return cls(
            kind=HoldKind(hold.kind),
            shipment=shipment,
            note=hold.note,
            placed_by=hold.placed_by,
            placed_at=hold.placed_at,
        )


class ShipmentLineTold(Told):
    """Units of one SKU in a shipment, and what became of them."""

    sku: str
    quantity: int
    reshipped: int = Field(description="Units that active reshipments send again.")
    added_back: int = Field(description="Units that were made available again.")
    waiting: int = Field(description="Units that wait for stock.")


class ShipmentTold(Told):
    """One parcel's worth of an order."""

    number: str = Field(examples=["1042-R1"])
    order: str = Field(examples=["1042"])
    status: ShipmentStatus
    edition: int = Field(description="Counts the edits; as `ETag` and `If-Match`.")
    warehouse: str
    method: str
    carrier: str
    tracking_number: str
    address: AddressTold
    lines: list[ShipmentLineTold]
    holds: list[HoldTold]
    reshipment_of: str | None = Field(description="Number of the shipment whose items it sends again.")
    reshipped_as: list[str] = Field(description="Numbers of the active reshipments of it.")
    is_superseded: bool = Field(description="Units of it were added back before it departed: it can never go out.")
    waits_for_stock: bool
    opened_at: datetime
    packed_at: datetime | None
    departed_at: datetime | None
    delivered_at: datetime | None
    lost_at: datetime | None
    returned_at: datetime | None
    cancelled_at: datetime | None

    @classmethod
    def of(cls, facts: OrderFacts, of_shipment: ShipmentFacts, *, warehouse: str) -> "ShipmentTold":
        shipment, made_by = of_shipment.shipment, of_shipment.made_by
        numbers = {other.shipment.pk: other.shipment.number for other in facts.shipments}
        return cls(
            number=shipment.number,
            order=facts.order.number,
            status=ShipmentStatus(shipment.status),
            edition=shipment.edition,
            warehouse=warehouse,
            method=shipment.method,
            carrier=shipment.carrier,
            tracking_number=shipment.tracking_number,
            address=AddressTold.of(shipment.address),
            lines=[
                ShipmentLineTold(
                    sku=line.line.sku,
                    quantity=line.line.quantity,
                    reshipped=line.usage.reshipped,
                    added_back=line.usage.added_back,
                    waiting=line.usage.waiting,
                )
                for line in of_shipment.units
            ],
            holds=[HoldTold.of(hold, shipment.number) for hold in of_shipment.holds if hold.lifted_at is None],
            reshipment_of=numbers[made_by.source_id] if made_by else None,
            reshipped_as=list(of_shipment.reshipped_as),
            is_superseded=of_shipment.is_superseded,
            waits_for_stock=shipment.waits_for_stock,
            opened_at=shipment.opened_at,
            packed_at=shipment.packed_at,
            departed_at=shipment.departed_at,
            delivered_at=shipment.delivered_at,
            lost_at=shipment.lost_at,
            returned_at=shipment.returned_at,
            cancelled_at=shipment.cancelled_at,
        )


def _rfc_3339(value: Any) -> Any:
    """Lets through what RFC 3339 has, because pydantic takes numbers, also in text, for seconds since 1970."""
    if not isinstance(value, str) or not _DATE_AND_TIME.match(value):
        raise ValueError("Input should be a time with its zone, such as 2026-03-02T09:00:00Z")
    return value


def _of_our_time(value: datetime) -> datetime:
    """The time in UTC, as all times are told. Databases and zones end before pydantic's calendar does."""
    if not 1900 < value.year < 2200:
        raise ValueError("Input should be a time between 1901 and 2199")
    return value.astimezone(UTC)


_DATE_AND_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]", re.ASCII)
Moment = Annotated[AwareDatetime, Strict(False), BeforeValidator(_rfc_3339), AfterValidator(_of_our_time)]
"""A time with its zone, as text."""

Limit = Annotated[int, Field(ge=1, le=100)]
"""How many rows a page has at most."""


class PageAsked(Asked):
    """Which page of a list."""

    limit: Limit = Field(50, strict=False, description="How many rows at most.")
    cursor: str = Field("", max_length=1_000, description="`next_cursor` or `previous_cursor` of another page.")

    @property
    def after(self) -> Cursor | None:
        """Refuses `invalid_cursor`."""
        return Cursor.from_text(self.cursor) if self.cursor else None


class PageTold(Told):
    """A page of a list. A null cursor says that there is no page on that side."""

    next_cursor: str | None = Field(description="Of the page after this one.")
    previous_cursor: str | None = Field(description="Of the page before this one.")


class _HasCursors(Protocol):
    @property
    def previous(self) -> Cursor | None: ...

    @property
    def next(self) -> Cursor | None: ...


def cursors_of(part: _HasCursors) -> dict[str, str | None]:
    """The cursors of a page, as its answer names them."""
    return {
        "next_cursor": part.next.as_text() if part.next else None,
        "previous_cursor": part.previous.as_text() if part.previous else None,
    }
