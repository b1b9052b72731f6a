"""Manage Orders."""

import datetime as dt
import re
from collections.abc import Callable
from html import unescape
from typing import Protocol

import pytest
from django.db import connection
from django.test import Client as Visitor
from django.test.utils import CaptureQueriesContext

from reship.clients.access import Actor
from reship.fulfilment.place_order import NewLine, NewOrder
from reship.orders.models import HoldKind, ShipmentStatus
from tests.world import NINE, World

VisitAs = Callable[[Actor], Visitor]
ALL = ["1048", "1047", "1046", "1045", "1044", "1043", "1042"]


class Answer(Protocol):
    """What a visitor gets."""

    @property
    def text(self) -> str: ...


def numbers(response: Answer) -> list[str]:
    """The order numbers of the list, as it is sorted."""
    return re.findall(r"data-open>([^<]*)</a>", response.text)


@pytest.fixture
def orders(world: World) -> World:
    """Seven orders of ACME, one a day, each in another state; and one of OTHER with the same number as one of them."""
    for day, number in enumerate(reversed(ALL)):
        world.now = NINE + dt.timedelta(days=day)
        world.place(number, MUG=2)
    world.ship("1043-1", until=ShipmentStatus.PICKING)
    world.ship("1044-1", until=ShipmentStatus.DELIVERED, tracking_number="1Z-44")
    world.ship("1045-1", until=ShipmentStatus.LOST)
    world.reship("1045", MUG=1)
    world.ship("1046-1", until=ShipmentStatus.LOST)
    world.reship("1046", hold=True, MUG=1)
    world.hold("1047", kind=HoldKind.ADDRESS)
    world.cancel("1048-1")
    world.place("1042", client=world.other, MUG=1)
    return world


def test_the_newest_order_comes_first(orders: World, visit_as: VisitAs) -> None:
    assert numbers(visit_as(orders.dana).get("/orders/")) == ALL


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=AWAITING", ["1043", "1042"]),
        ("status=ON_HOLD", ["1047", "1046"]),
        ("status=FULFILLED", ["1044"]),
        ("status=RESHIPPING", ["1045"]),
        ("status=CANCELLED", ["1048"]),
        ("hold=any", ["1047", "1046"]),
        ("hold=ADDRESS", ["1047"]),
        ("hold=OPERATOR", ["1046"]),
        ("hold=FRAUD", []),
        ("reshipped=yes", ["1046", "1045"]),
        ("reshipped=no", ["1048", "1047", "1044", "1043", "1042"]),
        ("placed_from=2026-03-07", ["1048", "1047"]),
        ("placed_to=2026-03-03", ["1043", "1042"]),
        ("placed_from=2026-03-03&placed_to=2026-03-04", ["1044", "1043"]),
        ("placed_from=2026-03-04&placed_to=2026-03-03", []),
        ("status=ON_HOLD&reshipped=yes&hold=OPERATOR", ["1046"]),
        ("sort=placed", ALL[::-1]),
        ("sort=number", ALL[::-1]),
        ("sort=-number", ALL),
        ("client=OTHER", ALL),
    ],
)
def test_filters_and_sorting(orders: World, visit_as: VisitAs, query: str, found: list[str]) -> None:
    assert numbers(visit_as(orders.dana).get(f"/orders/?{query}")) == found


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("1044", ["1044"]),
        ("104", ALL),
        (" 1044 ", ["1044"]),
        ("1046-R1", ["1046"]),
        ("1046-r1", ["1046"]),
        ("1Z-44", ["1044"]),
        ("1z-44", ["1044"]),
        ("MUG", ALL),
        ("mug", ALL),
        ("MU", []),
        ("jane@example.com", ALL),
        ("JANE DOE", ALL),
        ("ane d", ALL),
        ("doe jane", ALL),
        ("jane smith", []),
        ("jäne", ALL),
        ("ja", ALL),
        ("j d", ALL),
        ("an", []),
        ("e@e", ALL),
        ("1046-", []),
        ("104%", []),
        ("044", []),
        ("%", []),
        ("_", []),
        ("ja_e", []),
        ("jan%", []),
        ("jane %", ALL),
        ('"jane"', []),
        ("jane AND doe", []),
        ("jane*", []),
        ("text:jane", []),
        ("\\", []),
        ("🙂", []),
        ("x" * 200, []),
        ("' OR 1=1 --", []),
    ],
)
def test_search(orders: World, visit_as: VisitAs, search: str, found: list[str]) -> None:
    assert numbers(visit_as(orders.dana).get("/orders/", {"q": search})) == found


def place_for(world: World, name: str, email: str = "") -> None:
    new = NewOrder(
        lines=(NewLine("MUG", 1),), customer_name=name, customer_email=email, placed_at=NINE, warehouse="MAIN"
    )
    world.place_order(new)


