"""Waiting for stock: shipments that were opened with less than they need get it first come, first served."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection
from django_scopes import scopes_disabled

from reship.clients.access import Actor
from reship.clients.models import Client
from reship.fulfilment.desk import Desk, at_desk
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.inventory.ledger import Place
from reship.inventory.models import EntryKind
from reship.orders.history import Item, items_as_facts
from reship.orders.models import EventType

MOST_AT_ONCE = 100
"""Shipments that one transaction serves; the worker goes on where it ends."""


def shipments_waiting_for(products: Collection[int], *, client_id: int) -> list[str]:
    """The numbers of those shipments that wait for these products, oldest first; at most as many as are served."""
    if not products:
        return []
    wanted = ", ".join(str(int(product_id)) for product_id in sorted(products))
    query = f"""
        SELECT s.number FROM {_waiting()} AND s.client_id = %s AND l.product_id IN ({wanted})
        GROUP BY s.id, s.number, s.opened_at ORDER BY s.opened_at, s.id LIMIT {MOST_AT_ONCE}
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [client_id])
        return [number for (number,) in cursor.fetchall()]


def serve_waiting(desk: Desk, places: Collection[Place]) -> dict[str, list[Item]]:
    """Allocates what is available in these places, whose levels are locked, to the shipments on the desk that wait.

    The oldest is served first, line by line, as far as it goes. Answers what each got, by the shipment's number.
    """
    waiting = [
        (facts, of_shipment)
        for facts in desk.orders.values()
        for of_shipment in facts.shipments
        if of_shipment.shipment.waits_for_stock
    ]
    waiting.sort(key=lambda pair: (pair[1].shipment.opened_at, pair[1].shipment.pk))
    served = {}
    for facts, of_shipment in waiting:
        got = _serve(desk, facts, of_shipment, places)
        if got:
            served[of_shipment.shipment.number] = got
    return served


def allocate_waiting(*, client: Client, actor: Actor, at: datetime) -> dict[str, list[Item]]:
    """Serves the client's oldest waiting shipments with what has become available since. Answers as `serve_waiting`."""

    def work(desk: Desk) -> dict[str, list[Item]]:
        desk.open_orders_of(_that_can_be_served(client))
        desk.lock_stock()
        return serve_waiting(desk, {place for facts in desk.orders.values() for place in facts.places})

    return at_desk(work, client=client, actor=actor, at=at)


def clients_to_serve() -> list[Client]:
    """The clients of whom a shipment waits for units that are available: for the worker. One statement."""
    with scopes_disabled(), connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT s.client_id FROM {_servable()}")
        ids = [client_id for (client_id,) in cursor.fetchall()]
    return list(Client.objects.filter(pk__in=ids).order_by("pk")) if ids else []


def _waiting() -> str:
    """SQL: the lines that wait, from the few shipments that do.

    SQLite has no statistics unless somebody asks for them, and would begin at all lines that were ever used: it takes
    tables in the order of a CROSS JOIN, and the index that is named.
    """
    by = "INDEXED BY shipment_waiting" if connection.vendor == "sqlite" else ""
    return f"""
        orders_shipment s {by} CROSS JOIN orders_shipmentline l CROSS JOIN orders_lineusage u
        WHERE s.waits_for_stock AND l.client_id = s.client_id AND l.shipment_id = s.id
        AND u.client_id = l.client_id AND u.line_id = l.id AND u.waiting > 0
    """


def _servable() -> str:
    return f"""
        {_waiting()} AND EXISTS (
            SELECT 1 FROM inventory_stocklevel v
            WHERE v.client_id = s.client_id AND v.product_id = l.product_id AND v.warehouse_id = s.warehouse_id
            AND v.on_hand > v.allocated
        )
    """


def _that_can_be_served(client: Client) -> list[str]:
    query = f"""
        SELECT s.number FROM {_servable()} AND s.client_id = %s
        GROUP BY s.id, s.number, s.opened_at ORDER BY s.opened_at, s.id LIMIT {MOST_AT_ONCE}
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [client.pk])
        return [number for (number,) in cursor.fetchall()]


def _serve(desk: Desk, facts: OrderFacts, of_shipment: ShipmentFacts, places: Collection[Place]) -> list[Item]:
    got = []
    for line in of_shipment.lines:
        place = of_shipment.place(line)
        if not line.usage.waiting or place not in places:
            continue
        quantity = min(line.usage.waiting, desk.ledger.balance(place).available)
        if quantity > 0:
            reshipment = of_shipment.made_by
            desk.ledger.record(EntryKind.ALLOCATED, place, quantity, line=line.line, reshipment=reshipment)
            desk.use(line, waiting=-quantity)
            got.append(Item(line.line.sku, quantity))
    if not got:
        return got
    desk.change(of_shipment.shipment, waits_for_stock=bool(of_shipment.waiting))
    desk.touch(facts)
    desk.history.record(
        EventType.SHIPMENT_ALLOCATED,
        facts.order,
        shipment=of_shipment.shipment,
        items=items_as_facts(got),
        waiting=items_as_facts(of_shipment.waiting),
    )
    return got
