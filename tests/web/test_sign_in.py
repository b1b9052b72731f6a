"""Coming in with a password, by one click in a demo, and going out."""

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client as Visitor
from django.test import override_settings

from reship.clients.access import Actor
from reship.clients.models import Session, User
from tests.world import World

VisitAs = Callable[[Actor], Visitor]
PASSWORD = "four unrelated words here"


@pytest.fixture
def dana(world: World) -> User:
    """Dana with a password."""
    user = world.user_of(world.dana)
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(
    email: str = "dana@acme.example", password: str = PASSWORD, *, visitor: Visitor | None = None, **more: str
) -> HttpResponse:
    given = {"email": email, "password": password, **more}
    return (visitor or Visitor()).post("/sign-in/", given)  # type: ignore[return-value] # The test's response is one.


def test_the_right_password_leads_to_manage_orders(dana: User) -> None:
    visitor = Visitor()
    assert sign_in(visitor=visitor)["Location"] == "/orders/"
    assert "Manage Orders" in visitor.get("/orders/").text


def test_an_e_mail_is_the_same_in_capital_letters(dana: User) -> None:
    assert sign_in("DANA@acme.Example").status_code == 302


def test_a_wrong_password_and_an_unknown_e_mail_read_the_same(dana: User) -> None:
    for response in (sign_in(password="wrong"), sign_in("nobody@acme.example")):
        assert response.status_code == 422
        assert "The e-mail or the password is wrong." in response.text
        assert PASSWORD not in response.text


def test_a_person_without_a_password_cannot_come_in(world: World) -> None:
    assert sign_in("mara@acme.example", "").status_code == 422


def test_a_person_who_is_not_active_cannot_come_in(dana: User) -> None:
    dana.is_active = False
    dana.save()
    assert sign_in().status_code == 422


def test_signing_in_writes_nothing_about_the_person(dana: User) -> None:
    before = User.objects.filter(pk=dana.pk).values().get()
    sign_in()
    assert User.objects.filter(pk=dana.pk).values().get() == before


@pytest.mark.parametrize(
    ("asked", "then"),
    [
        ("/stock/?q=MUG", "/stock/?q=MUG"),
        ("https://evil.example/", "/orders/"),
        ("//evil.example/", "/orders/"),
        ("/\\evil.example/", "/orders/"),
        ("javascript:alert(1)", "/orders/"),
        ("/orders/\r\nSet-Cookie: a=b", "/orders/%0D%0ASet-Cookie:%20a=b"),
        ("", "/orders/"),
    ],
)
def test_one_goes_on_within_the_portal_only(dana: User, asked: str, then: str) -> None:
    assert sign_in(next=asked)["Location"] == then


def test_whoever_is_in_is_led_on(world: World, visit_as: VisitAs) -> None:
    assert visit_as(world.dana).get("/sign-in/?next=/stock/")["Location"] == "/stock/"


def test_signing_out_ends_the_session(world: World, visit_as: VisitAs) -> None:
    visitor = visit_as(world.dana)
    assert visitor.post("/sign-out/")["Location"] == "/sign-in/"
    assert visitor.get("/orders/").status_code == 302
    assert Session.objects.count() == 0


def test_a_link_cannot_sign_anybody_out(world: World, visit_as: VisitAs) -> None:
    visitor = visit_as(world.dana)
    assert visitor.get("/sign-out/").status_code == 405
    assert visitor.get("/orders/").status_code == 200


@pytest.mark.parametrize("address", ["/sign-in/", "/sign-in/demo/", "/sign-out/", "/stock/deliveries/"])
def test_a_form_without_its_token_is_refused(world: World, address: str) -> None:
    visitor = Visitor(enforce_csrf_checks=True)
    visitor.force_login(world.user_of(world.otto))
    response = visitor.post(address)
    assert response.status_code == 403
    assert "This form is no longer valid" in response.text


def test_ten_failures_stop_even_the_right_password_for_fifteen_minutes(dana: User) -> None:
    with time_machine.travel(dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC), tick=False) as clock:
        assert [sign_in(password=f"guess {n}").status_code for n in range(10)] == [422] * 10
        stopped = sign_in()
        assert (stopped.status_code, stopped["Retry-After"]) == (429, "900")
        assert "Try again in 15 minutes" in stopped.text
        clock.shift(dt.timedelta(minutes=15, seconds=1))
        assert sign_in().status_code == 302


def test_failures_of_others_stop_nobody(dana: User) -> None:
    for n in range(11):
        sign_in("mara@acme.example", f"guess {n}")
    assert sign_in().status_code == 302


def test_success_is_no_failure(dana: User) -> None:
    for _ in range(12):
        assert sign_in().status_code == 302


def test_fifty_failures_from_many_places_stop_an_e_mail(dana: User) -> None:
    answers = [
        Visitor(REMOTE_ADDR=f"192.0.2.{n}").post("/sign-in/", {"email": dana.email, "password": "guess"}).status_code
        for n in range(51)
    ]
    assert answers == [422] * 50 + [429]


def test_failures_are_counted_for_all_processes(dana: User) -> None:
    sign_in(password="guess")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reship_cache")
        assert cursor.fetchone() == (2,)


@pytest.fixture
def demo(world: World) -> None:
    for actor in (world.dana, world.mara, world.pim, world.otto):
        user = world.user_of(actor)
        user.email = f"{user.name.lower()}@demo.example"
        user.save()


def test_a_demo_offers_its_people_and_nobody_else(demo: None) -> None:
    with override_settings(DEMO=True):
        page = Visitor().get("/sign-in/").text
    titles = ("Merchant agent", "Merchant manager", "Packer", "Operator")
    places = [page.index(f"<strong>{title}</strong>") for title in titles]
    assert places == sorted(places)
    assert "wren" not in page


def test_in_a_demo_one_click_signs_in(demo: None) -> None:
    visitor = Visitor()
    with override_settings(DEMO=True):
        assert visitor.post("/sign-in/demo/", {"email": "otto@demo.example"})["Location"] == "/orders/"
        assert "otto@demo.example" in visitor.get("/orders/").text


@pytest.mark.parametrize("email", ["wren@other.example", "", "nobody@demo.example"])
def test_a_demo_lets_nobody_in_who_is_not_of_it(demo: None, email: str) -> None:
    with override_settings(DEMO=True):
        assert Visitor().post("/sign-in/demo/", {"email": email}).status_code == 404


def test_an_installation_that_is_no_demo_has_no_such_door(demo: None) -> None:
    assert Visitor().post("/sign-in/demo/", {"email": "otto@demo.example"}).status_code == 404
    assert "demo" not in Visitor().get("/sign-in/").text
