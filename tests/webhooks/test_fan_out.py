"""From the history to messages: what is told of each event, to whom, and at which price."""

import json
from dataclasses import replace
from typing import Any

from django_scopes import scope

from reship.fulfilment.place_order import NewLine
from reship.inventory.audit import audit
from reship.orders.history import facts_told, wording
from reship.orders.models import EventType, HoldKind, OrderEvent, ShipmentStatus
from reship.webhooks.endpoints import disable_endpoint
from reship.webhooks.event_types import _TELLERS, CHOSEN_FROM
from reship.webhooks.fan_out import CHUNK, clients_with_events, fan_out
from tests.statements import captured_statements, tables_without_client
from tests.webhooks.listening import deliveries, events_to_send, fan_out_all, listen, told
from tests.world import World, new_order

UNTOLD = {
    EventType.SHIPMENT_TAKEN_OVER,
    EventType.LABEL_BOUGHT,
    EventType.LABEL_VOIDED,
    EventType.EVIDENCE_ADDED,
}
"""Events that concern the warehouse alone."""


def data_of(number: int) -> dict[str, Any]:
    """The body of the delivery that was made as this one, without what every message has."""
    body: dict[str, Any] = json.loads(deliveries()[number].message.body)
    return {name: value for name, value in body["data"].items() if name not in {"order", "sequence", "by", "text"}}


def test_a_deed_takes_one_statement_more_when_somebody_listens(world: World) -> None:
    for number in ("1041", "1042", "1043", "1044"):
        world.place(number, MUG=2)
    counts = []
    with captured_statements() as unheard:
        world.reship("1041", MUG=1)
    listen(world)
    world.acme.refresh_from_db()
    for number in ("1042", "1043"):
        with captured_statements() as statements:
            world.reship(number, MUG=1)
        counts.append(len(statements) - len(unheard))
        listen(world)
    assert counts == [1, 1]
    assert events_to_send() == 2
    assert audit() == []


def test_a_reship_is_told_as_what_it_is_and_as_the_shipment_that_it_makes(world: World) -> None:
    listen(world)
    world.acme.refresh_from_db()
    world.place("1042", MUG=2, CUP=1)
    world.reship("1042", hold=True, note="Broken", MUG=1)
    world.lift("1042", shipment="1042-R1", kind=HoldKind.OPERATOR)
    assert fan_out_all(world.later()) == 3
    assert told() == [
        "1042 order.placed PENDING",
        "1042 shipment.created PENDING",
        "1042 order.reshipped PENDING",
        "1042 shipment.created PENDING",
        "1042 order.hold.added PENDING",
        "1042 order.hold.lifted PENDING",
    ]
    body = json.loads(deliveries()[2].message.body)
    with scope(client=world.acme):
        event = OrderEvent.objects.get(type=EventType.RESHIPPED)
    assert body == {
        "type": "order.reshipped",
        "timestamp": event.at.isoformat().replace("+00:00", "Z"),
        "data": {
            "order": "1042",
            "sequence": 2,
            "by": "Dana",
            "text": wording(event),
            "reshipment": "1042-R1",
            "source": "1042-1",
            "items": [{"sku": "MUG", "quantity": 1}],
            "added_back": [],
            "waiting": [],
            "hold": True,
            "reason": "lost",
            "fault": None,
            "note": "Broken",
            "sent_again_anyway": False,
        },
    }
    assert data_of(3) == {
        "shipment": "1042-R1",
        "items": [{"sku": "MUG", "quantity": 1}],
        "reshipment_of": "1042-1",
    }
    assert data_of(4) == {"shipment": "1042-R1", "kind": "OPERATOR", "note": "Broken"}
    assert data_of(5) == {"shipment": "1042-R1", "kind": "OPERATOR", "remaining": []}
    assert audit() == []


def test_the_history_tells_a_placed_order_as_the_webhook_does(world: World) -> None:
    listen(world, types=("order.placed",))
    world.acme.refresh_from_db()
    lines = (NewLine("MUG", 2), NewLine("CUP", 1, parcel=2))
    for new in (new_order("1041", {"MUG": 1}), replace(new_order("1042", {}), lines=lines)):
        world.place_order(new)
    world.place_order(replace(new_order("1043", {"MUG": 1}), copied_from="1041", note="As agreed"))
    fan_out_all(world.later())
    with scope(client=world.acme):
        placed = OrderEvent.objects.filter(type=EventType.ORDER_PLACED).order_by("order_id")
        kept = [facts_told(event) for event in placed]
    assert [{name: facts[name] for name in data_of(0)} for facts in kept] == [data_of(number) for number in range(3)]
    assert [(facts["shipments"], facts["copied_from"]) for facts in kept] == [
        (["1041-1"], None),
        (["1042-1", "1042-2"], None),
        (["1043-1"], "1041"),
    ]


