"""Over the network: how endpoints that misbehave are met, what is read off their answers, and who may not be asked."""

from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from django.test import override_settings
from django.utils import timezone

from reship.webhooks import deliver
from reship.webhooks.endpoints import EndpointWish, change_endpoint
from reship.webhooks.queries import delivery_of
from tests.webhooks.listening import Receiver, deliveries, listen, receiver, send_due
from tests.world import World

Says = Callable[[BaseHTTPRequestHandler], tuple[int, dict[str, str], bytes]]


def _silent(there: Receiver) -> Says:
    def answer(_: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        there.ended.wait(10)
        return 200, {}, b""

    return answer


def _says(status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> Callable[[Receiver], Says]:
    return lambda there: lambda _: (status, headers or {}, body)


@pytest.mark.parametrize(
    ("answers", "state", "status", "failure", "answer"),
    [
        (_says(200, body=b"thanks"), "DELIVERED", 200, "", "thanks"),
        (_says(204), "DELIVERED", 204, "", ""),
        (_says(299, body=b"x" * 200_000), "DELIVERED", 299, "", "x" * 1_000),
        (_says(500, body=b"a\0b"), "PENDING", 500, "It answered 500.", "a�b"),
        (_says(404), "PENDING", 404, "It answered 404.", ""),
        (_says(410), "GIVEN_UP", 410, "It answered 410.", ""),
        (_says(503, {"Retry-After": "9"}), "PENDING", 503, "It answered 503.", ""),
        (
            _says(302, {"Location": "/elsewhere"}),
            "PENDING",
            302,
            "It answered 302, and redirects are not followed.",
            "",
        ),
        (_silent, "PENDING", 0, "No whole answer came within 0.3 seconds.", ""),
    ],
)
def test_each_answer_is_met_as_the_guide_says(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    answers: Callable[[Receiver], Says],
    state: str,
    status: int,
    failure: str,
    answer: str,
) -> None:
    monkeypatch.setattr(deliver, "ANSWER_SECONDS", 0.3)
    with receiver() as there, override_settings(OUTGOING_ALLOWED=["127.0.0.1/32"]):
        there.answer = answers(there)
        there.secret = listen(world, there.url, types=("order.placed",)).secret
        world.acme.refresh_from_db()
        world.place("1042", MUG=1)
        at = timezone.now()
        (letter,) = send_due(at)
        there.ended.set()
    (delivery,) = deliveries()
    (attempt,) = delivery_of(delivery.endpoint, delivery.message.reference).attempts
    assert (delivery.state, delivery.last_status, delivery.last_failure) == (state, status, failure)
    assert (attempt.status, attempt.failure, attempt.answer) == (status, failure, answer)
    assert (there.requests, there.texts()) == (1, ["1042 order.placed"])
    assert there.heard[0][0] == letter.reference
    waits = timedelta(seconds=9 if status == 503 else 5)
    assert delivery.next_at == (at + waits if state == "PENDING" else None)


def test_an_address_that_turned_private_is_sent_nothing(world: World) -> None:
    with receiver() as there:
        with override_settings(OUTGOING_ALLOWED=["127.0.0.1/32"]):
            listen(world, there.url, types=("order.placed",))
        world.acme.refresh_from_db()
        world.place("1042", MUG=1)
        send_due(timezone.now())
    (delivery,) = deliveries()
    assert delivery.state == "PENDING"
    assert delivery.last_failure == (
        "Nothing is sent without encryption: the address must begin with https://. "
        "Whoever runs this installation can allow networks of their own by RESHIP_OUTGOING_ALLOWED."
    )
    assert there.requests == 0


def test_what_nobody_foresaw_is_a_failure_like_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    listen(world, types=("order.placed",))
    world.acme.refresh_from_db()
    world.place("1042", MUG=1)
    monkeypatch.setattr("reship.outgoing.request", lambda *_, **__: 1 / 0)
    send_due(timezone.now())
    assert deliveries()[0].last_failure == "This failed here, not at the endpoint."


def test_what_waits_goes_to_the_new_address(world: World) -> None:
    with receiver() as there, override_settings(OUTGOING_ALLOWED=["127.0.0.1/32"]):
        shown = listen(world, "http://127.0.0.1:1/nobody", types=("order.placed",))
        there.secret = shown.secret
        world.acme.refresh_from_db()
        world.place("1042", MUG=1)
        at = timezone.now()
        send_due(at)
        wish = EndpointWish(there.url, event_types=["order.placed"])
        change_endpoint(shown.endpoint.reference, wish, client=world.acme, actor=world.mara, at=at, address="")
        send_due(at + timedelta(seconds=5))
    assert there.texts() == ["1042 order.placed"]
    assert [(a.status, a.failure) for a in delivery_of(shown.endpoint, there.heard[0][0]).attempts] == [
        (0, "127.0.0.1 takes no connection."),
        (204, ""),
    ]
