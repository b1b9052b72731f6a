"""A person's own account: password, second step, and where they are signed in."""

import re
from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
import time_machine
import zxingcpp
from django.db import connection
from django.http import HttpResponse
from django.test import Client as Visitor
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from PIL import Image, ImageDraw

from reship.clients.access import Actor
from reship.clients.account_log import find_events, wording
from reship.clients.invitations import invitation_path
from reship.clients.models import Session, User
from reship.web.account import device_in_words
from tests.web.pages import Page
from tests.world import NINE, World

VisitAs = Callable[[Actor], Visitor]
PASSWORD = "four unrelated words here"
ANOTHER = "another four words here"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
HALF_MINUTE = timedelta(seconds=30)


@pytest.fixture
def dana(world: World) -> User:
    """Dana with a password."""
    user = world.user_of(world.dana)
    user.set_password(PASSWORD)
    user.save()
    return user


def browser(password: str = PASSWORD, *, email: str = "dana@acme.example", agent: str = FIREFOX) -> Visitor:
    """A browser in which somebody typed e-mail and password."""
    visitor = Visitor(headers={"user-agent": agent}, raise_request_exception=False)
    visitor.post("/sign-in/", {"email": email, "password": password})
    return visitor


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/orders/").status_code == 200


def told(user: User) -> list[str]:
    return [wording(event) for event in find_events(client_ids=None, person=user, limit=20).rows]


def set_up(visitor: Visitor) -> tuple[pyotp.TOTP, list[str]]:
    """Turns two-step sign-in on; the phone, and the recovery codes that the page shows."""
    visitor.post("/account/two-step/")
    secret = re.findall(r'<code class="rs-code">([A-Z2-7 ]+)</code>', visitor.get("/account/").text)[0]
    phone = pyotp.TOTP(secret.replace(" ", ""))
    page = visitor.post("/account/two-step/confirmation/", {"code": phone.at(NINE)}).text
    return phone, re.findall(r"<code>([A-Z2-7-]{19})</code>", page)


def test_signing_in_gives_the_session_another_key_and_remembers_where(dana: User) -> None:
    visitor = Visitor(headers={"user-agent": FIREFOX})
    session = visitor.session
    session["planted"] = True
    session.save()
    visitor.cookies["sessionid"] = planted = session.session_key or ""
    visitor.post("/sign-in/", {"email": dana.email, "password": PASSWORD})
    kept = Session.objects.get()
    assert kept.session_key != planted
    assert (kept.user_id, kept.device, kept.address) == (dana.pk, FIREFOX, "127.0.0.1")


def test_a_second_step_ends_sessions_that_had_none(dana: User) -> None:
    with time_machine.travel(NINE, tick=False):
        here, elsewhere = browser(), browser()
        set_up(here)
        assert (is_in(here), is_in(elsewhere)) == (True, False)


def test_a_changed_password_ends_all_other_sessions(dana: User) -> None:
    here, elsewhere = browser(), browser()
    key = here.cookies["sessionid"].value
    given = {"current": PASSWORD, "password": ANOTHER, "again": ANOTHER}
    assert here.post("/account/password/", given).status_code == 303
    assert (is_in(here), is_in(elsewhere), is_in(browser()), is_in(browser(ANOTHER))) == (True, False, False, True)
    assert here.cookies["sessionid"].value != key
    assert told(dana) == ["changed their password"]


@pytest.mark.parametrize(
    ("current", "new", "again", "field"),
    [
        ("wrong", ANOTHER, ANOTHER, "current"),
        ("", ANOTHER, ANOTHER, "current"),
        (PASSWORD, "short", "short", "password"),
        (PASSWORD, ANOTHER, "something else", "again"),
    ],
)
def test_a_password_that_cannot_be_changed_says_why(dana: User, current: str, new: str, again: str, field: str) -> None:
    answer = browser().post("/account/password/", {"current": current, "password": new, "again": again})
    assert (answer.status_code, list(Page(answer).marked)) == (422, [field])
    assert is_in(browser())


