"""Settings → API keys: made, shown once, rolled, revoked; and who may."""

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client as Visitor
from django.utils import timezone
from django_scopes import scope
from pytest_django import DjangoAssertNumQueries

from reship.clients.access import Actor
from reship.clients.account_log import find_events, wording
from reship.clients.api_keys import MARK, NewKey, caller_of, make_key
from reship.clients.key_limits import LIMITS
from reship.clients.models import ApiKey, Session
from reship.clients.roles import Right, Role
from reship.fulfilment.models import RequestKey
from tests.web.pages import Page
from tests.world import World

VisitAs = Callable[[Actor], Visitor]
KEYS = "/clients/ACME/keys/"


def a_key(world: World, name: str = "Help desk") -> ApiKey:
    new = NewKey(name, ["read", "orders"])
    return make_key(new, client=world.acme, actor=world.mara, at=timezone.now(), address="").key


def make(visitor: Visitor, **typed: str | list[str]) -> HttpResponse:
    form = Page(visitor.get(f"{KEYS}new/")).form(KEYS)
    asked: dict[str, str | list[str]] = {"name": "Help desk", "scope": ["read", "orders"]}
    return form.send(visitor, **asked | typed)


def text_on(answer: HttpResponse) -> str:
    return Page(answer).one(id="api-key")["value"]


def test_a_manager_makes_a_key_and_sees_its_text_once(world: World, visit_as: VisitAs) -> None:
    mara = visit_as(world.mara)
    form = Page(mara.get(f"{KEYS}new/")).form(KEYS)
    typed: dict[str, str | list[str]] = {"name": "Help desk", "scope": ["read", "orders"], "role": "agent"}
    answer = form.send(mara, **typed)
    text = text_on(answer)
    caller = caller_of(text, at=timezone.now())
    assert (caller.client, caller.actor.role, caller.actor.name) == (world.acme, Role.AGENT, "Help desk (API key)")
    assert "no-store" in answer["Cache-Control"]
    again = form.send(mara, **typed)
    assert "This key was made already" in Page(again).text
    assert ApiKey.objects.count() == 1
    for page in (again, mara.get(KEYS), mara.get("/activity/")):
        assert f"{caller.key.prefix}_" not in page.text
    with scope(client=world.acme.pk):
        answers = list(RequestKey.objects.values_list("answer", flat=True))
    sessions = [str(session.get_decoded()) for session in Session.objects.all()]
    events = [str(event.facts) for event in find_events(client_ids=None, limit=9).rows]
    assert answers
    assert not [one for one in (*answers, *sessions, *events) if f"{caller.key.prefix}_" in one]


