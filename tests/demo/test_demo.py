"""The demo shows everything that the story needs, and its books are right."""

import functools
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import transaction
from django_scopes import scope, scopes_disabled

from reship.catalog.models import Product
from reship.clients.access import Actor
from reship.clients.demo_people import demo_people
from reship.clients.models import Client
from reship.clients.roles import Role
from reship.demo.load import GIFTS, HOBBY, load_demo
from reship.errors import Refusal
from reship.floor.models import PullTask, Question
from reship.fulfilment.reship import preview_reship
from reship.fulfilment.reship_plan import ReshipRequest
from reship.inventory.audit import audit
from reship.inventory.models import LedgerEntry
from reship.orders.models import Hold, Order, OrderEvent, OrderStatus, Reshipment, Shipment, ShipmentStatus
from tests.kept_rows import KeptRows

NOW = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(db: None) -> None:
    """The demo, as it was loaded once."""
    _rows_of_the_demo().put_down()


@functools.cache
def _rows_of_the_demo() -> KeptRows:
    with transaction.atomic():
        load_demo(NOW)
        rows = KeptRows.of_this_database()
        transaction.set_rollback(True)
    return rows


@pytest.mark.usefixtures("demo")
def test_the_demo_has_two_clients_orders_and_parcels_in_every_state_and_a_clean_audit() -> None:
    with scope(client=Client.objects.get(code=HOBBY).pk):
        assert Order.objects.count() == 8
    with scopes_disabled():
        assert set(Order.objects.values_list("status", flat=True)) == set(OrderStatus.values)
        assert set(Shipment.objects.values_list("status", flat=True)) == set(ShipmentStatus.values)
        assert {hold.kind for hold in Hold.objects.all()} == {"OPERATOR", "CLIENT", "ADDRESS", "PAYMENT", "FRAUD"}
        assert Reshipment.objects.filter(added_back=True).exists()
        assert Order.objects.filter(reshipments_made__gte=2).exists()
        assert Order.objects.filter(shipments_made=2).exists()
        assert Shipment.objects.filter(waits_for_stock=True).exists()
        assert {question.kind for question in Question.objects.all()} == {"CHANGE", "LATE_ARRIVAL"}
        assert PullTask.objects.filter(done_at__isnull=True).exists()
        assert not Product.objects.filter(client__code=GIFTS, barcode="").exists()
        assert not OrderEvent.objects.filter(at__gt=NOW).exists()
    assert audit() == []


@pytest.mark.usefixtures("demo")
def test_the_history_and_the_ledger_of_the_demo_run_forward_in_time() -> None:
    with scopes_disabled():
        events = OrderEvent.objects.order_by("order_id", "sequence").values_list("order_id", "at")
        entries = LedgerEntry.objects.order_by("level_id", "sequence").values_list("level_id", "at")
        assert (list(events), list(entries)) == (sorted(events), sorted(entries))


@pytest.mark.usefixtures("demo")
def test_most_parcels_of_the_demo_can_be_reshipped_and_some_lack_stock() -> None:
    client = Client.objects.get(code=GIFTS)
    manager = Actor.of(next(user for user in demo_people() if user.role == Role.MANAGER and user.client == client))
    with scope(client=client.pk):
        numbers = list(Order.objects.filter(status=OrderStatus.FULFILLED).values_list("number", flat=True))
    codes = [_refusal(number, client, manager) for number in numbers[::4]]
    assert codes.count("") > len(codes) // 2
    assert "not_enough_available" in codes


def test_the_demo_leaves_a_database_with_other_clients_alone() -> None:
    Client.objects.create(code="ACME", name="Acme")
    call_command("demo", setup_only=True, json=True)
    assert [client.code for client in Client.objects.all()] == ["ACME"]


def _refusal(number: str, client: Client, manager: Actor) -> str:
    try:
        preview_reship(ReshipRequest(number, reason="damaged"), client=client, actor=manager)
    except Refusal as refusal:
        return refusal.code
    return ""
