"""Polling: the parcels that may be on their way are asked about, and what is said comes through the one intake."""

import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from django.test import override_settings
from django_scopes import scope

from reship.carriers.labels import LabelRequest, pack_with_label
from reship.carriers.poll import Polled, poll_tracking
from reship.carriers.port import Carrier, carrier_refused, carrier_unreachable
from reship.carriers.sandbox import Sandbox
from reship.cli import polling
from reship.floor.models import Label
from reship.fulfilment.depart import depart_shipment
from reship.fulfilment.track import Tracked
from reship.inventory.audit import audit
from reship.orders.models import Departure, ShipmentStatus
from tests.cli.terminal import reship
from tests.statements import captured_statements, tables_without_client
from tests.world import World

S = ShipmentStatus


class Talking(Sandbox):
    """A sandbox that can be asked, and says what the test lets it say."""

    can_track = True

    def __init__(self) -> None:
        self.says: dict[str, list[Tracked]] = {}
        self.asked: list[str] = []
        self.is_away = False
        self.refuses = ""

    def track(self, tracking_number: str) -> Sequence[Tracked]:
        self.asked.append(tracking_number)
        if self.is_away:
            raise carrier_unreachable(self.name, "say where the parcel is", problem="it took too long")
        if tracking_number == self.refuses:
            raise carrier_refused(self.name, "say where the parcel is", problem="it knows nothing of it")
        return self.says.get(tracking_number, [])


@pytest.fixture
def talking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Talking]:
    talking = Talking()
    known: dict[str, Carrier] = {"sandbox": talking}
    for module in ("registry", "poll", "labels"):
        monkeypatch.setattr(f"reship.carriers.{module}.carriers", lambda: known)
    monkeypatch.setattr(polling, "carriers", lambda: known)
    yield talking
    assert audit() == []


def labelled(world: World, order: str, *, until: S = S.PACKED) -> str:
    world.place(order, MUG=1)
    world.ship(f"{order}-1", until=S.PICKING)
    request = LabelRequest(f"{order}-1", "sandbox", by_hand=True)
    label = pack_with_label(request, client=world.acme, actor=world.otto, at=world.later())
    if until != S.PACKED:
        depart_shipment(f"{order}-1", how=Departure.MANIFEST, client=world.acme, actor=world.pim, at=world.later())
    if until not in {S.PACKED, S.DEPARTED}:
        world.mark(f"{order}-1", until)
    return label.tracking_number


def poll_now(world: World, shipments: Sequence[str] | None = None) -> Polled:
    return poll_tracking(client=world.acme, at=world.later, shipments=shipments)


def delivered(world: World, number: str) -> list[Tracked]:
    at = world.now + timedelta(minutes=1)
    return [Tracked(number, "IN_TRANSIT", at), Tracked(number, "DELIVERED", at + timedelta(minutes=1))]


def test_parcels_that_may_be_on_their_way_are_asked_about(world: World, talking: Talking) -> None:
    asked = [labelled(world, str(number), until=until) for number, until in enumerate((S.PACKED, S.DEPARTED, S.LOST))]
    labelled(world, "8", until=S.DELIVERED)
    long_ago = labelled(world, "9")
    with scope(client=world.acme.pk):
        Label.objects.filter(tracking_number=long_ago).update(bought_at=world.now - timedelta(days=121))
    talking.says = {number: delivered(world, number) for number in asked}
    polled = poll_now(world)
    assert talking.asked == asked
    assert polled == Polled(3, 6, [("0-1", "DELIVERED"), ("1-1", "DELIVERED"), ("2-1", "DELIVERED")])
    assert world.events("0")[-1].actor == "carrier Sandbox"


def test_only_parcels_that_are_named_are_asked_about(world: World, talking: Talking) -> None:
    labelled(world, "1")
    asked = labelled(world, "2")
    assert poll_now(world, shipments=["2-1", "9-1"]) == Polled(1)
    assert talking.asked == [asked]


def test_one_that_is_refused_stops_no_other_and_one_that_is_away_is_left_alone(world: World, talking: Talking) -> None:
    first, *rest = [labelled(world, str(number)) for number in range(5)]
    talking.refuses = first
    talking.says = {number: delivered(world, number) for number in rest}
    polled = poll_now(world)
    assert ([refusal.code for refusal in polled.refusals], len(polled.moved)) == (["carrier_refused"], 4)
    more = [labelled(world, str(number)) for number in range(5, 10)]
    talking.asked, talking.is_away = [], True
    polled = poll_now(world)
    assert [refusal.code for refusal in polled.refusals] == ["carrier_unreachable"] * 3
    assert talking.asked == [first, *more[:2]]


def test_any_number_of_parcels_takes_the_same_number_of_statements(world: World, talking: Talking) -> None:
    counts = []
    for orders in (["1"], ["2", "3", "4"]):
        talking.says = {number: delivered(world, number) for number in [labelled(world, order) for order in orders]}
        with captured_statements() as statements:
            assert len(poll_now(world).moved) == len(orders)
        assert not [sql for sql in statements if tables_without_client(sql, client_id=world.acme.pk)]
        counts.append(len(statements))
    assert counts == [16, 16]


def test_the_command_asks_for_one_client_or_all(
    world: World, talking: Talking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reship.cli.management.commands.track.now", world.later)
    number = labelled(world, "1042")
    talking.says = {number: delivered(world, number)}
    ended = reship("track", "--json")
    assert (ended.code, ended.json) == (
        0,
        [
            {
                "client": "ACME",
                "parcels": 1,
                "events": 2,
                "moved": [{"shipment": "1042-1", "status": "DELIVERED"}],
                "refusals": [],
            },
            {"client": "OTHER", "parcels": 0, "events": 0, "moved": [], "refusals": []},
        ],
    )
    assert reship("track", "--client", "ACME").out == "ACME: asked about 0 parcels; 0 things are new.\n"


class OneRound(threading.Event):
    """Is set as soon as somebody would wait."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return True


def test_a_worker_polls_beside_its_jobs(world: World, talking: Talking, monkeypatch: pytest.MonkeyPatch) -> None:
    number = labelled(world, "1042")
    talking.says = {number: delivered(world, number)}
    monkeypatch.setattr(polling, "now", world.later)
    monkeypatch.setattr("django.db.connections.close_all", lambda: None)
    polling.poll_until(OneRound())
    assert world.shipment("1042-1").shipment.status == "DELIVERED"


@pytest.mark.usefixtures("db")
def test_nothing_is_polled_where_there_is_nobody_to_ask(talking: Talking) -> None:
    with override_settings(TRACKING_POLL_MINUTES=0):
        assert polling.start_polling(threading.Event()) is None
    talking.can_track = False
    assert polling.start_polling(threading.Event()) is None
