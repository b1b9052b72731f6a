"""The small named world of the tests, made by the verbs themselves, once in a run; its rows are then put down again.

ACME (Acme) sells MUG, CUP, TEE and HAT from the warehouse MAIN: 100 MUG, 100 CUP, 10 TEE and no HAT lie there. Its
people are Dana (agent), Mara (manager) and Vic (viewer). OTHER (WREN & Co) is Wren's, a manager; 50 MUG of its own lie
there. Of the fulfilment company are Pim (packer), Otto (operator) and Ada (admin). Every deed happens a minute after
the one before. Sentences such as `world.place("1042", MUG=2, CUP=1)` act as the person whose work it usually is.
"""

import contextlib
import copy
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django_scopes import scope

from reship.catalog.models import Warehouse
from reship.clients.access import Actor
from reship.clients.models import Client, User
from reship.clients.roles import Role
from reship.errors import Figure, Refusal, result_of
from reship.fulfilment.cancel import cancel_shipment
from reship.fulfilment.claim import Claimed, ClaimRequest, claim_batch
from reship.fulfilment.depart import depart_shipment
from reship.fulfilment.edit_shipment import EditRequest, edit_shipment
from reship.fulfilment.facts import OrderFacts, ShipmentFacts, read_orders
from reship.fulfilment.hold import HoldRequest, Lifted, lift_hold, place_hold
from reship.fulfilment.outcome import mark_shipment
from reship.fulfilment.pack import PackRequest, pack_shipment
from reship.fulfilment.pick import pick_shipment
from reship.fulfilment.place_order import NewLine, NewOrder, place_order
from reship.fulfilment.reship import Reshipped, reship_order
from reship.fulfilment.reship_plan import AddBack, ReshipItem, ReshipRequest
from reship.fulfilment.restock import RestockRequest, restock_shipment
from reship.fulfilment.stock import Adjustment, Delivery, NewProduct, add_products, adjust_stock, receive_stock
from reship.fulfilment.verify import PackScan, Verified, scan_to_pack
from reship.inventory.ledger import Balance
from reship.inventory.models import LedgerEntry, StockLevel
from reship.orders.addresses import Address
from reship.orders.history import Item, wording
from reship.orders.models import Departure, Hold, HoldKind, Order, OrderEvent, Shipment, ShipmentStatus
from tests.kept_rows import KeptRows

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
JANE = Address(
    recipient="Jane Doe",
    street_1="1 High Street",
    city="Springfield",
    region="IL",
    postal_code="62701",
    country="US",
)
ELSEWHERE = replace(JANE, street_1="2 Low Street", city="Shelbyville", postal_code="62565")
SKUS = ("CUP", "HAT", "MUG", "TEE")

_WAY = {
    ShipmentStatus.PICKING: (ShipmentStatus.PICKING,),
    ShipmentStatus.PACKED: (ShipmentStatus.PICKING, ShipmentStatus.PACKED),
    ShipmentStatus.DEPARTED: (ShipmentStatus.PICKING, ShipmentStatus.PACKED, ShipmentStatus.DEPARTED),
}
_WAY |= {
    outcome: (*_WAY[ShipmentStatus.DEPARTED], outcome)
    for outcome in (ShipmentStatus.DELIVERED, ShipmentStatus.LOST, ShipmentStatus.RETURNED)
}