def test_guessing_the_password_of_an_open_session_is_stopped(dana: User) -> None:
    visitor = browser()
    for _ in range(10):
        given = {"current": "guess", "password": ANOTHER, "again": ANOTHER}
        assert visitor.post("/account/password/", given).status_code == 422
    assert visitor.post("/account/password/", given | {"current": PASSWORD}).status_code == 429


def test_sessions_are_listed_and_ended_one_or_all(dana: User) -> None:
    here, phone, other = browser(), browser(agent="Mozilla/5.0 (iPhone) CriOS/140"), browser(agent="curl/8")
    page = here.get("/account/")
    rows = page.text.partition('id="sessions"')[2]
    assert [name in rows for name in ("Firefox on Linux", "This one", "Chrome on iPhone", "curl/8")] == [True] * 4
    assert here.cookies["sessionid"].value not in page.text
    (name,) = [button["value"] for button in Page(page).all(aria_label="Sign out on Chrome on iPhone")]
    assert here.post("/account/sessions/ended/", {"session": name}).status_code == 303
    assert (is_in(here), is_in(phone), is_in(other)) == (True, False, True)
    here.post("/account/sessions/ended/", {"session": "others"})
    assert (is_in(here), is_in(other)) == (True, False)
    assert told(dana) == ["signed out elsewhere (sessions ended: 1)"] * 2


def test_another_persons_session_is_not_found(world: World, dana: User, visit_as: VisitAs) -> None:
    dana_there, mara = browser(), visit_as(world.mara)
    (name,) = [
        button["value"]
        for button in Page(browser().get("/account/")).all(name="session")
        if button["value"] != "others"
    ]
    assert mara.post("/account/sessions/ended/", {"session": name}).status_code == 404
    assert is_in(dana_there)


def test_last_seen_is_written_every_ten_minutes_only(dana: User) -> None:
    with time_machine.travel(NINE, tick=False) as clock:
        visitor = browser()
        visitor.get("/stock/")
        writes = []
        for minutes in (9, 2, 1):
            clock.shift(timedelta(minutes=minutes))
            with CaptureQueriesContext(connection) as captured:
                visitor.get("/stock/")
            writes.append(sum("UPDATE" in query["sql"] for query in captured.captured_queries))
        assert (writes, Session.objects.get().seen_at) == ([0, 1, 0], NINE + timedelta(minutes=11))


def test_the_second_step_is_asked_for_once_it_is_on(dana: User) -> None:
    with time_machine.travel(NINE, tick=False) as clock:
        phone, codes = set_up(browser())
        assert len(codes) == 10
        clock.shift(HALF_MINUTE)
        visitor = Visitor()
        answer = visitor.post("/sign-in/", {"email": dana.email, "password": PASSWORD, "next": "/stock/?q=MUG"})
        assert (answer["Location"], is_in(visitor)) == ("/sign-in/code/", False)
        code = phone.at(NINE + HALF_MINUTE)
        assert visitor.post("/sign-in/code/", {"code": code})["Location"] == "/stock/?q=MUG"
        assert is_in(visitor)
        again = browser()
        answer = again.post("/sign-in/code/", {"code": code})
        assert (answer.status_code, is_in(again)) == (422, False)
        assert again.post("/sign-in/code/", {"code": codes[0]}).status_code == 302
        assert is_in(again)
    assert told(dana) == ["signed in with a recovery code (9 left)", "turned two-step sign-in on"]


def test_between_the_steps_nothing_is_open_and_time_runs_out(dana: User) -> None:
    with time_machine.travel(NINE, tick=False) as clock:
        _, codes = set_up(browser())
        halfway = browser()
        for address in ("/orders/", "/account/", "/stock/"):
            assert halfway.get(address)["Location"].startswith("/sign-in/")
        assert halfway.get("/sign-in/code/").status_code == 200
        clock.shift(timedelta(minutes=11))
        assert halfway.post("/sign-in/code/", {"code": codes[0]})["Location"] == "/sign-in/"
        assert not is_in(halfway)
        assert Visitor().post("/sign-in/code/", {"code": codes[0]})["Location"] == "/sign-in/"


