"""People: inviting, changing, stopping, and the log of it all."""

import re
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client as Visitor
from django.test.utils import CaptureQueriesContext

from reship.clients.access import Actor
from reship.clients.account_log import What, find_events, log, wording
from reship.clients.models import AccountEvent, SecondStep, User
from reship.clients.people import change_person, deactivate_person
from reship.clients.roles import Role
from reship.errors import Refusal
from tests.databases import RealDatabase
from tests.parallel import in_threads
from tests.web.pages import Page
from tests.world import NINE, World, make_world

VisitAs = Callable[[Actor], Visitor]
DANA = "/people/dana@acme.example/"
PASSWORD = "four unrelated words here"
DEEDS = ("changes", "deactivation", "reactivation", "invitations")


def invite(visitor: Visitor, **changes: str) -> HttpResponse:
    given = {"email": "Nell@acme.example", "name": "Nell", "role": "agent", "client": "ACME", **changes}
    response = visitor.post("/people/", given)
    assert isinstance(response, HttpResponse)
    return response


def names(answer: object) -> list[str]:
    return [element.text for element in Page(answer).all(data_open="")]


def told() -> list[str]:
    return [f"{event.actor} {wording(event)}" for event in find_events(client_ids=None, limit=50).rows]


def stored(person: str) -> User:
    return User.objects.get(email=f"{person}.example")


def test_a_manager_invites_somebody_who_comes_in_with_the_link(world: World, visit_as: VisitAs) -> None:
    mara = visit_as(world.mara)
    answer = invite(mara)
    assert answer["Location"] == "/people/nell@acme.example/"
    (link,) = set(re.findall(r'value="(http://testserver/invitations/[^"]+)"', mara.get(answer["Location"]).text))
    assert link not in mara.get(answer["Location"]).text
    nell = Visitor()
    assert nell.post(link, {"password": PASSWORD, "again": PASSWORD})["Location"] == "/orders/"
    assert (stored("nell@acme").client, stored("nell@acme").role) == (world.acme, "agent")
    assert told() == [
        "Nell chose a password behind an invitation link",
        "Mara invited Nell (nell@acme.example) as agent",
    ]
    assert AccountEvent.objects.earliest("at").address == "127.0.0.1"


@pytest.mark.parametrize(
    ("person", "changes", "status", "field"),
    [
        ("mara", {"role": "operator"}, 422, "role"),
        ("mara", {"role": "admin", "client": "-"}, 422, "role"),
        ("mara", {"role": "king"}, 422, "role"),
        ("mara", {"email": "nobody"}, 422, "email"),
        ("mara", {"email": "dana@acme.example"}, 409, "email"),
        ("mara", {"email": f"{'n' * 190}@acme.example"}, 422, "email"),
        ("mara", {"name": " "}, 422, "name"),
        ("otto", {"role": "packer"}, 422, "role"),
        ("otto", {"client": "NOBODY"}, 404, "client"),
        ("otto", {"client": "-", "role": "packer"}, 403, ""),
        ("otto", {"client": "-", "role": "admin"}, 403, ""),
        ("ada", {"client": "-", "role": "agent"}, 422, "role"),
        ("dana", {}, 403, ""),
        ("pim", {}, 403, ""),
    ],
)
def test_who_cannot_be_invited_by_whom(
    world: World, visit_as: VisitAs, person: str, changes: dict[str, str], status: int, field: str
) -> None:
    answer = invite(visit_as(getattr(world, person)), **changes)
    assert (answer.status_code, list(Page(answer).marked)) == (status, [field] if field else [])
    assert (User.objects.count(), told()) == (7, [])


def test_a_manager_invites_for_their_own_client_whatever_the_form_says(world: World, visit_as: VisitAs) -> None:
    invite(visit_as(world.mara), client="OTHER")
    assert stored("nell@acme").client == world.acme


def test_each_sees_the_people_that_they_may_see(world: World, visit_as: VisitAs) -> None:
    assert names(visit_as(world.mara).get("/people/")) == ["Dana", "Mara", "Vic"]
    assert names(visit_as(world.wren).get("/people/?client=ACME")) == ["Wren"]
    everybody = ["Ada", "Otto", "Pim", "Dana", "Mara", "Vic", "Wren"]
    assert names(visit_as(world.otto).get("/people/")) == everybody
    assert names(visit_as(world.otto).get("/people/?client=OTHER")) == ["Wren"]


