"""Endpoints: who may make them, what is refused, what is logged, and how long a secret signs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.test import override_settings
from standardwebhooks import Webhook

from reship.clients.account_log import find_events, wording
from reship.clients.models import Client
from reship.errors import Refusal
from reship.webhooks.endpoints import (
    MOST_ENDPOINTS,
    EndpointWish,
    change_endpoint,
    disable_endpoint,
    enable_endpoint,
    make_endpoint,
    remove_endpoint,
    rotate_secret,
    show_secret,
)
from reship.webhooks.models import WebhookEndpoint
from reship.webhooks.queries import endpoint_of, endpoints_of
from reship.webhooks.resend import resend_delivery, resend_failed, send_test_event
from reship.webhooks.secrets import sealed, signature
from tests.webhooks.listening import listen
from tests.world import World

HERE = "192.0.2.7"


def sends_events(client: Client) -> bool:
    return Client.objects.get(pk=client.pk).sends_events


def refusal_of(deed: Callable[[], object]) -> str:
    try:
        deed()
    except Refusal as refusal:
        return refusal.code
    return ""


def test_a_client_sends_events_while_it_has_an_enabled_endpoint(world: World) -> None:
    first, second = listen(world).endpoint.reference, listen(world).endpoint.reference
    more: dict[str, Any] = {"client": world.acme, "actor": world.mara, "address": HERE}
    seen = [sends_events(world.acme)]
    for deed, reference in [
        (disable_endpoint, first),
        (remove_endpoint, second),
        (enable_endpoint, first),
        (remove_endpoint, first),
    ]:
        deed(reference, at=world.later(), **more)
        seen.append(sends_events(world.acme))
    assert seen == [True, True, False, True, False]
    assert not sends_events(world.other)


def test_everything_is_logged(world: World) -> None:
    reference = listen(world, types=("order.reshipped",)).endpoint.reference
    more: dict[str, Any] = {"client": world.acme, "actor": world.mara, "address": HERE}
    wish = EndpointWish("https://shop.example/other", description="Help desk")
    change_endpoint(reference, wish, at=world.later(), **more)
    change_endpoint(reference, wish, at=world.later(), **more)
    rotate_secret(reference, overlap=timedelta(hours=24), at=world.later(), **more)
    for deed in (show_secret, disable_endpoint, enable_endpoint, remove_endpoint):
        deed(reference, at=world.later(), **more)
    events = find_events(client_ids=[world.acme.pk], limit=7).rows
    assert [f"{event.actor} {wording(event)}" for event in reversed(events)] == [
        "Ada made the webhook endpoint https://shop.example/hook of Acme (ACME) (events: order.reshipped)",
        "Mara changed the webhook endpoint https://shop.example/other of Acme (ACME)",
        "Mara rotated the secret of the webhook endpoint https://shop.example/other of Acme (ACME) (overlap: 24 h)",
        "Mara looked at the secret of the webhook endpoint https://shop.example/other of Acme (ACME)",
        "Mara disabled the webhook endpoint https://shop.example/other of Acme (ACME): Disabled by Mara.",
        "Mara enabled the webhook endpoint https://shop.example/other of Acme (ACME)",
        "Mara removed the webhook endpoint https://shop.example/other of Acme (ACME)",
    ]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (EndpointWish("http://shop.example/"), "invalid_url"),
        (EndpointWish("https://10.0.0.1/"), "invalid_url"),
        (EndpointWish("https://me:secret@shop.example/"), "invalid_url"),
        (EndpointWish("https://shöp.example/"), "invalid_url"),
        (EndpointWish("nonsense"), "invalid_url"),
        (EndpointWish("https://shop.example/", "x" * 201), "invalid_text"),
        (EndpointWish("https://shop.example/", event_types=["order.exploded"]), "invalid_event_type"),
        (EndpointWish("https://shop.example/", event_types=["webhook.test"]), "invalid_event_type"),
    ],
)
def test_what_cannot_be_an_endpoint_is_refused(world: World, wish: EndpointWish, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        make_endpoint(wish, client=world.acme, actor=world.mara, at=world.later(), address=HERE)
    assert refused.value.code == code


def test_a_client_has_at_most_sixteen(world: World) -> None:
    for _ in range(MOST_ENDPOINTS):
        reference = listen(world).endpoint.reference
    with pytest.raises(Refusal, match="too_many_endpoints"):
        listen(world)
    remove_endpoint(reference, client=world.acme, actor=world.mara, at=world.later(), address=HERE)
    listen(world)


def test_nobody_else_may_and_another_clients_is_unknown(world: World) -> None:
    shown = listen(world)
    reference = shown.endpoint.reference
    for actor, client, code in [
        (world.dana, world.acme, "not_allowed"),
        (world.vic, world.acme, "not_allowed"),
        (world.pim, world.acme, "not_allowed"),
        (world.wren, world.acme, "client_not_found"),
        (world.wren, world.other, "endpoint_not_found"),
        (world.mara, world.acme, ""),
        (world.otto, world.acme, ""),
    ]:
        seen: dict[str, Any] = {"client": client, "actor": actor}
        done = seen | {"at": world.later()}
        logged = done | {"address": HERE}
        for deed in (
            partial(endpoint_of, reference, **seen),
            partial(change_endpoint, reference, EndpointWish("https://shop.example/x"), **logged),
            partial(rotate_secret, reference, overlap=timedelta(0), **logged),
            partial(show_secret, reference, **logged),
            partial(disable_endpoint, reference, **logged),
            partial(enable_endpoint, reference, **logged),
            partial(send_test_event, reference, **done),
            partial(resend_failed, reference, since=world.now, **done),
        ):
            assert refusal_of(deed) == code, actor
    for stranger in ("we_nobody", "\0", ""):
        with pytest.raises(Refusal, match="endpoint_not_found"):
            remove_endpoint(stranger, client=world.acme, actor=world.mara, at=world.later(), address=HERE)
    with pytest.raises(Refusal, match="delivery_not_found"):
        resend_delivery(reference, "msg_nobody", client=world.acme, actor=world.mara, at=world.later())


def test_the_list_tells_the_newest_first_in_two_statements(world: World, django_assert_num_queries: Any) -> None:
    first = listen(world).endpoint
    with django_assert_num_queries(2):
        assert [row.endpoint for row in endpoints_of(world.acme, actor=world.mara)] == [first]
    others = [listen(world).endpoint for _ in range(2)]
    with django_assert_num_queries(2):
        assert [row.endpoint for row in endpoints_of(world.acme, actor=world.mara)] == [*reversed(others), first]


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    at = datetime.fromtimestamp(1614265330, tz=UTC)
    endpoint = WebhookEndpoint(secret=sealed("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    signed = signature(endpoint, "msg_p5jXN8AQM9LWM0D4loKWxJek", '{"test": 2432232314}', at=at)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_after_a_rotation_both_secrets_sign_until_the_overlap_ends(world: World) -> None:
    old = listen(world)
    new = rotate_secret(
        old.endpoint.reference,
        overlap=timedelta(hours=1),
        client=world.acme,
        actor=world.mara,
        at=world.now,
        address=HERE,
    )
    by_each = {secret: Webhook(secret).sign("msg_1", world.now, "{}") for secret in (new.secret, old.secret)}
    assert signature(new.endpoint, "msg_1", "{}", at=world.now) == " ".join(by_each.values())
    later = world.now + timedelta(hours=1)
    assert signature(new.endpoint, "msg_1", "{}", at=later) == Webhook(new.secret).sign("msg_1", later, "{}")
    with pytest.raises(Refusal, match="invalid_time"):
        rotate_secret(
            old.endpoint.reference,
            overlap=timedelta(days=8),
            client=world.acme,
            actor=world.mara,
            at=world.now,
            address=HERE,
        )


def test_secrets_are_sealed_and_lost_with_the_installations_key(world: World) -> None:
    shown = listen(world)
    more: dict[str, Any] = {"client": world.acme, "actor": world.mara, "at": world.later(), "address": HERE}
    assert shown.secret not in shown.endpoint.secret
    assert show_secret(shown.endpoint.reference, **more).secret == shown.secret
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[]):
        with pytest.raises(Refusal, match="secret_lost"):
            show_secret(shown.endpoint.reference, **more)
        again = rotate_secret(shown.endpoint.reference, overlap=timedelta(0), **more)
        assert signature(again.endpoint, "msg_1", "{}", at=world.now) is not None