@dataclass
class World:
    """The clients, the people, and the deeds. A deed's `client` is ACME when none is named."""

    acme: Client
    other: Client
    dana: Actor
    mara: Actor
    vic: Actor
    wren: Actor
    pim: Actor
    otto: Actor
    ada: Actor
    now: datetime = field(default=NINE)

    def later(self) -> datetime:
        """The next minute."""
        self.now += timedelta(minutes=1)
        return self.now

    def user_of(self, actor: Actor) -> User:
        """The account behind an actor, to log in with."""
        assert actor.user_id is not None
        return User.objects.get(pk=actor.user_id)

    def place(
        self, number: str = "", *, client: Client | None = None, actor: Actor | None = None, **items: int | str
    ) -> Order:
        """Places an order of one parcel to Jane: `world.place("1042", MUG=2, CUP=1)`."""
        return self.place_order(new_order(number, items, placed_at=self.now), client=client, actor=actor)

    def place_order(self, new: NewOrder, *, client: Client | None = None, actor: Actor | None = None) -> Order:
        client = client or self.acme
        actor = actor or (self.dana if client == self.acme else self.wren)
        return place_order(new, client=client, actor=actor, at=self.later())

    def ship(
        self,
        shipment: str,
        *,
        until: ShipmentStatus = ShipmentStatus.DEPARTED,
        tracking_number: str = "",
        client: Client | None = None,
        actor: Actor | None = None,
    ) -> Shipment:
        """Takes an open shipment up to a status: PICKING, PACKED, DEPARTED, or DELIVERED, LOST, RETURNED.

        Otto packs it by hand; `scan` says what is in it.
        """
        client, actor = client or self.acme, actor or self.pim
        for status in _WAY[until]:
            at = self.later()
            if status == ShipmentStatus.PICKING:
                shipped = pick_shipment(shipment, client=client, actor=actor, at=at)
            elif status == ShipmentStatus.PACKED:
                label = PackRequest(shipment, tracking_number=tracking_number, by_hand=True)
                shipped = pack_shipment(label, client=client, actor=self.otto, at=at)
            elif status == ShipmentStatus.DEPARTED:
                shipped = depart_shipment(shipment, how=Departure.MANIFEST, client=client, actor=actor, at=at)
            else:
                shipped = mark_shipment(shipment, status, client=client, actor=actor, at=at)
        return shipped

    def claim(
        self,
        *numbers: str,
        most: int = 12,
        warehouse: str = "MAIN",
        client: Client | None = None,
        actor: Actor | None = None,
    ) -> Claimed:
        """Claims these shipments, or the oldest, as a batch."""
        request = ClaimRequest(warehouse, most, numbers or None)
        return claim_batch(request, client=client or self.acme, actor=actor or self.pim, at=self.later())

    def scan(
        self,
        shipment: str,
        code: str,
        quantity: int = 1,
        *,
        key: str | None = None,
        client: Client | None = None,
        actor: Actor | None = None,
    ) -> Verified:
        """Scans units into a parcel in picking."""
        request = PackScan(shipment, code, quantity, key)
        return scan_to_pack(request, client=client or self.acme, actor=actor or self.pim, at=self.later())

    def mark(self, shipment: str, status: ShipmentStatus, *, actor: Actor | None = None) -> Shipment:
        """What became of a parcel that has left: DELIVERED, LOST or RETURNED."""
        return mark_shipment(shipment, status, client=self.acme, actor=actor or self.pim, at=self.later())

    def reship(
        self,
        order: str,
        *,
        source: str | None = None,
        add_back: bool = False,
        hold: bool = False,
        note: str = "",
        key: str | None = None,
        send_again_anyway: bool = False,
        actor: Actor | None = None,
        **items: int | str,
    ) -> Reshipped:
        """Re-ships lost items, or all that is left when none are named. Mara does what Dana may not."""
        request = reship_request(
            order,
            items,
            source=source,
            add_back=add_back,
            hold=hold,
            note=note,
            key=key,
            send_again_anyway=send_again_anyway,
        )
        usual = self.mara if add_back or send_again_anyway else self.dana
        return self.send(request, actor=actor or usual)

    def send(self, request: ReshipRequest, *, client: Client | None = None, actor: Actor | None = None) -> Reshipped:
        client = client or self.acme
        actor = actor or (self.mara if client == self.acme else self.wren)
        return reship_order(request, client=client, actor=actor, at=self.later())

    def cancel(self, shipment: str, *, actor: Actor | None = None) -> Shipment:
        return cancel_shipment(shipment, client=self.acme, actor=actor or self.mara, at=self.later())

    def edit(
        self,
        shipment: str,
        *,
        address: Address | None = None,
        method: str | None = None,
        edition: int | None = None,
        actor: Actor | None = None,
        **items: int | str,
    ) -> Shipment:
        """Edits an open shipment; the items named are all that it shall hold, none named leaves them as they are."""
        request = EditRequest(shipment, address, method, reship_items(items), edition)
        return edit_shipment(request, client=self.acme, actor=actor or self.dana, at=self.later())

    def hold(
        self,
        order: str,
        *,
        shipment: str | None = None,
        kind: HoldKind = HoldKind.CLIENT,
        note: str = "",
        actor: Actor | None = None,
    ) -> Hold:
        request = HoldRequest(order, kind, shipment, note)
        return place_hold(request, client=self.acme, actor=actor or self.dana, at=self.later())

    def lift(
        self,
        order: str,
        *,
        shipment: str | None = None,
        kind: HoldKind = HoldKind.CLIENT,
        actor: Actor | None = None,
    ) -> Lifted:
        request = HoldRequest(order, kind, shipment)
        return lift_hold(request, client=self.acme, actor=actor or self.dana, at=self.later())

    def restock(self, shipment: str, *, actor: Actor | None = None, **items: int) -> Shipment:
        """Puts away a returned parcel's goods; all of them when none are named."""
        chosen = tuple(Item(sku, quantity) for sku, quantity in items.items()) or None
        return restock_shipment(
            RestockRequest(shipment, chosen), client=self.acme, actor=actor or self.pim, at=self.later()
        )

    def receive(
        self, *, client: Client | None = None, actor: Actor | None = None, warehouse: str = "MAIN", **items: int
    ) -> None:
        deliveries = [Delivery(sku, warehouse, quantity) for sku, quantity in items.items()]
        for outcome in receive_stock(deliveries, client=client or self.acme, actor=actor or self.pim, at=self.later()):
            result_of([outcome])

    def adjust(self, sku: str, change: int, *, reason: str = "counted", actor: Actor | None = None) -> None:
        adjustment = Adjustment(sku, "MAIN", change, reason)
        result_of(adjust_stock([adjustment], client=self.acme, actor=actor or self.otto, at=self.later()))

    def facts(self, order: str, *, client: Client | None = None) -> OrderFacts:
        """An order with its shipments, as the database has it now."""
        with scope(client=(client or self.acme).pk):
            (facts,) = read_orders(list(Order.objects.filter(number=order)), lock=False).values()
        return facts

    def shipment(self, number: str) -> ShipmentFacts:
        found = self.facts(number.rpartition("-")[0]).shipment(number)
        assert found is not None, f"there is no shipment {number}"
        return found

    def items(self, shipment: str) -> dict[str, int]:
        """What a shipment holds, in units by SKU."""
        return {line.line.sku: line.line.quantity for line in self.shipment(shipment).units}

    def status(self, number: str) -> str:
        """The stored status of an order."""
        return self.facts(number).order.status

    def stock(self, sku: str, *, client: Client | None = None, warehouse: str = "MAIN") -> Balance:
        """On hand and allocated of one SKU in one warehouse; zero where nothing ever lay."""
        with scope(client=(client or self.acme).pk):
            level = StockLevel.objects.filter(product__sku=sku, warehouse__code=warehouse).first()
        return Balance(level.on_hand, level.allocated) if level else Balance(0, 0)

    def entries(self, sku: str, *, client: Client | None = None) -> list[tuple[str, int, int]]:
        """The ledger of a SKU, oldest first: kind, change on hand, change allocated."""
        with scope(client=(client or self.acme).pk):
            entries = LedgerEntry.objects.filter(level__product__sku=sku).order_by("level_id", "sequence")
            return [(entry.kind, entry.on_hand_change, entry.allocated_change) for entry in entries]

    def events(self, order: str, *, client: Client | None = None) -> list[OrderEvent]:
        with scope(client=(client or self.acme).pk):
            return list(OrderEvent.objects.filter(order__number=order).order_by("sequence"))

    def history(self, order: str, *, client: Client | None = None) -> list[str]:
        """The order's history, oldest first, as every door words it."""
        return [wording(event) for event in self.events(order, client=client)]


