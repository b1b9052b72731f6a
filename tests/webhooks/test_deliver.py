"""Deliveries: in the order of each order, as often and as long as the standard says, at least once."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django_scopes import scope

from reship.clients.account_log import find_events, wording
from reship.errors import Refusal
from reship.webhooks import deliver, work
from reship.webhooks.deliver import DELAYS, LEASE, Answered, claim, endpoints_with_due, record
from reship.webhooks.endpoints import disable_endpoint, enable_endpoint, remove_endpoint
from reship.webhooks.models import WebhookAttempt, WebhookMessage
from reship.webhooks.queries import DeliveryFilter, delete_old_deliveries, delivery_of, find_deliveries
from reship.webhooks.resend import resend_delivery, resend_failed, send_test_event
from reship.webhooks.work import Sender
from tests.statements import captured_statements, tables_without_client
from tests.webhooks.listening import (
    TAKEN,
    answer_due,
    broken,
    deliveries,
    due_letters,
    events_to_send,
    fan_out_all,
    listen,
    told,
)
from tests.world import World


def _by(world: World, at: datetime) -> dict[str, Any]:
    return {"client": world.acme, "actor": world.mara, "at": at}


def _count(statements: list[str]) -> int:
    return len([sql for sql in statements if "SAVEPOINT" not in sql])


TYPES = ("order.placed", "order.reshipped", "order.hold.added")


def listening(world: World, url: str = "https://shop.example/hook") -> str:
    """An endpoint for three types; answers its reference."""
    reference = listen(world, url, types=TYPES).endpoint.reference
    world.acme.refresh_from_db()
    return reference


def sent(letters: list[deliver.Letter]) -> list[str]:
    return [json.loads(letter.body)["data"]["order"] + " " + json.loads(letter.body)["type"] for letter in letters]


def test_of_one_order_a_message_waits_until_the_one_before_it_arrived(world: World) -> None:
    listening(world)
    for number in ("1042", "1043"):
        world.place(number, MUG=2)
    world.reship("1042", MUG=1)
    at = world.later()
    answers = {"1042": broken(), "1043": TAKEN}
    first = answer_due(at, lambda letter: answers[json.loads(letter.body)["data"]["order"]])
    world.reship("1042", MUG=1)
    assert sent(first) == ["1042 order.placed", "1043 order.placed"]
    assert answer_due(at + timedelta(seconds=4)) == []
    again = [answer_due(at + timedelta(seconds=5)) for _ in range(4)]
    assert [sent(letters) for letters in again] == [
        ["1042 order.placed"],
        ["1042 order.reshipped"],
        ["1042 order.reshipped"],
        [],
    ]
    assert again[0][0].reference == first[0].reference
    assert {row.rpartition(" ")[2] for row in told()} == {"DELIVERED"}


def test_the_schedule_is_that_of_the_standard_and_then_the_next_message_has_its_turn(world: World) -> None:
    listening(world)
    world.place("1042", MUG=2)
    world.reship("1042", MUG=1)
    at = start = world.later()
    tried = []
    for delay in (timedelta(0), *DELAYS):
        at += delay
        assert delay == timedelta(0) or answer_due(at - timedelta(seconds=1), broken()) == []
        # The endpoint stays enabled: something else arrived meanwhile.
        tried += sent(answer_due(at, broken()))
        with scope(client=world.acme):
            deliveries()[0].endpoint.__class__.objects.update(failing_since=None)
    assert tried == ["1042 order.placed"] * 10
    assert [delay.total_seconds() for delay in DELAYS] == [
        5,
        300,
        1_800,
        7_200,
        18_000,
        36_000,
        50_400,
        72_000,
        86_400,
    ]
    assert told() == ["1042 order.placed GIVEN_UP", "1042 order.reshipped PENDING"]
    assert sent(answer_due(at)) == ["1042 order.reshipped"]
    assert at - start == sum(DELAYS, timedelta(0))


@pytest.mark.parametrize(
    ("retry_after", "status", "seconds"),
    [
        ("120", 429, 120),
        ("120", 503, 120),
        ("1", 503, 5),
        ("999999999999", 429, 86_400),
        ("Mon, 02 Mar 2026 10:00:00 GMT", 503, 3_480),
        ("Sun, 01 Mar 2026 10:00:00 GMT", 503, 5),
        ("soon", 503, 5),
        ("-1", 503, 5),
        ("²", 503, 5),
        ("Mon, 02 Mar 2026 10:00:00 +9999999999999", 503, 5),
    ],
)
def test_a_retry_after_is_heeded_for_at_most_a_day(world: World, retry_after: str, status: int, seconds: int) -> None:
    listening(world)
    world.place("1042", MUG=1)
    at = datetime(2026, 3, 2, 9, 2, tzinfo=UTC)
    answer_due(at, broken(status, retry_after=retry_after))
    assert deliveries()[0].next_at == at + timedelta(seconds=seconds)


def test_delays_are_longer_by_up_to_a_fifth_at_random(world: World) -> None:
    listening(world)
    world.place("1042", MUG=1)
    at = world.later()
    fan_out_all(at)
    (letter,) = due_letters(at)
    record([(letter, broken())], at=at, jitter=lambda: 1)
    assert deliveries()[0].next_at == at + timedelta(seconds=6)


def test_who_answers_gone_is_disabled_and_what_waits_goes_on_when_enabled(world: World) -> None:
    reference = listening(world)
    world.place("1042", MUG=2)
    world.reship("1042", MUG=1)
    at = world.later()
    answer_due(at, broken(410))
    assert told() == ["1042 order.placed GIVEN_UP", "1042 order.reshipped PENDING"]
    (event,) = find_events(client_ids=[world.acme.pk], limit=1).rows
    assert (event.actor, wording(event)) == (
        "Reship",
        "disabled the webhook endpoint https://shop.example/hook of Acme (ACME): It answered 410 Gone.",
    )
    world.acme.refresh_from_db()
    assert not world.acme.sends_events
    world.reship("1042", MUG=1)
    assert (answer_due(at), events_to_send()) == ([], 0)
    enable_endpoint(reference, client=world.acme, actor=world.mara, at=world.later(), address="")
    assert sent(answer_due(at)) == ["1042 order.reshipped"]


def test_after_five_days_of_nothing_but_failures_an_endpoint_is_disabled(world: World) -> None:
    reference = listening(world)
    start = world.later()
    states = []
    for days, outcome in [(0, broken()), (4, TAKEN), (5, broken()), (9, broken()), (10, broken(502))]:
        at = start + timedelta(days=days)
        send_test_event(reference, **_by(world, at))
        answer_due(at, outcome)
        states.append(deliveries()[0].endpoint.disabled_why)
    assert states == ["", "", "", "", "Nothing arrived for 5 days. Lastly: It answered 502."]


def test_a_worker_that_died_leaves_its_letters_to_the_next_one(world: World) -> None:
    listening(world)
    world.place("1042", MUG=2)
    world.reship("1042", MUG=1)
    at = world.later()
    fan_out_all(at)
    (lost,) = due_letters(at)
    assert due_letters(at + LEASE - timedelta(seconds=1)) == []
    (again,) = due_letters(at + LEASE)
    assert (again.reference, again.body) == (lost.reference, lost.body)
    # The one that was thought dead comes back with a failure: the other one is at it, and this changes nothing.
    record([(lost, broken())], at=at + LEASE)
    assert (deliveries()[0].tries, deliveries()[0].lease) == (0, again.lease)
    record([(again, TAKEN)], at=at + LEASE)
    record([(lost, broken())], at=at + LEASE)
    assert told() == ["1042 order.placed DELIVERED", "1042 order.reshipped PENDING"]
    with scope(client=world.acme):
        attempts = list(WebhookAttempt.objects.order_by("pk").values_list("number", "status"))
    assert attempts == [(1, 500), (2, 200), (3, 500)]


def test_who_was_held_up_beyond_its_lease_sends_nothing(world: World) -> None:
    listening(world)
    world.place("1042", MUG=1)
    at = world.later()
    fan_out_all(at)
    (letter,) = due_letters(at)
    assert deliver.send(replace(letter, claimed=letter.claimed - 31)).failure.startswith("This worker was held up")


def test_a_disabled_or_removed_endpoint_is_sent_nothing(world: World) -> None:
    first, second = listening(world), listening(world)
    world.place("1042", MUG=1)
    at = world.later()
    fan_out_all(at)
    found = endpoints_with_due(at=at)
    disable_endpoint(first, client=world.acme, actor=world.mara, at=at, address="")
    remove_endpoint(second, client=world.acme, actor=world.mara, at=at, address="")
    assert len(found) == 2
    assert [claim(due, most=9, at=at) for due in found] == [[], []]
    assert endpoints_with_due(at=at) == []
    with pytest.raises(Refusal, match="endpoint_disabled"):
        send_test_event(first, **_by(world, at))
    with pytest.raises(Refusal, match="endpoint_disabled"):
        resend_failed(first, since=at, **_by(world, at))


def test_what_is_sent_again_comes_before_what_is_still_on_its_way(world: World) -> None:
    reference = listening(world)
    world.place("1042", MUG=3)
    for _ in range(2):
        world.reship("1042", MUG=1)
    at = world.later()
    answer_due(at)
    answer_due(at, broken())
    first, second, third = deliveries()
    resend_delivery(reference, first.message.reference, **_by(world, at))
    assert [delivery.next_at for delivery in deliveries()] == [at, None, None]
    # One that is on its way when an earlier one is sent again waits behind it, should it fail.
    letters = [answer_due(at) for _ in range(3)]
    assert [[letter.reference for letter in sent] for sent in letters] == [
        [first.message.reference],
        [second.message.reference],
        [third.message.reference],
    ]
    assert first.message.reference != second.message.reference


def test_one_under_way_waits_behind_what_is_sent_again_meanwhile(world: World) -> None:
    reference = listening(world)
    world.place("1042", MUG=3)
    world.reship("1042", MUG=1)
    at = world.later()
    answer_due(at)
    (under_way,) = due_letters(at)
    resend_delivery(reference, deliveries()[0].message.reference, **_by(world, at))
    record([(under_way, broken())], at=at)
    assert [(d.state, d.next_at) for d in deliveries()] == [("PENDING", at), ("PENDING", None)]
    answer_due(at)
    assert [(d.state, d.next_at) for d in deliveries()] == [("DELIVERED", None), ("PENDING", at)]


def test_all_that_failed_since_then_is_sent_again_in_its_order(world: World) -> None:
    reference = listening(world)
    world.place("1041", MUG=1)
    answer_due(world.later(), broken(410))
    enable_endpoint(reference, **_by(world, world.later()), address="")
    since = world.later()
    world.acme.refresh_from_db()
    world.place("1042", MUG=2)
    world.reship("1042", MUG=1)
    at = world.later()
    for _ in range(2):
        answer_due(at, broken(410))
        enable_endpoint(reference, **_by(world, at), address="")
    assert [row.rpartition(" ")[2] for row in told()] == ["GIVEN_UP"] * 3
    assert resend_failed(reference, since=since, **_by(world, at)) == 2
    assert [sent(answer_due(at)) for _ in range(3)] == [["1042 order.placed"], ["1042 order.reshipped"], []]


def test_answers_that_come_together_are_each_taken_for_what_they_are(world: World) -> None:
    listening(world)
    for number in ("1042", "1043", "1044"):
        world.place(number, MUG=2)
        world.reship(number, MUG=1)
    at = world.later()
    fan_out_all(at)
    letters = due_letters(at)
    record(list(zip(letters, [TAKEN, broken(), broken(503)], strict=True)), at=at, jitter=lambda: 0)
    assert [(d.state, d.next_at and d.next_at - at) for d in deliveries()] == [
        ("DELIVERED", None),
        ("PENDING", timedelta(0)),
        ("PENDING", timedelta(seconds=5)),
        ("PENDING", None),
        ("PENDING", timedelta(seconds=5)),
        ("PENDING", None),
    ]
    assert deliveries()[0].endpoint.failing_since is None


def test_a_test_goes_to_its_endpoint_alone_whatever_that_chose(world: World) -> None:
    reference = listening(world)
    listening(world)
    delivery = send_test_event(reference, **_by(world, world.later()))
    assert told() == ["- webhook.test PENDING"]
    (letter,) = answer_due(world.now)
    body = json.loads(letter.body)
    assert (letter.reference, body["type"]) == (delivery.message.reference, "webhook.test")
    assert body["data"] == {"endpoint": reference, "by": "Mara", "text": f"Mara sent a test to {reference}."}


def test_one_delivery_and_many_take_as_many_statements(world: World) -> None:
    listening(world)
    counts = []
    for numbers in (["1"], ["2", "3", "4"]):
        for number in numbers:
            world.place(number, MUG=1)
        at = world.later()
        fan_out_all(at)
        with captured_statements() as finding:
            (due,) = endpoints_with_due(at=at)
        with captured_statements() as claiming:
            letters = claim(due, most=9, at=at)
        assert len(letters) == len(numbers)
        for letter in letters:
            with captured_statements() as recording:
                record([(letter, TAKEN)], at=at)
        for statements in (claiming, recording):
            assert [t for sql in statements for t in tables_without_client(sql, client_id=world.acme.pk)] == []
        counts.append([len(finding), *(_count(statements) for statements in (claiming, recording))])
    assert counts == [[1, 3, 6], [1, 3, 6]]


def test_the_log_is_found_by_what_it_is_about(world: World) -> None:
    reference = listening(world)
    for number in ("1042", "1043"):
        world.place(number, MUG=2)
    world.reship("1042", MUG=1)
    answer_due(world.later())
    endpoint = deliveries()[0].endpoint

    def found(**wanted: str) -> list[str]:
        with captured_statements() as statements:
            part = find_deliveries(endpoint, DeliveryFilter(**wanted), limit=50)  # type: ignore[arg-type]  # Texts only.
        assert len(statements) == 1
        return [f"{row.order.number} {row.message.type}" for row in part.rows]

    assert found() == ["1043 order.placed", "1042 order.reshipped", "1042 order.placed"]
    assert found(order="1042") == ["1042 order.reshipped", "1042 order.placed"]
    assert found(type="order.placed", state="DELIVERED") == ["1043 order.placed", "1042 order.placed"]
    assert found(state="PENDING") == ["1042 order.reshipped"]
    assert found(state="GIVEN_UP") == []
    assert find_deliveries(endpoint, DeliveryFilter(order="\0"), limit=2).rows == []
    first = find_deliveries(endpoint, DeliveryFilter(), limit=2)
    rest = find_deliveries(endpoint, DeliveryFilter(), limit=2, after=first.next)
    assert [len(part.rows) for part in (first, rest)] == [2, 1]
    (attempt,) = delivery_of(endpoint, rest.rows[0].message.reference).attempts
    assert (attempt.status, attempt.answer, attempt.url) == (200, "thanks", "https://shop.example/hook")
    assert endpoint.reference == reference


def test_what_is_older_than_a_month_is_forgotten_whole(world: World) -> None:
    listening(world)
    world.place("1042", MUG=1)
    answer_due(world.later())
    cut = world.later()
    world.place("1043", MUG=1)
    fan_out_all(world.later())
    assert delete_old_deliveries(before=cut) == 1
    assert told() == ["1043 order.placed PENDING"]
    with scope(client=world.acme):
        assert (WebhookMessage.objects.count(), WebhookAttempt.objects.count()) == (1, 0)


def test_what_waited_behind_a_forgotten_message_has_its_turn(world: World) -> None:
    reference = listening(world)
    world.place("1042", MUG=2)
    answer_due(world.later(), broken())
    cut = world.later()
    world.reship("1042", MUG=1)
    fan_out_all(world.later())
    disable_endpoint(reference, address="", **_by(world, world.later()))
    assert delete_old_deliveries(before=cut) == 1
    enable_endpoint(reference, address="", **_by(world, world.later()))
    world.acme.refresh_from_db()
    world.hold("1042")
    assert [sent(answer_due(world.later())) for _ in range(3)] == [
        ["1042 order.reshipped"],
        ["1042 order.hold.added"],
        [],
    ]


def test_an_answer_that_cannot_be_recorded_stops_no_other_endpoint(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url in ("https://odd.example", "https://shop.example"):
        listening(world, url)
    world.place("1042", MUG=1)

    def record_or_fail(answered: Sequence[Answered], *, at: datetime) -> None:
        if answered[0][0].url == "https://odd.example":
            raise ArithmeticError
        record(answered, at=at)

    def take(letter: deliver.Letter) -> deliver.Outcome:
        return TAKEN

    monkeypatch.setattr(work, "record", record_or_fail)
    monkeypatch.setattr(work, "send", take)
    sender, at = Sender(lambda: at), world.later()
    assert sender.work_once()
    sender.close(5.0)
    assert not sender.is_anything_under_way()
    assert told() == ["1042 order.placed PENDING", "1042 order.placed DELIVERED"]
    assert len(due_letters(at)) == 0
    assert [letter.url for letter in due_letters(at + LEASE)] == ["https://odd.example"]


def test_what_an_endpoint_answers_is_kept_short_and_printable() -> None:
    assert deliver._printable("a\0b\nc\x1b[31m" + "x" * 2_000)[:12] == "a�b\nc�[31mxx"
    assert len(deliver._printable("x" * 2_000)) == 1_000
