"""Settings → Webhooks: endpoints, their secrets, the log, and what can be done with it."""

from collections.abc import Callable

import pytest
from django.test import Client as Visitor
from django.test import override_settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from reship.clients.access import Actor
from reship.clients.account_log import find_events, wording
from reship.webhooks.endpoints import show_secret
from reship.webhooks.models import WebhookEndpoint
from reship.webhooks.queries import endpoints_of
from tests.web.pages import Page
from tests.webhooks.listening import TAKEN, answer_due, broken, deliveries, listen, told
from tests.world import World

VisitAs = Callable[[Actor], Visitor]
WEBHOOKS = "/clients/ACME/webhooks/"


def path_of(endpoint: WebhookEndpoint, *parts: str) -> str:
    return "/".join([f"{WEBHOOKS}{endpoint.reference}", *parts, ""])


def only_endpoint(world: World) -> WebhookEndpoint:
    (row,) = endpoints_of(world.acme, actor=world.mara)
    return row.endpoint


def test_a_manager_adds_an_endpoint_once_and_looks_at_its_secret(world: World, visit_as: VisitAs) -> None:
    mara = visit_as(world.mara)
    assert "No endpoints yet" in mara.get(WEBHOOKS).text
    form = Page(mara.get(f"{WEBHOOKS}new/")).form(WEBHOOKS)
    typed: dict[str, str | list[str]] = {"url": "https://shop.example/hook", "description": "Help desk"}
    chosen: dict[str, str | list[str]] = {"which": "chosen", "type": ["order.reshipped", "shipment.lost"]}
    for _ in range(2):
        answer = form.send(mara, **typed | chosen)
        assert answer.status_code == 303
    endpoint = only_endpoint(world)
    assert answer["Location"] == path_of(endpoint)
    assert (endpoint.description, endpoint.event_types) == ("Help desk", ["order.reshipped", "shipment.lost"])
    at_once = mara.get(path_of(endpoint))
    page = mara.get(path_of(endpoint))
    assert "whsec_" not in page.text
    shown = Page(page).form(path_of(endpoint, "secret")).send(mara)
    secret = Page(shown).one(id="secret")["value"]
    assert Page(at_once).one(id="secret")["value"] == secret
    at = timezone.now()
    assert secret == show_secret(endpoint.reference, client=world.acme, actor=world.mara, at=at, address="").secret
    assert {answer["Cache-Control"].count("no-store") for answer in (shown, at_once)} == {1}
    looks = [wording(event) for event in find_events(client_ids=[world.acme.pk], limit=9).rows]
    assert len([look for look in looks if look.startswith("looked at the secret")]) == 3


@pytest.mark.parametrize(
    ("typed", "marked"),
    [
        ({"url": "http://shop.example/"}, ["url"]),
        ({"url": "https://192.168.1.1/"}, ["url"]),
        ({"url": " "}, ["url"]),
        ({"description": "a\x00b"}, ["description"]),
        ({"which": "chosen", "type": []}, ["type"] * 21),
        ({"which": "chosen", "type": ["order.exploded"]}, ["type"] * 21),
    ],
)
def test_an_endpoint_that_cannot_be_is_answered_at_its_field(
    world: World, visit_as: VisitAs, typed: dict[str, str | list[str]], marked: list[str]
) -> None:
    mara = visit_as(world.mara)
    endpoint = listen(world).endpoint
    for path, target in ((f"{WEBHOOKS}new/", WEBHOOKS), (path_of(endpoint, "changes"), path_of(endpoint, "changes"))):
        given: dict[str, str | list[str]] = {"url": "https://shop.example/x", "which": "all"}
        answer = Page(mara.get(path)).form(target).send(mara, **given | typed)
        assert answer.status_code == 422
        assert [element["name"] for element in Page(answer).all(aria_invalid="true")] == marked
    assert only_endpoint(world).url == "https://shop.example/hook"


def test_ticked_types_are_never_dropped_because_all_was_shown_chosen(world: World, visit_as: VisitAs) -> None:
    mara = visit_as(world.mara)
    ticked: dict[str, str | list[str]] = {"url": "https://shop.example/hook", "type": ["order.reshipped"]}
    assert Page(mara.get(f"{WEBHOOKS}new/")).form(WEBHOOKS).send(mara, **ticked).status_code == 303
    endpoint = only_endpoint(world)
    assert endpoint.event_types == ["order.reshipped"]
    path = path_of(endpoint, "changes")
    Page(mara.get(path)).form(path).send(mara, which="all")
    assert only_endpoint(world).event_types == []
    Page(mara.get(path)).form(path).send(mara, type=["shipment.lost"])
    assert only_endpoint(world).event_types == ["shipment.lost"]


def test_a_refused_address_says_what_can_be_done_and_no_internals(world: World, visit_as: VisitAs) -> None:
    mara = visit_as(world.mara)
    form = Page(mara.get(f"{WEBHOOKS}new/")).form(WEBHOOKS)
    refused = Page(form.send(mara, url="http://127.0.0.1:8099/", which="all"))
    assert "can allow networks of their own by RESHIP_OUTGOING_ALLOWED" in refused.text
    assert "https_required" not in refused.text
    assert "that this installation allows" not in refused.text
    with override_settings(OUTGOING_ALLOWED=["127.0.0.0/8"]):
        assert "that this installation allows" in Page(mara.get(f"{WEBHOOKS}new/")).text
        assert form.send(mara, url="http://127.0.0.1:8099/", which="all").status_code == 303