def test_a_hold_from_the_beginning_is_told_after_the_order(world: World) -> None:
    listen(world)
    world.acme.refresh_from_db()
    world.place_order(replace(new_order("1042", {"MUG": 1}), hold=HoldKind.PAYMENT, note="Card declined"))
    fan_out_all(world.later())
    assert [line.split()[1] for line in told()] == ["order.placed", "shipment.created", "order.hold.added"]
    assert data_of(2) == {"shipment": None, "kind": "PAYMENT", "note": "Card declined"}


def test_each_parcel_of_an_order_is_told_with_its_own_items(world: World) -> None:
    listen(world, types=("order.placed", "shipment.created"))
    world.acme.refresh_from_db()
    lines = (NewLine("MUG", 2), NewLine("CUP", 1, parcel=2), NewLine("MUG", 1, parcel=2))
    world.place_order(replace(new_order("1042", {}), lines=lines))
    fan_out_all(world.later())
    assert data_of(0)["shipments"] == ["1042-1", "1042-2"]
    assert [data_of(1), data_of(2)] == [
        {"shipment": "1042-1", "items": [{"sku": "MUG", "quantity": 2}], "reshipment_of": None},
        {
            "shipment": "1042-2",
            "items": [{"sku": "CUP", "quantity": 1}, {"sku": "MUG", "quantity": 1}],
            "reshipment_of": None,
        },
    ]


def test_what_is_late_tells_what_happened_then(world: World) -> None:
    listen(world, types=("shipment.packed", "shipment.departed", "order.hold.added", "order.hold.lifted"))
    world.acme.refresh_from_db()
    world.place("1042", MUG=2)
    world.hold("1042", kind=HoldKind.PAYMENT, note="Card declined")
    world.lift("1042", kind=HoldKind.PAYMENT)
    world.ship("1042-1", until=ShipmentStatus.DELIVERED, tracking_number="1Z999")
    fan_out_all(world.later())
    assert [data_of(number) for number in range(4)] == [
        {"shipment": None, "kind": "PAYMENT", "note": "Card declined"},
        {"shipment": None, "kind": "PAYMENT", "remaining": []},
        {"shipment": "1042-1", "tracking_number": "1Z999"},
        {
            "shipment": "1042-1",
            "tracking_number": "1Z999",
            "items": [{"sku": "MUG", "quantity": 2}],
            "how": "manifest scan",
            "manifest": None,
        },
    ]


def test_every_event_is_told_or_known_to_concern_the_warehouse_alone() -> None:
    assert set(_TELLERS) | UNTOLD == set(EventType)
    assert len(CHOSEN_FROM) == 21


def test_each_endpoint_gets_what_it_chose_once_and_nobody_gets_anothers(world: World) -> None:
    chosen = listen(world, types=("order.placed",)).endpoint
    everything = listen(world).endpoint
    others = listen(world, client=world.other).endpoint
    for client in (world.acme, world.other):
        client.refresh_from_db()
    world.place("1042", MUG=1)
    world.place("77", client=world.other, MUG=1)
    assert fan_out_all(world.later()) == 2
    assert fan_out_all(world.later()) == 0
    assert [(d.endpoint, d.message.type) for d in deliveries()] == [
        (chosen, "order.placed"),
        (everything, "order.placed"),
        (everything, "shipment.created"),
        (others, "order.placed"),
        (others, "shipment.created"),
    ]


def test_what_nobody_listens_to_any_more_is_taken_off_the_list(world: World) -> None:
    reference = listen(world).endpoint.reference
    world.acme.refresh_from_db()
    world.place("1042", MUG=1)
    disable_endpoint(reference, client=world.acme, actor=world.mara, at=world.later(), address="")
    assert (events_to_send(), fan_out_all(world.later())) == (1, 1)
    assert (events_to_send(), told()) == (0, [])


def test_one_event_and_many_take_as_many_statements(world: World) -> None:
    listen(world), listen(world)
    world.acme.refresh_from_db()
    counts = []
    for numbers in (["1"], [str(number) for number in range(2, 8)]):
        for number in numbers:
            world.place(number, MUG=1)
        with captured_statements() as statements:
            assert fan_out(world.acme.pk, at=world.later()) == len(numbers)
        assert [table for sql in statements for table in tables_without_client(sql, client_id=world.acme.pk)] == []
        counts.append(len([sql for sql in statements if "SAVEPOINT" not in sql]))
    assert counts == [8, 8]
    with captured_statements() as statements:
        assert clients_with_events() == []
    assert len(statements) == 1
    assert CHUNK == 100
