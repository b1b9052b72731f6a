"""A deed behind a request key: a double click, or a request that is sent again, does it once and gets one answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django_scopes import scope

from reship.clients.access import Actor
from reship.clients.models import Client
from reship.database.retry import one_transaction
from reship.errors import Refusal
from reship.fulfilment.request_keys import RequestKeys, require_valid_key


@dataclass(frozen=True, slots=True)
class Answered:
    """What a deed answered, as it is stored under its key; `replayed` when it was done before."""

    answer: dict[str, Any]
    replayed: bool


def once(
    work: Callable[[], Mapping[str, object]],
    *,
    key: str | None,
    asked: object,
    client: Client,
    actor: Actor,
    at: datetime,
    keep_for: timedelta | None = None,
) -> Answered:
    """Runs `work`, verbs of one client among it, in one transaction; with a key only if it was not run before.

    `asked` stands for the whole of the request. A refusal undoes everything that `work` did and frees the key. With
    `keep_for` the answer is kept as long; then only where to find what was made, its `location`, and the key stays
    taken. Refuses `client_not_found`, `invalid_request_key`, `request_key_reused`, `answer_expired`, and whatever
    `work` refuses.
    """
    if not actor.sees(client.pk):
        raise Refusal("client_not_found", f"There is no client {client.code}.", client=client.code)
    if key is not None:
        require_valid_key(key)

    def deed() -> Answered:
        # A savepoint, so that a refusal undoes all of it where a transaction is open already, too.
        with transaction.atomic():
            if key is None:
                return Answered(dict(work()), replayed=False)
            text = json.dumps(asked, sort_keys=True)
            keys = RequestKeys(client_id=client.pk, at=at)
            keys.claim([(key, text)])
            first = keys.first_answer(key, text)
            if first is not None:
                return Answered(_unless_gone(json.loads(first), key), replayed=True)
            answer = dict(work())
            keys.answer(key, json.dumps(answer), kept_until=at + keep_for if keep_for else None)
            keys.settle()
            return Answered(answer, replayed=False)

    with scope(client=client.pk):
        return one_transaction(deed)


GONE = "answer_gone"
"""What is left of an answer that is not kept any longer: under this name, where to find what was made."""


def answer_that_is_gone(answer: Mapping[str, Any], *, made_at: datetime) -> dict[str, Any]:
    """What stands in an answer's place once it is not kept any longer."""
    return {GONE: answer.get("location", ""), "made_at": made_at.isoformat()}


def _unless_gone(answer: dict[str, Any], key: str) -> dict[str, Any]:
    if GONE in answer:
        raise Refusal(
            "answer_expired",
            f"The request with the key {key} was done, and its answer is not kept any longer.",
            key=key,
            made_at=answer["made_at"],
            location=answer[GONE],
        )
    return answer
