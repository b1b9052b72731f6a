"""Who may see a page at all."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client as Visitor
from django.test import override_settings
from django.urls import URLPattern, URLResolver, get_resolver, include, path

import reship
from reship.clients.access import Actor
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.http_status import STATUS
from reship.web.access import A_KEY, EVERYBODY, declared_need, needs, zone_of
from tests.world import World

VisitAs = Callable[[Actor], Visitor]
PEOPLE = ("vic", "dana", "mara", "wren", "pim", "otto", "ada")


def every_route(patterns: list[URLPattern | URLResolver] | None = None) -> Iterator[URLPattern]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from every_route(pattern.url_patterns)
        else:
            yield pattern


def test_every_address_declares_who_may_see_it() -> None:
    undeclared = [str(route.pattern) for route in every_route() if declared_need(route.callback) is None]
    assert undeclared == []


def test_every_declared_need_is_a_right() -> None:
    needs_of_routes = {declared_need(route.callback) for route in every_route()}
    assert needs_of_routes - {EVERYBODY, A_KEY} <= set(Right)


def test_only_these_addresses_are_open_to_everybody() -> None:
    open_routes = {str(route.pattern) for route in every_route() if declared_need(route.callback) == EVERYBODY}
    assert open_routes == {
        "healthz",
        "hooks/<name:kind>/<name:public_id>/",
        "llms.txt",
        "sign-in/",
        "sign-in/code/",
        "sign-in/demo/",
        "invitations/<name:uid>/<name:token>/",
    }


def undeclared(request: HttpRequest) -> HttpResponse:
    return HttpResponse("secret")


@needs(Right.SETTINGS)
def for_admins(request: HttpRequest) -> HttpResponse:
    return HttpResponse("settings")


urlpatterns = [
    path("undeclared/", undeclared),
    path("settings/", for_admins),
    path("", include("reship.config.urls")),
]


@override_settings(ROOT_URLCONF=__name__)
def test_an_address_that_declares_nothing_is_denied_to_an_administrator(world: World, visit_as: VisitAs) -> None:
    response = visit_as(world.ada).get("/undeclared/")
    assert response.status_code == 403
    assert b"secret" not in response.content


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize("person", PEOPLE)
def test_a_right_lets_in_those_whose_role_has_it(world: World, visit_as: VisitAs, person: str) -> None:
    response = visit_as(getattr(world, person)).get("/settings/")
    assert response.status_code == (200 if person == "ada" else 403)


@pytest.mark.parametrize("is_htmx", [False, True])
def test_a_page_that_is_denied_says_which_right_is_missing(world: World, visit_as: VisitAs, is_htmx: bool) -> None:
    headers = {"HX-Request": "true"} if is_htmx else {}
    response = visit_as(world.dana).get("/stock/deliveries/new/", headers=headers)
    assert response.status_code == 403
    assert "Dana (agent) may not do the warehouse&#x27;s work; only the fulfilment company may." in response.text
    assert response.text.lower().lstrip().startswith("<!doctype") is not is_htmx


def test_nobody_is_sent_to_sign_in_and_back(db: None) -> None:
    response = Visitor().get("/orders/?q=1042")
    assert (response.status_code, response["Location"]) == (302, "/sign-in/?next=%2Forders%2F%3Fq%3D1042")


def test_a_part_of_a_page_leads_back_to_the_page(db: None) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/stock/?q=MUG"}
    response = Visitor().get("/stock/deliveries/new/", headers=headers)
    assert response["Location"] == "/sign-in/?next=%2Fstock%2F%3Fq%3DMUG"


def test_nobody_who_posts_is_not_sent_back_to_the_deed(db: None) -> None:
    assert Visitor().post("/stock/deliveries/")["Location"] == "/sign-in/"


def test_a_person_who_is_no_longer_active_is_out_from_the_next_request_on(world: World, visit_as: VisitAs) -> None:
    visitor = visit_as(world.dana)
    assert visitor.get("/orders/").status_code == 200
    dana = world.user_of(world.dana)
    dana.is_active = False
    dana.save()
    assert visitor.get("/orders/").status_code == 302


def test_another_clients_things_are_not_found_exactly_like_unknown_ones(world: World, visit_as: VisitAs) -> None:
    world.place("W-1", client=world.other, MUG=1)
    dana = visit_as(world.dana)
    pairs = [
        ("/orders/OTHER/W-1/", "/orders/NOBODY/W-1/"),
        ("/orders/ACME/W-1/", "/orders/ACME/nothing/"),
        ("/stock/OTHER/MUG/MAIN/", "/stock/NOBODY/MUG/MAIN/"),
        ("/stock/ACME/NOTHING/MAIN/", "/stock/ACME/MUG/NOWHERE/"),
    ]
    for foreign, unknown in pairs:
        answers = [dana.get(address) for address in (foreign, unknown)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content


def test_a_code_in_other_letters_is_another_code(world: World, visit_as: VisitAs) -> None:
    assert visit_as(world.dana).get("/stock/acme/MUG/MAIN/").status_code == 404
    assert visit_as(world.otto).get("/stock/acme/MUG/MAIN/").status_code == 404


def test_times_are_shown_in_the_zone_of_the_client(world: World, visit_as: VisitAs) -> None:
    world.place("1042", MUG=1)
    Client.objects.filter(pk=world.acme.pk).update(timezone="Asia/Tokyo")
    assert "2 Mar 2026, 18:04" in visit_as(world.dana).get("/orders/").text
    assert "2 Mar 2026, 09:04" in visit_as(world.otto).get("/orders/").text


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../../etc/passwd", "", "\x00"])
def test_a_zone_that_this_machine_does_not_know_is_shown_as_utc(zone: str) -> None:
    assert str(zone_of(Client(timezone=zone))) == "UTC"


def too_slow(**asked: object) -> None:
    raise OperationalError("canceling statement due to statement timeout") from psycopg.errors.QueryCanceled()


def test_what_takes_the_database_too_long_is_refused_in_words(
    world: World, visit_as: VisitAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reship.web.jobs.find_jobs", too_slow)
    response = visit_as(world.mara).get("/jobs/")
    assert (response.status_code, "Ask for less at once" in response.text) == (422, True)


def test_every_refusal_of_the_core_has_a_status() -> None:
    root = Path(reship.__file__).parent
    rooms = ["clients", "catalog", "orders", "inventory", "fulfilment", "jobs"]
    files = [file for room in rooms for file in (root / room).rglob("*.py")]
    files += [root / "imports/reship_list.py", *(root / "web").glob("*.py"), *root.glob("*.py")]
    files += [root / "database/keyset.py", root / "database/retry.py"]
    codes = {code for file in files for code in _codes_in(file)}
    assert "already_reshipped" in codes
    assert codes - set(STATUS) == set()


def _codes_in(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Call(func=ast.Name(id="Refusal"), args=[ast.Constant(value=str(code)), *_]):
                yield code