@pytest.mark.parametrize("search", ["Åkesson", "åkesson", "ÅKESSON", "A\u030akesson", "kesson"])
def test_a_name_is_found_whatever_its_letters_are_made_of(world: World, visit_as: VisitAs, search: str) -> None:
    place_for(world, "Jonas Åkesson")
    assert len(numbers(visit_as(world.dana).get("/orders/", {"q": search}))) == 1


def test_a_swapped_in_sku_is_found_too(world: World, visit_as: VisitAs) -> None:
    world.place("1042", MUG=1)
    world.edit("1042-1", CUP=1)
    assert numbers(visit_as(world.dana).get("/orders/?q=CUP")) == ["1042"]


def test_a_cancelled_reshipment_does_not_count(world: World, visit_as: VisitAs) -> None:
    world.place("1042", MUG=1)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042", MUG=1)
    world.cancel("1042-R1")
    assert numbers(visit_as(world.dana).get("/orders/?reshipped=yes")) == []


def test_each_sees_their_own_orders(orders: World, visit_as: VisitAs) -> None:
    wren = visit_as(orders.wren)
    for address in ("/orders/", "/orders/?q=1042", "/orders/?client=ACME", "/orders/?q=MUG&client=ACME"):
        assert numbers(wren.get(address)) == ["1042"]
        assert "Jane" in wren.get(address).text
    assert numbers(wren.get("/orders/?q=1Z-44")) == []
    assert "Acme" not in wren.get("/orders/").text


def test_the_companys_people_see_all_clients_or_one(orders: World, visit_as: VisitAs) -> None:
    for person in (orders.otto, orders.pim, orders.ada):
        visitor = visit_as(person)
        assert sorted(numbers(visitor.get("/orders/"))) == sorted([*ALL, "1042"])
        assert numbers(visitor.get("/orders/?client=OTHER")) == ["1042"]
        assert numbers(visitor.get("/orders/?q=1042")) == ["1042", "1042"]
        assert numbers(visitor.get("/orders/?client=ACME&reshipped=yes")) == ["1046", "1045"]
        assert numbers(visitor.get("/orders/?hold=any")) == ["1047", "1046"]


def test_only_those_who_may_reship_get_its_shortcut(orders: World, visit_as: VisitAs) -> None:
    shortcut = '/orders/ACME/1045/reshipments/new/"'
    seen = {
        name: shortcut in visit_as(getattr(orders, name)).get("/orders/").text
        for name in ("vic", "dana", "pim", "otto")
    }
    assert seen == {"vic": False, "dana": True, "pim": False, "otto": True}


def test_a_row_shows_where_the_order_stands(orders: World, visit_as: VisitAs) -> None:
    page = visit_as(orders.dana).get("/orders/?q=1046").text
    for shown in ("1046-R1", "On hold", "Operator Hold", "Re-shipped", "Jane Doe", "jane@example.com"):
        assert shown in page


def test_a_tab_keeps_the_search_and_marks_itself(orders: World, visit_as: VisitAs) -> None:
    page = visit_as(orders.dana).get("/orders/?q=jane&status=ON_HOLD&hold=ADDRESS").text
    tabs = dict(re.findall(r'class="rs-tab" href="([^"]*)"( aria-current="page")?', page))
    assert [unescape(address) for address, current in tabs.items() if current] == [
        "/orders/?q=jane&status=ON_HOLD&hold=ADDRESS"
    ]
    assert "/orders/?q=jane&reshipped=yes" not in page
    assert "/orders/?q=jane&amp;hold=ADDRESS&amp;reshipped=yes" in page


def test_htmx_gets_the_list_alone_and_a_clean_address(orders: World, visit_as: VisitAs) -> None:
    headers = {"HX-Request": "true"}
    response = visit_as(orders.dana).get("/orders/?q=1044&status=&hold=&sort=", headers=headers)
    assert response["HX-Push-Url"] == "/orders/?q=1044"
    assert response.text.startswith('<div id="manage-orders">')
    assert numbers(response) == ["1044"]


def test_the_page_holds_the_same_list_as_the_fragment(orders: World, visit_as: VisitAs) -> None:
    dana = visit_as(orders.dana)
    fragment = dana.get("/orders/?q=104", headers={"HX-Request": "true"}).text
    assert fragment.strip() in dana.get("/orders/?q=104").text