def new_order(
    number: str,
    items: Mapping[str, int | str],
    *,
    placed_at: datetime = NINE,
    warehouse: str = "MAIN",
    departed_at: datetime | None = None,
) -> NewOrder:
    """An order of one parcel to Jane, by post."""
    return NewOrder(
        number=number,
        lines=tuple(NewLine(sku, quantity) for sku, quantity in items.items()),
        customer_name="Jane Doe",
        customer_email="jane@example.com",
        placed_at=placed_at,
        warehouse=warehouse,
        method="Post",
        address=JANE,
        departed_at=departed_at,
    )


def reship_request(
    order: str,
    items: Mapping[str, int | str] | None = None,
    *,
    source: str | None = None,
    reason: str = "lost",
    add_back: bool = False,
    hold: bool = False,
    note: str = "",
    key: str | None = None,
    send_again_anyway: bool = False,
) -> ReshipRequest:
    return ReshipRequest(
        order_number=order,
        source=source,
        items=reship_items(items or {}),
        reason=reason,
        note=note,
        add_back=AddBack.YES if add_back else AddBack.NO,
        hold=hold,
        key=key,
        send_again_anyway=send_again_anyway,
    )


def reship_items(items: Mapping[str, int | str]) -> tuple[ReshipItem, ...] | None:
    return tuple(ReshipItem(sku, quantity) for sku, quantity in items.items()) or None


