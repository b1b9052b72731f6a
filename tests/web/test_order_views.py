"""Saved views and the counts of the tabs."""

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client as Visitor
from django.test.utils import CaptureQueriesContext

from reship.clients.access import Actor
from reship.orders.models import HoldKind
from reship.web import orders as order_pages
from reship.web import selections
from reship.web.models import SavedView
from tests.web.pages import Page
from tests.world import World

VisitAs = Callable[[Actor], Visitor]


def save(visitor: Visitor, name: str, query: str) -> HttpResponse:
    """As the window does it that Save view opens."""
    response = Page(visitor.get(f"/views/new/?{query}")).form("/views/").send(visitor, name=name)
    assert isinstance(response, HttpResponse)
    return response


def tabs(page: object) -> dict[str, str]:
    """The labels of the tabs, with what stands beside them; the current one has a star."""
    assert isinstance(page, HttpResponse)
    tab = r'class="rs-tab" href="[^"]*"( aria-current="page")?[^>]*>([^<]*)(?:<span class="rs-count">([^<]*))?'
    found = re.findall(tab, page.text)
    return {f"{label}{'*' if current else ''}": count for current, label, count in found}


def test_a_saved_view_is_a_tab_that_leads_to_its_filter(world: World, visit_as: VisitAs) -> None:
    dana = visit_as(world.dana)
    response = save(dana, "Jane, held", "q=jane&hold=any&sort=number&page=x&other=1")
    assert (response.status_code, response["Location"]) == (303, "/orders/?q=jane&hold=any&sort=number")
    page = dana.get(response["Location"])
    assert "Saved as “Jane, held”." in page.text
    assert list(tabs(page))[-1] == "Jane, held*"
    assert "All" in tabs(page)
    assert list(tabs(dana.get("/orders/")))[-1] == "Jane, held"


def test_views_are_each_persons_own(world: World, visit_as: VisitAs) -> None:
    save(visit_as(world.dana), "Held", "hold=any")
    for other in (world.mara, world.wren, world.otto):
        visitor = visit_as(other)
        assert "Held" not in tabs(visitor.get("/orders/"))
        assert visitor.post("/views/Held/name/", {"Held-name": "Mine"}).status_code == 404
        assert visitor.post("/views/Held/deletion/").status_code == 404
    assert SavedView.objects.get().name == "Held"


def test_views_are_renamed_and_deleted_and_keep_their_order(world: World, visit_as: VisitAs) -> None:
    dana = visit_as(world.dana)
    for name in ("One", "Two/3", "Three"):
        save(dana, name, f"q={name}")
    page = Page(dana.get("/views/"))
    page.form("/views/Two~2F3/name/").send(dana, **{"Two/3-name": " Twice "})
    page.form("/views/One/deletion/").send(dana)
    save(dana, "Four", "q=4")
    assert list(tabs(dana.get("/orders/")))[-3:] == ["Twice", "Three", "Four"]


def test_a_view_is_offered_to_be_saved_where_there_is_one(world: World, visit_as: VisitAs) -> None:
    dana = visit_as(world.dana)
    link = 'href="/views/new/?q=jane"'
    assert "/views/new/" not in dana.get("/orders/?sort=number").text
    assert link in dana.get("/orders/?q=jane").text
    save(dana, "Jane", "q=jane")
    assert link not in dana.get("/orders/?q=jane").text


@pytest.mark.parametrize(
    ("name", "query", "status", "message"),
    [
        ("", "hold=any", 422, "This field is required."),
        ("x" * 41, "hold=any", 422, "at most 40 characters"),
        ("a\x00b", "hold=any", 422, "Null characters are not allowed."),
        ("a\x1bb", "hold=any", 422, "U+001B"),
        ("HÉLD", "hold=any", 409, "You have a view “Held” already."),
        ("Nothing", "", 422, "There is no filter here"),
        ("Nothing", "page=3&other=4", 422, "There is no filter here"),
        ("Wrong", "status=LATE", 422, "There is no filter here"),
        ("Wrong", "q=%00", 422, "There is no filter here"),
        ("Wrong", f"q={'x' * 3_000}", 422, "There is no filter here"),
        ("Client", "client=OTHER", 422, "There is no filter here"),
    ],
)
def test_what_cannot_be_a_view_is_refused_in_words(
    world: World, visit_as: VisitAs, name: str, query: str, status: int, message: str
) -> None:
    dana = visit_as(world.dana)
    save(dana, "Held", "hold=any")
    response = dana.post("/views/", {"name": name, "query": query})
    assert response.status_code == status
    assert message in response.text
    assert SavedView.objects.count() == 1


