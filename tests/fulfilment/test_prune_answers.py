"""Answers are forgotten when they were kept long enough; their keys never are."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_scopes import scope

from reship.clients.models import Client
from reship.database.many import insert_many
from reship.errors import Refusal
from reship.fulfilment.models import RequestKey
from reship.fulfilment.once import Answered, once
from reship.fulfilment.prune_answers import CHUNK, check_answers, prune_answers
from tests.world import World

DAYS = timedelta(days=90)
ANSWER = {"status": 201, "location": "/api/v1/orders/1042/reshipments/1042-R1", "body": {"a": "long answer"}}


def ask(world: World, key: str, *, asked: str = "this", keep_for: timedelta | None = DAYS) -> Answered:
    def deed() -> dict[str, object]:
        return dict(ANSWER)

    return once(deed, key=key, asked=asked, client=world.acme, actor=world.mara, at=world.now, keep_for=keep_for)


def kept(client: Client) -> list[tuple[str, str, bool]]:
    """Each key with its answer, and whether that is to be forgotten some day."""
    with scope(client=client.pk):
        rows = RequestKey.objects.order_by("key")
        return [(row.key, row.answer, row.kept_until is not None) for row in rows]


def many(client: Client, count: int, world: World) -> None:
    """Answers that were kept long enough, stored at once."""
    rows = [
        RequestKey(
            client=client,
            key=f"key {number:04}",
            input_hash="x",
            answer=json.dumps(ANSWER),
            made_at=world.now - DAYS,
            kept_until=world.now,
        )
        for number in range(count)
    ]
    insert_many(client.pk, rows)


def test_an_answer_is_replayed_until_its_time_and_then_where_to_find_what_was_made(world: World) -> None:
    made_at = world.now
    ask(world, "ticket-7")
    world.now = made_at + DAYS - timedelta(seconds=1)
    assert prune_answers(at=world.now) == 0
    assert ask(world, "ticket-7") == Answered(ANSWER, replayed=True)
    world.now = made_at + DAYS
    assert prune_answers(at=world.now) == 1
    with pytest.raises(Refusal) as refused:
        ask(world, "ticket-7")
    assert (refused.value.code, refused.value.figures) == (
        "answer_expired",
        {"key": "ticket-7", "made_at": made_at.isoformat(), "location": ANSWER["location"]},
    )
    with pytest.raises(Refusal, match="request_key_reused"):
        ask(world, "ticket-7", asked="something else")
    assert prune_answers(at=world.now + DAYS) == 0


def test_an_answer_without_a_time_is_kept_for_ever(world: World) -> None:
    ask(world, "for ever", keep_for=None)
    assert prune_answers(at=world.now + 100 * DAYS) == 0
    assert kept(world.acme) == [("for ever", json.dumps(ANSWER), False)]


def test_each_clients_own_are_pruned_in_chunks(world: World) -> None:
    many(world.acme, CHUNK + 1, world)
    many(world.other, 2, world)
    with CaptureQueriesContext(connection) as asked:
        assert prune_answers(at=world.now) == CHUNK + 3
    verbs = [query["sql"].split(" ", 1)[0] for query in asked]
    assert (verbs.count("SELECT"), verbs.count("UPDATE")) == (1 + 3, 3)
    for client in (world.acme, world.other):
        assert {(json.loads(answer)["answer_gone"], due) for _, answer, due in kept(client)} == {
            (ANSWER["location"], False)
        }


def test_no_round_takes_the_worker_for_long(world: World) -> None:
    many(world.acme, CHUNK + 1, world)
    assert prune_answers(at=world.now, most=1) == CHUNK
    assert prune_answers(at=world.now, most=1) == 1


def test_the_doctor_finds_answers_that_nobody_forgets(world: World) -> None:
    many(world.acme, 1, world)
    assert check_answers(at=world.now).problems == []
    assert "does a worker run?" in check_answers(at=world.now + timedelta(days=1)).problems[0]
    prune_answers(at=world.now)
    assert check_answers(at=world.now + timedelta(days=1)).problems == []