@contextlib.contextmanager
def refused(code: str, **figures: Figure) -> Iterator[None]:
    """The deed inside is refused with this code and exactly these figures."""
    with pytest.raises(Refusal) as refusal:
        yield
    answered = (refusal.value.code, refusal.value.figures)
    assert answered == (code, figures), f"{answered} is not {(code, figures)}"


def make_world() -> World:
    """Makes the world in the database at hand, which has no rows: they are put down as the verbs once made them."""
    world, rows = _world_and_rows()
    rows.put_down()
    return copy.deepcopy(world)


@functools.cache
def _world_and_rows() -> tuple[World, KeptRows]:
    with transaction.atomic():
        world = _made_by_the_verbs()
        rows = KeptRows.of_this_database()
        transaction.set_rollback(True)
    return world, rows


def _made_by_the_verbs() -> World:
    acme = Client.objects.create(code="ACME", name="Acme")
    other = Client.objects.create(code="OTHER", name="WREN & Co")
    Warehouse.objects.create(code="MAIN", name="Main warehouse")
    Warehouse.objects.create(code="EAST", name="East warehouse")

    def person(name: str, role: Role, client: Client | None = None) -> Actor:
        email = f"{name.lower()}@{client.code.lower() if client else 'reship'}.example"
        return Actor.of(User.objects.create_user(email, name=name, role=role, client=client))

    world = World(
        acme=acme,
        other=other,
        dana=person("Dana", Role.AGENT, acme),
        mara=person("Mara", Role.MANAGER, acme),
        vic=person("Vic", Role.VIEWER, acme),
        wren=person("Wren", Role.MANAGER, other),
        pim=person("Pim", Role.PACKER),
        otto=person("Otto", Role.OPERATOR),
        ada=person("Ada", Role.ADMIN),
    )
    for client in (acme, other):
        products = [NewProduct(sku, sku.title()) for sku in SKUS]
        add_products(products, client=client, actor=world.otto, at=world.later())
    world.receive(MUG=100, CUP=100, TEE=10)
    world.receive(client=other, MUG=50)
    return world