@pytest.mark.parametrize("deed", ["", *(f"{deed}/" for deed in DEEDS)])
def test_people_of_others_are_not_found_exactly_like_unknown_ones(world: World, visit_as: VisitAs, deed: str) -> None:
    wren = visit_as(world.wren)
    send = wren.post if deed else wren.get
    answers = [send(f"/people/{email}/{deed}") for email in ("dana@acme.example", "otto@reship.example", "x@y.example")]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert answers[0].content == answers[1].content == answers[2].content


def test_another_role_holds_from_the_next_request_and_is_logged(world: World, visit_as: VisitAs) -> None:
    dana = visit_as(world.dana)
    assert dana.get("/people/").status_code == 403
    visit_as(world.mara).post(f"{DANA}changes/", {"name": "Dana D.", "role": "manager"})
    assert dana.get("/people/").status_code == 200
    (event,) = find_events(client_ids=[world.acme.pk], limit=5).rows
    assert event.facts["changes"] == [["name", "Dana", "Dana D."], ["role", "agent", "manager"]]
    page = visit_as(world.otto).get("/activity/").text
    assert "changed Dana D. (dana@acme.example)" in page
    assert "from 127.0.0.1" in page


def test_what_did_not_change_is_not_logged(world: World, visit_as: VisitAs) -> None:
    mara = visit_as(world.mara)
    mara.post(f"{DANA}changes/", {"name": " Dana ", "role": "agent"})
    mara.post(f"{DANA}reactivation/")
    assert told() == []


@pytest.mark.parametrize("role", ["operator", "admin", "packer", "king", ""])
def test_a_manager_raises_nobody_above_the_clients_roles(world: World, visit_as: VisitAs, role: str) -> None:
    answer = visit_as(world.mara).post(f"{DANA}changes/", {"name": "Dana", "role": role})
    assert (answer.status_code, list(Page(answer).marked)) == (422, ["role"])
    assert stored("dana@acme").role == "agent"


def test_whoever_is_deactivated_is_out_at_once_and_stays_out_of_old_sessions(world: World, visit_as: VisitAs) -> None:
    dana, mara = visit_as(world.dana), visit_as(world.mara)
    mara.post(f"{DANA}deactivation/")
    assert dana.get("/orders/").status_code == 302
    mara.post(f"{DANA}reactivation/")
    assert dana.get("/orders/").status_code == 302
    assert visit_as(world.dana).get("/orders/").status_code == 200
    assert told() == ["Mara reactivated Dana (dana@acme.example)", "Mara deactivated Dana (dana@acme.example)"]


def test_a_forgotten_password_needs_a_new_link_and_an_active_person(world: World, visit_as: VisitAs) -> None:
    mara = visit_as(world.mara)
    assert mara.post(f"{DANA}invitations/").status_code == 303
    assert "http://testserver/invitations/" in mara.get(DANA).text
    mara.post(f"{DANA}deactivation/")
    answer = mara.post(f"{DANA}invitations/")
    assert (answer.status_code, Page(answer).refusal) == (409, "person_inactive")


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize(("by", "whom"), [("otto", "pim@reship"), ("otto", "ada@reship"), ("otto", "otto@reship")])
def test_only_an_administrator_changes_the_companys_people(
    world: World, visit_as: VisitAs, by: str, whom: str, deed: str
) -> None:
    before = User.objects.filter(email=f"{whom}.example").values().get()
    answer = visit_as(getattr(world, by)).post(f"/people/{whom}.example/{deed}/", {"name": "X", "role": "admin"})
    assert answer.status_code == 403
    assert User.objects.filter(email=f"{whom}.example").values().get() == before


def test_the_last_administrator_stays_one(world: World, visit_as: VisitAs) -> None:
    ada = visit_as(world.ada)
    own = "/people/ada@reship.example/"
    changed = ada.post(f"{own}changes/", {"name": "Ada", "role": "operator"})
    assert (changed.status_code, list(Page(changed).marked)) == (409, ["role"])
    gone = ada.post(f"{own}deactivation/")
    assert (gone.status_code, Page(gone).refusal) == (409, "last_admin")
    ada.post("/people/otto@reship.example/changes/", {"name": "Otto", "role": "admin"})
    assert ada.post(f"{own}deactivation/").status_code == 303
    assert ada.get("/orders/").status_code == 302