def test_the_list_tells_what_each_key_is(
    world: World, visit_as: VisitAs, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    mara = visit_as(world.mara)
    assert "No keys yet" in mara.get(KEYS).text
    used = a_key(world)
    LIMITS.use_one(used, at=timezone.now())
    with django_assert_num_queries(3):
        one = mara.get(KEYS)
    ApiKey.objects.filter(pk=a_key(world, "Shop").pk).update(revoked_at=timezone.now())
    ApiKey.objects.filter(pk=a_key(world, "Script").pk).update(expires_at=timezone.now())
    with django_assert_num_queries(3):
        three = mara.get(KEYS)
    words = Page(one).text
    told = ("Help desk", used.prefix, "Read, Orders", "as manager", "Mara", "Active")
    assert [word for word in told if word not in words] == []
    assert "Never" not in words
    assert all(word in Page(three).text for word in ("Revoked", "Ended", "Never"))


def test_a_key_is_rolled_and_revoked(world: World, visit_as: VisitAs) -> None:
    mara = visit_as(world.mara)
    old = a_key(world)
    path = f"{KEYS}{old.prefix}/successors/"
    form = Page(mara.get(path)).form(path)
    new = caller_of(text_on(form.send(mara, overlap="1")), at=timezone.now()).key
    assert "This key was made already" in Page(form.send(mara, overlap="1")).text
    old.refresh_from_db()
    assert (old.rolled_into, ApiKey.objects.count()) == (new, 2)
    assert "Rolled" in Page(mara.get(KEYS)).text
    path = f"{KEYS}{new.prefix}/revocation/"
    assert "cannot be taken back" in mara.get(path).text
    assert ApiKey.objects.filter(revoked_at__isnull=True).count() == 2
    assert mara.post(path, follow=True).redirect_chain == [(KEYS, 303)]
    again = mara.post(path)
    assert (again.status_code, Page(again).refusal) == (409, "key_ended")
    assert [wording(event) for event in find_events(client_ids=[world.acme.pk], limit=9).rows] == [
        f"revoked the API key Help desk ({new.prefix}) of Acme (ACME)",
        f"rolled the API key Help desk ({old.prefix}) of Acme (ACME) into {new.prefix}",
        f"made the API key Help desk ({old.prefix}) for Acme (ACME): manager, read, orders",
    ]


@pytest.mark.parametrize(
    ("typed", "marked"),
    [
        ({"name": " "}, ["name"]),
        ({"name": "a\x00b"}, ["name"]),
        ({"scope": []}, ["scope"] * 4),
        ({"scope": ["everything"]}, ["scope"] * 4),
        ({"role": "king"}, ["role"]),
        ({"role": "operator"}, ["role"]),
        ({"expires": "2020-01-01"}, ["expires"]),
        ({"expires": "soon"}, ["expires"]),
        ({"expires": "2026-13-99"}, ["expires"]),
    ],
)
def test_a_key_that_cannot_be_is_answered_at_its_field(
    world: World, visit_as: VisitAs, typed: dict[str, str | list[str]], marked: list[str]
) -> None:
    answer = make(visit_as(world.mara), **typed)
    assert answer.status_code in {403, 422}
    assert [element["name"] for element in Page(answer).all(aria_invalid="true")] == marked
    assert ApiKey.objects.count() == 0


def test_a_form_that_lost_its_key_or_was_changed_writes_nothing_and_may_be_sent_again(
    world: World, visit_as: VisitAs
) -> None:
    mara = visit_as(world.mara)
    form = Page(mara.get(f"{KEYS}new/")).form(KEYS)
    assert form.send(mara, name="One", scope="read").status_code == 200
    changed = form.send(mara, name="Two", scope="read")
    assert (changed.status_code, Page(changed).refusal) == (422, "request_key_reused")
    assert text_on(Page(changed).form(KEYS).send(mara))
    assert mara.post(KEYS, {"name": "Three", "scope": "read"}).status_code == 422
    assert sorted(ApiKey.objects.values_list("name", flat=True)) == ["One", "Two"]


def test_an_operator_makes_keys_of_a_client_also_for_the_warehouse(world: World, visit_as: VisitAs) -> None:
    otto = visit_as(world.otto)
    assert f'href="{KEYS}"' in otto.get("/clients/ACME/").text
    by_both = [Page(visitor.get(f"{KEYS}new/")).all(name="scope") for visitor in (otto, visit_as(world.mara))]
    assert ["stock" in {box["value"] for box in boxes} for boxes in by_both] == [True, False]
    answer = make(otto, role="packer", scope=["read", "stock"], expires="2099-12-31")
    caller = caller_of(text_on(answer), at=timezone.now())
    assert caller.actor.may(Right.ADJUST_STOCK)
    assert not caller.actor.sees(world.other.pk)


@pytest.mark.parametrize("person", ["vic", "dana", "pim"])
def test_whoever_may_not_manage_keys_sees_and_changes_none(world: World, visit_as: VisitAs, person: str) -> None:
    key = a_key(world)
    visitor = visit_as(getattr(world, person))
    for path in (KEYS, f"{KEYS}new/", f"{KEYS}{key.prefix}/successors/", f"{KEYS}{key.prefix}/revocation/"):
        answers = [visitor.get(path), visitor.post(path, {"name": "x", "scope": "read", "key": "k", "overlap": "0"})]
        assert {answer.status_code for answer in answers} == {403}
        assert not [answer for answer in answers if key.name in answer.text]
    assert ApiKey.objects.filter(revoked_at__isnull=True, rolled_into__isnull=True).count() == 1


def test_whoever_deactivates_somebody_reads_which_keys_end(world: World, visit_as: VisitAs) -> None:
    new = NewKey("Help desk", ["read"])
    made = make_key(new, client=world.acme, actor=world.mara, at=timezone.now(), address="")
    otto, page = visit_as(world.otto), "/people/mara@acme.example/"
    assert "which end when Mara is deactivated" in otto.get(page).text
    otto.post(f"{page}deactivation/")
    assert "which open nothing now" in otto.get(page).text
    assert "Maker deactivated" in otto.get(KEYS).text
    path = f"{KEYS}{made.key.prefix}/successors/"
    rolled = text_on(Page(otto.get(path)).form(path).send(otto, overlap="0"))
    assert caller_of(rolled, at=timezone.now()).actor.may(Right.VIEW)
    assert "API keys" not in otto.get(page).text


def test_a_key_of_another_client_is_not_found(world: World, visit_as: VisitAs) -> None:
    key = a_key(world)
    wren, otto = visit_as(world.wren), visit_as(world.otto)
    for deed in ("successors", "revocation"):
        for visitor in (wren, otto):
            assert visitor.post(f"/clients/OTHER/keys/{key.prefix}/{deed}/", {"key": "k"}).status_code == 404
        assert wren.get(f"{KEYS}{key.prefix}/{deed}/").status_code == 404
    assert MARK in key.prefix


@pytest.mark.parametrize(
    ("person", "scopes", "role"),
    [
        ("mara", ["read"], "viewer"),
        ("mara", ["read", "orders"], "agent"),
        ("mara", ["orders", "bulk"], "manager"),
        ("otto", ["read", "stock"], "packer"),
        ("otto", ["orders", "stock"], "operator"),
    ],
)
def test_unless_it_is_said_a_key_has_the_least_role_that_its_scopes_need(
    world: World, visit_as: VisitAs, person: str, scopes: list[str], role: str
) -> None:
    made = caller_of(text_on(make(visit_as(getattr(world, person)), scope=scopes)), at=timezone.now())
    assert made.key.role == role
