"""The report says what the rows say: every figure is computed a second time here, row by row, and compared."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Model
from django_scopes import scope, scopes_disabled
from pytest_django import DjangoAssertNumQueries

from reship.catalog.models import Product
from reship.clients.models import Client
from reship.database.many import insert_many
from reship.floor.models import Label, LabelState
from reship.inventory.audit import audit
from reship.orders.models import Order, Reshipment, ReshipmentLine, Shipment, ShipmentLine, ShipmentStatus
from reship.reports.period import MOST_STEPS, Period, Span, Step
from reship.reports.reships import Cost, Group, ReshipReport, reship_report
from tests.world import NINE, World, refused, reship_request

UTC_ZONE = ZoneInfo("UTC")
MARCH = Period.of(date(2026, 3, 1), date(2026, 3, 31), UTC_ZONE)


@pytest.fixture
def busy(world: World) -> World:
    """Reshipments of every kind in March: edited, added back, cancelled, with and without labels, in two currencies."""
    for client, fee, currency in ((world.acme, "2.50", "EUR"), (world.other, "1.00", "USD")):
        client.reship_fee, client.currency = Decimal(fee), currency
        client.save()
        with scope(client=client.pk):
            for sku, cost in (("MUG", "3.3333"), ("CUP", "0.10"), ("TEE", "7.25")):
                Product.objects.filter(sku=sku).update(unit_cost=Decimal(cost))
    for number, until in (("1001", "LOST"), ("1002", "DELIVERED"), ("1003", "PACKED"), ("1004", "DEPARTED")):
        world.place(number, MUG=2, CUP=3)
        world.ship(f"{number}-1", until=ShipmentStatus(until))
    world.place("1005", TEE=1)
    world.place("2001", client=world.other, MUG=4)
    world.ship("2001-1", client=world.other, actor=world.pim)
    world.reship("1001", MUG=1)
    world.send(replace(reship_request("1002", {"CUP": 2}, reason="damaged"), fault="warehouse"))
    world.reship("1003", MUG=2, add_back=True)
    world.reship("1004", CUP=1, hold=True)
    world.edit("1004-R1", TEE=2)
    world.reship("1005")
    world.cancel("1005-R1")
    world.send(reship_request("2001", {"MUG": 3}, reason="wrong_item"), client=world.other)
    world.ship("1001-R1", until=ShipmentStatus.DEPARTED)
    world.reship("1001", source="1001-R1", MUG=1)
    _bought(world.acme, "1001-R1", "4.05", "EUR")
    _bought(world.acme, "1002-R1", "6.10", "USD")
    _bought(world.acme, "1003-R1", "9.99", "EUR", state=LabelState.VOIDED)
    return world


def _bought(client: Client, number: str, cost: str, currency: str, state: LabelState = LabelState.BOUGHT) -> None:
    with scope(client=client.pk):
        Label.objects.create(
            client=client,
            shipment=Shipment.objects.get(number=number),
            state=state,
            reference=number,
            carrier="Post",
            cost=Decimal(cost),
            currency=currency,
            asked_by="Pim",
            asked_at=NINE,
        )


def by_hand(clients: Sequence[Client], period: Period, name_of: Callable[[Reshipment], str]) -> tuple[Group, ...]:
    """The groups, from the rows one by one."""
    groups: dict[str, Group] = {}
    costs: dict[str, defaultdict[str, list[Decimal]]] = {}
    for made in _counted(clients, period):
        name, own = name_of(made), made.client.currency
        cost = costs.setdefault(name, defaultdict(lambda: [Decimal(0)] * 3))
        lines = list(ShipmentLine.objects.filter(client=made.client, shipment=made.shipment))
        for line in lines:
            cost[own][0] += line.quantity * line.product.unit_cost
        for back in ReshipmentLine.objects.filter(client=made.client, reshipment=made):
            cost[own][0] -= back.added_back * back.source_line.product.unit_cost
        for label in Label.objects.filter(client=made.client, shipment=made.shipment, state="BOUGHT"):
            cost[label.currency][1] += label.cost
        cost[own][2] += made.fee
        before = groups.get(name, Group(name, 0, 0, ()))
        units = before.units + sum(line.quantity for line in lines)
        groups[name] = replace(before, reshipments=before.reshipments + 1, units=units)
    told = [
        replace(group, costs=tuple(Cost(each, *sums) for each, sums in sorted(costs[group.name].items())))
        for group in groups.values()
    ]
    return tuple(sorted(told, key=lambda group: (-group.reshipments, -group.units, group.name)))


def _counted(clients: Sequence[Client], period: Period) -> list[Reshipment]:
    return [
        made
        for made in Reshipment.objects.filter(client__in=clients)
        if made.cancelled_at is None and period.first <= made.made_at.astimezone(period.zone).date() <= period.last
    ]


@pytest.mark.parametrize("names", [["acme"], ["other"], ["acme", "other"]])
def test_the_figures_are_those_of_the_rows(busy: World, names: list[str]) -> None:
    clients = [getattr(busy, name) for name in names]
    report = reship_report(clients, MARCH, names_packers=True)
    with scopes_disabled():
        assert (report.all,) == by_hand(clients, MARCH, lambda _: "All")
        assert report.reasons == by_hand(clients, MARCH, lambda made: made.reason_label)
        assert report.faults == by_hand(clients, MARCH, lambda made: made.fault.title())
        assert report.carriers == by_hand(clients, MARCH, lambda made: made.source.carrier or "No carrier named")
        assert report.packers == by_hand(clients, MARCH, lambda made: made.source.picked_by)
        assert report.clients == by_hand(clients, MARCH, lambda made: f"{made.client.name} ({made.client.code})")
        placed = Order.objects.filter(client__in=clients).count()
    assert (report.orders, report.cancelled) == (placed, 1 if busy.acme in clients else 0)
    assert sum(step.reshipments for step in report.steps) == report.all.reshipments
    assert audit() == []


def test_the_report_of_one_client_in_figures(busy: World) -> None:
    """The same once more in plain numbers, so that both computations cannot be wrong in the same way."""
    report = reship_report([busy.acme], MARCH)
    assert (report.all.reshipments, report.orders, report.rate, report.cancelled) == (5, 5, Decimal(100), 1)
    # Sent: 1 + 1 MUG, 2 CUP, 2 TEE, and 2 MUG that came back from 1003-1, which never left.
    goods = 2 * Decimal("3.3333") + 2 * Decimal("0.10") + 2 * Decimal("7.25")
    assert report.all.costs == (
        Cost("EUR", goods, Decimal("4.05"), 5 * Decimal("2.50")),
        Cost("USD", Decimal(0), Decimal("6.10"), Decimal(0)),
    )
    assert [(group.name, group.reshipments, group.units) for group in report.skus] == [
        ("MUG", 3, 4),
        ("CUP", 1, 2),
        ("TEE", 1, 2),
    ]
    assert [group.costs for group in report.skus[:1]] == [(Cost("EUR", Decimal("6.6666"), Decimal(0), Decimal(0)),)]
    assert [group.name for group in report.reasons] == ["Lost in transit", "Damaged"]
    assert [group.name for group in report.faults] == ["Carrier", "Warehouse"]
    assert report.packers is None


def test_a_day_is_a_day_of_the_zone(world: World) -> None:
    world.now = datetime(2026, 3, 9, 22, 58, tzinfo=UTC)
    world.place("1001", MUG=1)
    world.place("1002", MUG=1)
    berlin = ZoneInfo("Europe/Berlin")
    tenth = Period.of(date(2026, 3, 10), date(2026, 3, 10), berlin)
    world.now = datetime(2026, 3, 9, 22, 58, 30, tzinfo=UTC)
    world.reship("1001")
    world.reship("1002")
    assert reship_report([world.acme], tenth).all.reshipments == 1
    assert reship_report([world.acme], replace(tenth, zone=UTC_ZONE)).all.reshipments == 0
    # The night of the change to summer time has 23 hours.
    march = Period.of(date(2026, 3, 1), date(2026, 3, 31), berlin)
    steps = reship_report([world.acme], march).steps
    assert [(step.span.first.day, step.reshipments) for step in steps if step.reshipments] == [(9, 1), (10, 1)]
    assert march.ends_before.astimezone(UTC) - march.begins_at.astimezone(UTC) == timedelta(days=31, hours=-1)
    assert len(steps) == 31


def test_a_period_is_cut_into_days_weeks_and_months() -> None:
    period = Period.of(date(2026, 2, 26), date(2026, 3, 10), UTC_ZONE)
    assert [span.first.day for span in period.cut(Step.DAY)] == [26, 27, 28, *range(1, 11)]
    assert period.cut(Step.WEEK) == (
        Span(date(2026, 2, 26), date(2026, 3, 1)),
        Span(date(2026, 3, 2), date(2026, 3, 8)),
        Span(date(2026, 3, 9), date(2026, 3, 10)),
    )
    assert period.cut(Step.MONTH) == (
        Span(date(2026, 2, 26), date(2026, 2, 28)),
        Span(date(2026, 3, 1), date(2026, 3, 10)),
    )


def test_a_period_that_cannot_be_is_refused() -> None:
    with refused("invalid_period", first="2026-03-02", last="2026-03-01"):
        Period.of(date(2026, 3, 2), date(2026, 3, 1), UTC_ZONE)
    with refused("invalid_period", days=109573, most=1830):
        Period.of(date(1900, 1, 1), date(2199, 12, 31), UTC_ZONE)
    with refused("invalid_period", steps=730, most=MOST_STEPS):
        Period.of(date(2024, 1, 1), date(2025, 12, 30), UTC_ZONE).cut(Step.DAY)


def test_nothing_happened_and_nobody_is_there(world: World) -> None:
    for clients in ([world.acme], []):
        report = reship_report(clients, MARCH, names_packers=True)
        assert (report.all, report.rate, report.reasons, report.packers) == (Group("All", 0, 0, ()), None, (), ())
        assert len(report.steps) == 31


@pytest.mark.parametrize("number", [1, 50])
def test_the_report_takes_three_statements_however_much_there_is(
    world: World, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    world.place("1000", MUG=2)
    world.ship("1000-1")
    world.reship("1000", MUG=1)
    many_more(world, number - 1)
    with django_assert_num_queries(3):
        report: ReshipReport = reship_report([world.acme], MARCH, names_packers=True)
    assert (report.all.reshipments, report.all.units) == (number, number)


def many_more(world: World, number: int) -> None:
    """Copies of the one reshipment, with their shipments and lines, written at once."""
    with scope(client=world.acme.pk):
        made = Reshipment.objects.get()
        shipments = [_copy(made.shipment, number=f"1000-R{n + 2}") for n in range(number)]
        insert_many(world.acme.pk, shipments)
        (line,) = ShipmentLine.objects.filter(shipment=made.shipment)
        insert_many(world.acme.pk, [_copy(line, shipment=shipment) for shipment in shipments])
        insert_many(world.acme.pk, [_copy(made, shipment=shipment, reason=f"why {shipment}") for shipment in shipments])


def _copy(row: Model, **changes: object) -> Model:
    kept = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    copy = type(row)(**{**kept, "id": None})
    for name, value in changes.items():
        setattr(copy, name, value)
    return copy