def test_an_endpoint_is_changed_rotated_disabled_enabled_and_removed(world: World, visit_as: VisitAs) -> None:
    otto = visit_as(world.otto)
    endpoint = listen(world, types=("order.placed",)).endpoint
    assert f'href="{WEBHOOKS}"' in otto.get("/clients/ACME/").text
    form = Page(otto.get(path_of(endpoint, "changes"))).form(path_of(endpoint, "changes"))
    assert form.send(otto, url="https://shop.example/new", which="all").status_code == 303
    endpoint = only_endpoint(world)
    assert (endpoint.url, endpoint.event_types) == ("https://shop.example/new", [])
    form = Page(otto.get(path_of(endpoint, "secrets"))).form(path_of(endpoint, "secrets"))
    assert form.send(otto, overlap="9999").status_code == 422
    assert form.send(otto, overlap="1").status_code == 303
    assert only_endpoint(world).secret != endpoint.secret
    assert [len(Page(otto.get(path_of(endpoint))).all(id="secret")) for _ in range(2)] == [1, 0]
    for deed, told_on_page in (("disabling", "Disabled by Otto."), ("enabling", "Enabled")):
        answer = otto.post(path_of(endpoint, deed), follow=True)
        assert told_on_page in Page(answer).text
    assert "cannot be taken back" in otto.get(path_of(endpoint, "removal")).text
    assert otto.post(path_of(endpoint, "removal"), follow=True).redirect_chain == [(WEBHOOKS, 303)]
    assert otto.get(path_of(endpoint)).status_code == 404


def test_the_log_shows_what_was_sent_and_answered_and_sends_it_again(
    world: World, visit_as: VisitAs, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    mara = visit_as(world.mara)
    endpoint = listen(world, types=("order.placed", "order.reshipped")).endpoint
    world.acme.refresh_from_db()
    world.place("1042", MUG=2)
    at = world.later()
    answer_due(at, broken(410))
    with django_assert_num_queries(4):
        assert "It answered 410 Gone." in mara.get(path_of(endpoint)).text
    mara.post(path_of(endpoint, "enabling"))
    for number in ("1043", "1044"):
        world.place(number, MUG=1)
    answer_due(at, TAKEN)
    with django_assert_num_queries(4):
        three = mara.get(path_of(endpoint))
    assert all(word in Page(three).text for word in ("1042", "1043", "1044", "Given up", "Delivered", "410", "200"))
    narrowed = Page(mara.get(path_of(endpoint), {"state": "GIVEN_UP"})).text
    assert "1042" in narrowed
    assert "1043" not in narrowed
    assert Page(three).all(class_="rs-hint rs-only-narrow")[0].text == "It answered 410."
    failed = deliveries()[0]
    path = path_of(endpoint, "deliveries", failed.message.reference)
    page = Page(mara.get(path))
    assert all(word in page.text for word in (failed.message.reference, "It answered 410.", '"order": "1042"'))
    assert page.form(f"{path}resends/").send(mara).status_code == 303
    assert told()[0] == "1042 order.placed PENDING"
    answer_due(timezone.now(), broken(410))
    mara.post(path_of(endpoint, "enabling"))
    form = Page(mara.get(path_of(endpoint))).form(path_of(endpoint, "resends"))
    assert form.send(mara, since="").status_code == 422
    assert form.send(mara, since="2026-01-01").status_code == 303
    assert "1 message is sent again" in Page(mara.get(path_of(endpoint))).text


def test_a_test_is_sent_and_its_page_shown(world: World, visit_as: VisitAs) -> None:
    mara = visit_as(world.mara)
    endpoint = listen(world).endpoint
    answer = Page(mara.get(path_of(endpoint))).form(path_of(endpoint, "tests")).send(mara)
    assert "webhook.test" in Page(mara.get(answer["Location"])).text
    assert told() == ["- webhook.test PENDING"]


@pytest.mark.parametrize("person", ["vic", "dana", "pim"])
def test_whoever_may_not_manage_webhooks_sees_none(world: World, visit_as: VisitAs, person: str) -> None:
    endpoint = listen(world).endpoint
    visitor = visit_as(getattr(world, person))
    answers = [visitor.get(path) for path in (WEBHOOKS, path_of(endpoint), path_of(endpoint, "secret"))]
    answers += [visitor.post(path_of(endpoint, deed)) for deed in ("secret", "removal", "tests")]
    assert {answer.status_code for answer in answers} == {403}
    assert not [answer for answer in answers if endpoint.url in answer.text]


def test_an_endpoint_of_another_client_is_not_found(world: World, visit_as: VisitAs) -> None:
    endpoint = listen(world).endpoint
    wren, otto = visit_as(world.wren), visit_as(world.otto)
    for visitor in (wren, otto):
        for part in ("", "changes/", "secret/", "secrets/", "removal/", "disabling/", "tests/"):
            path = f"/clients/OTHER/webhooks/{endpoint.reference}/{part}"
            assert visitor.post(path, {"overlap": "1"}).status_code in {404, 405}
    assert wren.get(path_of(endpoint)).status_code == 404
    assert only_endpoint(world).disabled_at is None