def test_an_invitation_leads_past_the_password_and_not_past_the_phone(world: World, dana: User) -> None:
    with time_machine.travel(NINE, tick=False):
        set_up(browser())
        visitor = Visitor()
        answer = visitor.post(invitation_path(dana), {"password": ANOTHER, "again": ANOTHER})
    assert (answer["Location"], is_in(visitor)) == ("/sign-in/code/", False)


def test_wrong_codes_are_counted_at_the_sign_in(dana: User) -> None:
    with time_machine.travel(NINE, tick=False):
        set_up(browser())
        visitor = browser()
        assert [visitor.post("/sign-in/code/", {"code": "000000"}).status_code for _ in range(10)] == [422] * 10
        stopped = visitor.post("/sign-in/code/", {"code": "000000"})
    assert (stopped.status_code, stopped["Retry-After"]) == (429, "900")


def test_it_is_turned_off_with_the_password_only(dana: User) -> None:
    with time_machine.travel(NINE, tick=False):
        visitor = browser()
        set_up(visitor)
        assert visitor.post("/account/two-step/removal/", {"confirmation": "wrong"}).status_code == 422
        assert visitor.post("/account/two-step/removal/", {"confirmation": PASSWORD}).status_code == 303
    assert is_in(browser())


def test_new_recovery_codes_need_a_code_of_the_phone(dana: User) -> None:
    with time_machine.travel(NINE, tick=False) as clock:
        visitor = browser()
        phone, old = set_up(visitor)
        clock.shift(HALF_MINUTE)
        assert visitor.post("/account/recovery-codes/", {"code": "000000"}).status_code == 422
        page = visitor.post("/account/recovery-codes/", {"code": phone.at(NINE + HALF_MINUTE)})
    assert isinstance(page, HttpResponse)
    assert len(re.findall(r"<code>([A-Z2-7-]{19})</code>", page.text)) == 10
    assert old[0] not in page.text


def test_the_qr_code_is_read_by_a_reader(dana: User) -> None:
    visitor = browser()
    visitor.post("/account/two-step/")
    page = visitor.get("/account/").text
    drawn = re.findall(r'viewBox="0 0 (\d+) \d+" shape-rendering="crispEdges".*?<path d="([^"]+)"', page)
    ((size, path),) = drawn
    picture = Image.new("L", (int(size), int(size)), 255)
    for column, row in re.findall(r"M(\d+) (\d+)h1v1h-1z", path):
        ImageDraw.Draw(picture).point((int(column), int(row)), 0)
    (code,) = zxingcpp.read_barcodes(picture.resize((4 * int(size), 4 * int(size)), Image.Resampling.NEAREST))
    secret = re.findall(r'<code class="rs-code">([A-Z2-7 ]+)</code>', page)[0].replace(" ", "")
    assert code.text == f"otpauth://totp/Reship:dana%40acme.example?secret={secret}&issuer=Reship"


def test_where_a_second_step_is_required_nothing_else_opens_before_it(world: World, dana: User) -> None:
    with override_settings(TWO_STEP_REQUIRED_OF="everybody"), time_machine.travel(NINE, tick=False):
        visitor = browser()
        assert visitor.get("/orders/")["Location"] == "/account/#two-step"
        assert visitor.get("/orders/", headers={"HX-Request": "true"})["HX-Redirect"] == "/account/#two-step"
        assert "is required here" in visitor.get("/account/").text
        set_up(visitor)
        assert is_in(visitor)


def test_required_of_the_company_means_the_companys_people(world: World, visit_as: VisitAs) -> None:
    with override_settings(TWO_STEP_REQUIRED_OF="company"):
        assert [is_in(visit_as(actor)) for actor in (world.dana, world.otto)] == [True, False]


@pytest.mark.parametrize(
    ("device", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140 Safari/537.36 Edg/140",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18 Safari/605", "Safari on Mac"),
        ("curl/8.5", "curl/8.5"),
        ("", "Unknown device"),
    ],
)
def test_devices_are_called_as_people_call_them(device: str, words: str) -> None:
    assert device_in_words(device) == words