def many(world: World, count: int) -> None:
    for number in range(count):
        # In threes at the same instant, so that the id has to tell them apart.
        world.now = NINE + dt.timedelta(hours=number // 3)
        world.place(f"{2000 + number}", MUG=1)


@pytest.mark.parametrize("sort", ["", "placed", "number", "-number"])
def test_pages_hold_every_order_once_and_lead_back(world: World, visit_as: VisitAs, sort: str) -> None:
    world.receive(MUG=100)
    many(world, 120)
    dana = visit_as(world.dana)
    pages = [dana.get(f"/orders/?sort={sort}")]
    while following := re.search(r'href="([^"]*)" rel="next"', pages[-1].text):
        pages.append(dana.get(unescape(following[1])))
    assert [len(numbers(page)) for page in pages] == [50, 50, 20]
    assert len({number for page in pages for number in numbers(page)}) == 120
    back = re.search(r'href="([^"]*)" rel="prev"', pages[2].text)
    assert back is not None
    assert numbers(dana.get(unescape(back[1]))) == numbers(pages[1])
    first = re.search(r'href="([^"]*)" rel="prev"', pages[1].text)
    assert first is not None
    assert numbers(dana.get(unescape(first[1]))) == numbers(pages[0])
    assert 'rel="prev"' not in dana.get(unescape(first[1])).text


def test_a_page_keeps_the_filters(world: World, visit_as: VisitAs) -> None:
    many(world, 60)
    page = visit_as(world.dana).get("/orders/?q=MUG&status=AWAITING").text
    following = re.search(r'href="([^"]*)" rel="next"', page)
    assert following is not None
    assert unescape(following[1]).startswith("/orders/?q=MUG&status=AWAITING&page=")


@pytest.mark.parametrize("count", [1, 50])
@pytest.mark.parametrize(
    ("person", "query", "statements"),
    [
        ("dana", "", 4),  # Session, person, their saved views, list.
        ("dana", "?status=ON_HOLD&reshipped=no", 4),
        ("dana", "?q=MUG&hold=any&reshipped=no", 5),  # And what an index finds.
        ("dana", "?q=2000-1&sort=number", 5),
        ("otto", "", 5),  # And the clients, to choose from.
        ("otto", "?q=MUG&hold=any&reshipped=no", 6),
    ],
)
def test_the_number_of_statements_is_the_same_for_any_number_of_orders(
    world: World, visit_as: VisitAs, person: str, query: str, statements: int, count: int
) -> None:
    many(world, count)
    for number in range(count):
        world.hold(f"{2000 + number}")
    visitor = visit_as(getattr(world, person))
    with CaptureQueriesContext(connection) as captured:
        assert numbers(visitor.get(f"/orders/{query}"))
    assert len(captured) == statements


def test_every_statement_about_a_client_names_it(orders: World, visit_as: VisitAs) -> None:
    dana = visit_as(orders.dana)
    address = "/orders/?q=1046&hold=any&reshipped=yes&status=ON_HOLD&placed_from=2026-01-01"
    with CaptureQueriesContext(connection) as captured:
        assert numbers(dana.get(address)) == ["1046"]
    own = re.compile(rf'"client_id" (?:= {orders.acme.pk}\b|IN \({orders.acme.pk}\))')
    for query in captured.captured_queries:
        blocks = re.findall(r'FROM "(?:orders|inventory|catalog)_(?!customertext_trigrams)', query["sql"])
        assert len(own.findall(query["sql"])) >= len(blocks), query["sql"]


def test_html_in_names_is_shown_as_text(world: World, visit_as: VisitAs) -> None:
    place_for(world, '<img src=x onerror="alert(1)">', "<script>@example.com")
    page = visit_as(world.dana).get("/orders/?q=<img").text
    assert "<img src=x" not in page
    assert "<script>@" not in page
    assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;" in page


def test_a_search_that_finds_nothing_says_what_was_looked_for(orders: World, visit_as: VisitAs) -> None:
    page = visit_as(orders.dana).get("/orders/", {"q": "<b>nothing</b>"}).text
    assert "No order matches" in page
    assert "&lt;b&gt;nothing&lt;/b&gt;" in page
    assert "and fits the other filters" not in page


def test_a_search_that_only_a_filter_empties_does_not_say_that_nothing_has_it(orders: World, visit_as: VisitAs) -> None:
    page = visit_as(orders.dana).get("/orders/", {"q": "nothing", "status": "CANCELLED"}).text
    assert "and fits the other filters." in page


def test_a_client_without_orders_is_told_so(world: World, visit_as: VisitAs) -> None:
    assert "No orders yet" in visit_as(world.dana).get("/orders/").text


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("status=LATE", "LATE is not one of the available choices"),
        ("placed_from=yesterday", "Enter a valid date."),
        ("placed_to=2026-02-30", "Enter a valid date."),
        ("placed_from=0001-01-01", "greater than or equal to"),
        ("placed_to=9999-12-31", "less than or equal to"),
        ("sort=total", "Sorting: Select a valid choice."),
        ("hold=NONE", "NONE is not one of the available choices"),
        ("q=%00", "Null characters are not allowed."),
        ("q=%1B", "U+001B"),
        (f"q={'x' * 201}", "201 characters long; at most 200"),
    ],
)
def test_a_filter_that_makes_no_sense_is_answered_at_the_field(
    orders: World, visit_as: VisitAs, query: str, message: str
) -> None:
    response = visit_as(orders.dana).get(f"/orders/?{query}")
    assert response.status_code == 422
    assert message in response.text
    assert numbers(response) == []