def test_of_two_administrators_who_leave_at_once_one_stays(real_database: RealDatabase) -> None:
    world = make_world()
    User.objects.create_user("abe@reship.example", name="Abe", role=Role.ADMIN)
    actors = [world.ada, Actor.of(User.objects.get(email="abe@reship.example"))]
    leave = partial(deactivate_person, at=NINE, address="")
    step_down = partial(change_person, name="Abe", role="operator", at=NINE, address="")
    ada, abe = (f"{name}@reship.example" for name in ("ada", "abe"))
    outcomes = in_threads([partial(leave, ada, actor=actors[0]), partial(step_down, abe, actor=actors[1])])
    assert [outcome.code for outcome in outcomes if isinstance(outcome, Refusal)] == ["last_admin"]
    assert User.objects.filter(role=Role.ADMIN, is_active=True).count() == 1


def test_an_operator_resets_a_lost_phone_and_a_manager_does_not(world: World, visit_as: VisitAs) -> None:
    SecondStep.objects.create(user=world.user_of(world.dana), secret="x", turned_on_at=NINE)
    assert visit_as(world.mara).post(f"{DANA}two-step/reset/").status_code == 403
    assert "two-step/reset/" not in visit_as(world.mara).get(DANA).text
    assert visit_as(world.otto).post(f"{DANA}two-step/reset/").status_code == 303
    assert told() == ["Otto reset the two-step sign-in of Dana (dana@acme.example)"]


def test_activity_is_of_ones_own_client(world: World, visit_as: VisitAs) -> None:
    for name, client in (("acme", world.acme), ("other", world.other)):
        log(What.CLIENT_MADE, actor=world.ada, at=world.later(), address=name, client=client)
    log(What.WAREHOUSE_MADE, actor=world.ada, at=world.later(), address="", code="WEST", warehouse="West")
    said = {
        name: [word for word in ("client Acme", "client WREN", "warehouse WEST") if word in page.text]
        for name, page in (
            ("mara", visit_as(world.mara).get("/activity/?client=OTHER")),
            ("wren", visit_as(world.wren).get("/activity/")),
            ("otto", visit_as(world.otto).get("/activity/")),
        )
    }
    assert said == {
        "mara": ["client Acme"],
        "wren": ["client WREN"],
        "otto": ["client Acme", "client WREN", "warehouse WEST"],
    }


def test_a_manager_does_not_learn_where_the_companys_people_sit(world: World, visit_as: VisitAs) -> None:
    for actor, address in ((world.ada, "192.0.2.1"), (world.mara, "192.0.2.2")):
        person = world.user_of(world.dana)
        log(What.LINK_MADE, actor=actor, at=world.later(), address=address, person=person)
    for address in ("/activity/", DANA):
        assert re.findall(r"192\.0\.2\.\d", visit_as(world.mara).get(address).text) == ["192.0.2.2"]
        assert re.findall(r"192\.0\.2\.\d", visit_as(world.otto).get(address).text) == ["192.0.2.2", "192.0.2.1"]


def test_pages_of_activity_hold_each_entry_once(world: World, visit_as: VisitAs) -> None:
    for number in range(60):
        log(What.WAREHOUSE_MADE, actor=world.ada, at=NINE, address="", code=f"W{number}", warehouse="W")
    otto = visit_as(world.otto)
    first = otto.get("/activity/")
    (following,) = [link["href"] for link in Page(first).all(rel="next")]
    found = [re.findall(r"the warehouse (W\d+)", page.text) for page in (first, otto.get(following))]
    assert [len(part) for part in found] == [50, 10]
    assert len(set(found[0] + found[1])) == 60


@pytest.mark.parametrize("count", [1, 50])
@pytest.mark.parametrize(("address", "statements"), [("/people/", 4), ("/activity/", 4), (DANA, 6)])
def test_the_number_of_statements_is_the_same_for_any_number_of_rows(
    world: World, visit_as: VisitAs, address: str, statements: int, count: int
) -> None:
    dana = world.user_of(world.dana)
    for number in range(count):
        User.objects.create_user(f"p{number}@acme.example", name="P", role=Role.AGENT, client=world.acme)
        log(What.LINK_MADE, actor=world.ada, at=world.later(), address="", person=dana)
    visitor = visit_as(world.otto)
    with CaptureQueriesContext(connection) as captured:
        assert visitor.get(address).status_code == 200
    assert len(captured) == statements
