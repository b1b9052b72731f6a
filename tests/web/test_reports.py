"""Reports → Reships: whose rows it shows to whom, what may stand in its address, and its files."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine
from django.test import Client as Visitor
from pytest_django import DjangoAssertNumQueries

from reship.clients.access import Actor
from tests.reports.test_reships import many_more
from tests.web.pages import Page
from tests.world import World, reship_request

VisitAs = Callable[[Actor], Visitor]
REPORT = "/reports/reships/"
FILE = "/reports/reships.csv"
MARCH = "made_from=2026-03-01&made_to=2026-03-31"


@pytest.fixture
def sent_again(world: World) -> World:
    """ACME sent 1001 again, which Pim had packed; the other client 2001, for another reason."""
    world.acme.reship_fee = Decimal("2.50")
    world.acme.save()
    world.place("1001", MUG=2)
    world.ship("1001-1")
    world.reship("1001", MUG=1)
    world.place("2001", client=world.other, MUG=1)
    world.ship("2001-1", client=world.other, actor=world.pim)
    world.send(reship_request("2001", reason="damaged"), client=world.other)
    return world


def rows_of(answer: object) -> list[list[str]]:
    return list(csv.reader(answer.content.decode().splitlines()))  # type: ignore[attr-defined] # Of any answer.


def test_a_client_sees_its_own_figures_and_no_packers(sent_again: World, visit_as: VisitAs) -> None:
    page = Page(visit_as(sent_again.mara).get(f"{REPORT}?{MARCH}"))
    assert "Acme · 1 Mar – 31 Mar 2026 · days of UTC" in page.text
    assert "Lost in transit" in page.one(id="reasons").text
    assert "Damaged" not in page.text
    assert "2.50 EUR" in page.one(id="reasons").text
    assert (page.all(id="packers"), page.all(id="clients"), "Pim" in page.text) == ([], [], False)


@pytest.mark.parametrize("person", ["vic", "dana", "pim"])
def test_what_it_costs_is_for_those_who_may_see_costs(sent_again: World, visit_as: VisitAs, person: str) -> None:
    visitor = visit_as(getattr(sent_again, person))
    page = visitor.get(f"{REPORT}?{MARCH}&client=ACME").text
    assert ("Lost in transit" in page, "EUR" in page, "Goods" in page) == (True, False, False)
    file = visitor.get(f"{REPORT[:-1]}.csv?{MARCH}&client=ACME&table=reasons").text
    assert file.splitlines()[0] == "reason,client,reshipments,units"


def test_the_company_sees_one_client_or_all_with_packers(sent_again: World, visit_as: VisitAs) -> None:
    otto = visit_as(sent_again.otto)
    everybody = Page(otto.get(f"{REPORT}?{MARCH}"))
    assert "All clients · 1 Mar – 31 Mar 2026 · days of UTC" in everybody.text
    assert "Pim" in everybody.one(id="packers").text
    assert "WREN & Co (OTHER)" in everybody.one(id="clients").text
    one = Page(otto.get(f"{REPORT}?{MARCH}&client=OTHER"))
    assert "Damaged" in one.one(id="reasons").text
    assert "Lost in transit" not in one.text
    assert one.all(id="clients") == []
    otto.post("/client/", {"client": "ACME"})
    assert "Acme · 1 Mar" in Page(otto.get(f"{REPORT}?{MARCH}")).text


def test_a_client_that_is_named_in_the_address_stays_its_own(sent_again: World, visit_as: VisitAs) -> None:
    answer = visit_as(sent_again.dana).get(f"{REPORT}?{MARCH}&client=OTHER")
    assert "Damaged" not in Page(answer).text
    assert (
        rows_of(visit_as(sent_again.dana).get(f"{FILE}?{MARCH}&client=OTHER&table=reasons"))[1][0] == "Lost in transit"
    )


def test_each_table_is_a_file_with_the_same_figures(sent_again: World, visit_as: VisitAs) -> None:
    mara = visit_as(sent_again.mara)
    page = Page(mara.get(f"{REPORT}?{MARCH}"))
    files = {link["href"] for link in page.all(download="") if ".csv" in link["href"]}
    assert len(files) == 5
    for address in files:
        answer = mara.get(address)
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert len(rows_of(answer)) > 1
    assert rows_of(mara.get(f"{FILE}?{MARCH}&table=faults")) == [
        ["fault", "client", "reshipments", "units", "goods_EUR", "label_EUR", "fee_EUR", "total_EUR"],
        ["Carrier", "", "1", "1", "0.00", "0.00", "2.50", "2.50"],
    ]
    over_time = rows_of(mara.get(f"{FILE}?{MARCH}&step=month"))
    assert over_time[1:] == [["2026-03-01", "2026-03-31", "1", "1", "0", "100.00"]]


def test_words_of_people_do_nothing_in_a_spreadsheet(sent_again: World, visit_as: VisitAs) -> None:
    sent_again.acme.reasons = [{"code": "evil", "label": "=cmd()", "fault": ""}]
    sent_again.acme.save()
    sent_again.send(reship_request("1001", {"MUG": 1}, source=None, reason="evil"))
    mara = visit_as(sent_again.mara)
    assert "'=cmd()" in [row[0] for row in rows_of(mara.get(f"{FILE}?{MARCH}&table=reasons"))]


@pytest.mark.parametrize("table", ["packers", "", "nonsense", "__class__", "x" * 5000])
def test_a_table_that_is_not_there_is_refused(sent_again: World, visit_as: VisitAs, table: str) -> None:
    answer = visit_as(sent_again.mara).get(f"{FILE}?{MARCH}&table={table}")
    assert (answer.status_code, Page(answer).refusal) == (422, "invalid_filter")


@pytest.mark.parametrize(
    "query",
    [
        "made_from=2026-02-30",
        "made_from=1000-01-01",
        "made_from=9999-12-31&made_to=9999-12-31",
        "made_from=2026-03-31&made_to=2026-03-01",
        "made_from=1900-01-01&made_to=2199-12-31",
        "made_from=2022-01-01&made_to=2026-12-31&step=day",
        "made_from=%00",
        "made_to=' OR 1=1 --",
        "step=hour",
        "period=for_ever",
        "client=NOBODY",
        "client=%00%F0%9F",
    ],
)
def test_what_cannot_be_asked_for_is_said_and_shows_nothing(sent_again: World, visit_as: VisitAs, query: str) -> None:
    otto = visit_as(sent_again.otto)
    page = otto.get(f"{REPORT}?{query}")
    assert page.status_code == 422
    assert "cannot be understood" in Page(page).text
    assert "Lost in transit" not in Page(page).text
    answer = otto.get(f"{FILE}?{query}")
    assert (answer.status_code, Page(answer).refusal) == (422, "invalid_filter")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "2 Mar – 31 Mar 2026"),
        ("period=7_days", "25 Mar – 31 Mar 2026"),
        ("period=90_days", "1 Jan – 31 Mar 2026"),
        ("period=this_month", "1 Mar – 31 Mar 2026"),
        ("period=last_month", "1 Feb – 28 Feb 2026"),
        ("period=12_months", "1 Apr 2025 – 31 Mar 2026"),
        ("made_from=2026-03-30", "30 Mar – 31 Mar 2026"),
        ("made_to=2026-01-30", "1 Jan – 30 Jan 2026"),
        ("made_from=2030-01-01", "1 Jan 2030"),
    ],
)
def test_presets_and_days_are_of_the_clients_zone(world: World, visit_as: VisitAs, query: str, said: str) -> None:
    """Two hours before midnight in UTC it is the next day in Kiritimati."""
    world.acme.timezone = "Pacific/Kiritimati"
    world.acme.save()
    dana = visit_as(world.dana)
    with time_machine.travel(datetime(2026, 3, 30, 22, tzinfo=UTC), tick=False):
        assert f"Acme · {said} · days of Pacific/Kiritimati" in Page(dana.get(f"{REPORT}?{query}")).text


@pytest.mark.parametrize("number", [1, 50])
def test_the_page_asks_the_database_the_same_for_any_number_of_rows(
    world: World, visit_as: VisitAs, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    world.place("1000", MUG=2)
    world.ship("1000-1")
    world.reship("1000", MUG=1)
    many_more(world, number - 1)
    dana, otto = visit_as(world.dana), visit_as(world.otto)
    dana.get(REPORT)
    with django_assert_num_queries(5):
        page = Page(dana.get(f"{REPORT}?{MARCH}"))
    assert f"Reshipments{number}" in "".join(page.text.split())
    with django_assert_num_queries(6):
        otto.get(f"{REPORT}?{MARCH}")
