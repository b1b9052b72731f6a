"""A deed behind a request key: a double click, or a request that is sent again, does it once and gets one answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
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
) -> Answered:
    """Runs `work`, verbs of one client among it, in one transaction; with a key only if it was not run before.

    `asked` stands for the whole of the request. A refusal undoes everything that `work` did and frees the key.
    Refuses `client_not_found`, `invalid_request_key`, `request_key_reused`, and whatever `work` refuses.
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
                return Answered(json.loads(first), replayed=True)
            answer = dict(work())
            keys.answer(key, json.dumps(answer))
            keys.settle()
            return Answered(answer, replayed=False)

    with scope(client=client.pk):
        return one_transaction(deed)
