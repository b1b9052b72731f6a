"""Being invited: a link that works once."""

import datetime as dt

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client as Visitor

from reship.clients.invitations import invitation_path
from reship.clients.models import User
from tests.world import World

PASSWORD = "four unrelated words here"


@pytest.fixture
def dana(world: World) -> User:
    return world.user_of(world.dana)


def choose(address: str, password: str = PASSWORD, again: str | None = None) -> HttpResponse:
    given = {"password": password, "again": password if again is None else again}
    return Visitor().post(address, given)  # type: ignore[return-value] # The test's response is one.


def test_the_page_greets_whom_it_is_for(dana: User) -> None:
    page = Visitor().get(invitation_path(dana)).text
    assert "Welcome, Dana" in page
    assert "dana@acme.example" in page


def test_choosing_a_password_lets_one_in_now_and_later(dana: User) -> None:
    visitor = Visitor()
    assert visitor.post(invitation_path(dana), {"password": PASSWORD, "again": PASSWORD})["Location"] == "/orders/"
    assert visitor.get("/orders/").status_code == 200
    assert Visitor().post("/sign-in/", {"email": dana.email, "password": PASSWORD}).status_code == 302


def test_an_invitation_works_once(dana: User) -> None:
    address = invitation_path(dana)
    assert choose(address).status_code == 302
    again = choose(address, "another four words here")
    assert again.status_code == 404
    assert "no longer valid" in again.text
    dana.refresh_from_db()
    assert dana.check_password(PASSWORD)


def test_an_invitation_is_good_for_a_week(dana: User) -> None:
    with time_machine.travel(dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC), tick=False) as clock:
        address = invitation_path(dana)
        clock.shift(dt.timedelta(days=6, hours=23))
        assert Visitor().get(address).status_code == 200
        clock.shift(dt.timedelta(hours=2))
        assert Visitor().get(address).status_code == 404


def test_a_person_who_is_not_active_cannot_accept(dana: User) -> None:
    address = invitation_path(dana)
    dana.is_active = False
    dana.save()
    assert choose(address).status_code == 404


def test_one_persons_token_does_not_open_anothers_account(world: World, dana: User) -> None:
    token = invitation_path(world.user_of(world.mara)).split("/")[3]
    uid = invitation_path(dana).split("/")[2]
    assert choose(f"/invitations/{uid}/{token}/").status_code == 404


@pytest.mark.parametrize(
    ("password", "again", "message"),
    [
        ("short", "short", "This password is too short."),
        ("qwertyuiop123", "qwertyuiop123", "This password is too common."),
        ("dana@acme.example", "dana@acme.example", "too similar to the email"),
        (PASSWORD, "something else here", "The two passwords are not the same."),
        ("", "", "This field is required."),
        (f"with a NUL {PASSWORD}\x00", "", "Null characters are not allowed."),
    ],
)
def test_a_bad_choice_is_answered_at_the_field(dana: User, password: str, again: str, message: str) -> None:
    response = choose(invitation_path(dana), password, again)
    assert response.status_code == 422
    assert message in response.text
    dana.refresh_from_db()
    assert not dana.has_usable_password()


@pytest.mark.parametrize("uid", ["MQ", "x", "🙂", "MTA0", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "LTE", "4oCL"])
def test_a_made_up_invitation_is_over(world: World, uid: str) -> None:
    response = Visitor(raise_request_exception=False).get(f"/invitations/{uid}/abc-123/")
    assert response.status_code == 404
    assert "This invitation is over" in response.text