def test_a_name_that_is_taken_is_refused_at_its_row(world: World, visit_as: VisitAs) -> None:
    dana = visit_as(world.dana)
    for name in ("One", "Two"):
        save(dana, name, f"q={name}")
    response = dana.post("/views/Two/name/", {"Two-name": "one"})
    assert response.status_code == 409
    assert Page(response).marked == {"Two-name": "You have a view “One” already."}


def test_a_person_has_at_most_twenty_views(world: World, visit_as: VisitAs) -> None:
    dana = visit_as(world.dana)
    for number in range(20):
        assert save(dana, f"View {number}", f"q={number}").status_code == 303
    response = save(dana, "One more", "q=x")
    assert response.status_code == 409
    assert "You have 20 saved views; delete one to save another." in response.text
    with CaptureQueriesContext(connection) as captured:
        dana.get("/orders/")
    assert len(captured) == 4


@pytest.fixture
def orders(world: World) -> World:
    for number in ("1", "2", "3"):
        world.place(number, MUG=1)
    world.hold("3", kind=HoldKind.FRAUD)
    world.place("1", client=world.other, MUG=1)
    return world


def test_counts_follow_the_page(orders: World, visit_as: VisitAs) -> None:
    dana = visit_as(orders.dana)
    save(dana, "Fraud", "hold=FRAUD")
    page = dana.get("/orders/?q=jane")
    assert tabs(page) == dict.fromkeys(
        ("All*", "Awaiting", "On hold", "Reshipping", "Fulfilled", "Cancelled", "Re-shipped", "Fraud"), ""
    )
    assert 'hx-get="/orders/counts/?q=jane"' in page.text
    with CaptureQueriesContext(connection) as captured:
        counted = dana.get("/orders/counts/?q=jane")
    assert tabs(counted) == {
        "All*": "3",
        "Awaiting": "2",
        "On hold": "1",
        "Reshipping": "0",
        "Fulfilled": "0",
        "Cancelled": "0",
        "Re-shipped": "0",
        "Fraud": "1",
    }
    assert "3 orders match" in counted.text
    assert len(captured) == 4  # Session, person, their saved views, all counts.


def test_counts_are_of_the_orders_that_a_person_sees(orders: World, visit_as: VisitAs) -> None:
    seen = {
        "dana": visit_as(orders.dana).get("/orders/counts/"),
        "wren": visit_as(orders.wren).get("/orders/counts/?client=ACME"),
        "otto": visit_as(orders.otto).get("/orders/counts/"),
        "otto, of OTHER": visit_as(orders.otto).get("/orders/counts/?client=OTHER"),
    }
    counted = {who: tabs(page)["All*"] for who, page in seen.items()}
    assert counted == {"dana": "3", "wren": "1", "otto": "4", "otto, of OTHER": "1"}


def test_counts_end_where_nobody_reads_them(orders: World, visit_as: VisitAs, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (order_pages, selections):
        monkeypatch.setattr(module, "MOST_COUNTED", 2)
    counted = visit_as(orders.dana).get("/orders/counts/")
    assert tabs(counted)["All*"] == "2+"
    assert "2+ orders match" in counted.text


def test_a_view_that_makes_no_sense_any_more_has_no_count_and_says_so(orders: World, visit_as: VisitAs) -> None:
    otto = visit_as(orders.otto)
    save(otto, "Theirs", "client=OTHER")
    SavedView.objects.update(query="client=GONE")
    assert tabs(otto.get("/orders/counts/"))["Theirs"] == ""
    assert otto.get("/orders/?client=GONE").status_code == 422


def test_a_filter_that_makes_no_sense_has_no_counts(orders: World, visit_as: VisitAs) -> None:
    counted = visit_as(orders.dana).get("/orders/counts/?status=LATE&q=%00")
    assert counted.status_code == 200
    assert "match" not in Page(counted).text
