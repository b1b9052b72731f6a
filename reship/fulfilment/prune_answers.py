"""Answers that are not kept any longer: where to find what was made is left of each, and its key stays taken."""

import json
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import Exists, OuterRef
from django_scopes import scope, scopes_disabled

from reship.clients.models import Client
from reship.database.checkup import Finding
from reship.database.many import update_many
from reship.database.retry import one_transaction
from reship.fulfilment.models import RequestKey
from reship.fulfilment.once import answer_that_is_gone

CHUNK = 500
MOST_AT_ONCE = 50_000
"""Answers in one go, which are some seconds: whoever prunes has other work, too."""
_LATE = timedelta(days=1)


def prune_answers(*, at: datetime, most: int = MOST_AT_ONCE) -> int:
    """Forgets the answers that were to be kept until now or earlier; answers how many.

    A chunk of one client's in each transaction, the oldest first. Several may do it at once.
    """
    pruned = 0
    for client_id in _clients_with_answers_kept_until(at):
        taken = CHUNK
        while taken == CHUNK and pruned < most:
            taken = _prune_chunk(client_id, at)
            pruned += taken
    return pruned


def check_answers(*, at: datetime) -> Finding:
    """For `reship doctor`: whether some worker does its housekeeping."""
    try:
        late = len(_clients_with_answers_kept_until(at - _LATE))
    except DatabaseError:  # Before the first migration, or without a database; that is a finding of its own.
        return Finding("answers of the API", "unknown")
    problems = [f"those of {late} clients should be forgotten since a day: does a worker run?"] if late else []
    return Finding("answers of the API", "kept too long" if late else "kept as long as they should be", problems)


def _clients_with_answers_kept_until(at: datetime) -> list[int]:
    """One statement, which asks the index once for each client: an index that begins with them is no use otherwise."""
    with scopes_disabled():
        due = Exists(RequestKey.objects.filter(client_id=OuterRef("pk"), kept_until__lte=at))
        return list(Client.objects.filter(due).order_by("pk").values_list("pk", flat=True))


def _prune_chunk(client_id: int, at: datetime) -> int:
    def work() -> int:
        # What somebody else has locked is being pruned there. Nobody waits here, so nobody waits in a circle.
        due = RequestKey.objects.select_for_update(no_key=True, skip_locked=True).filter(kept_until__lte=at)
        rows = due.order_by("kept_until", "pk").values_list("pk", "answer", "made_at")[:CHUNK]
        gone = [(pk, _what_is_left(answer, made_at), None) for pk, answer, made_at in rows]
        update_many(RequestKey, client_id, ["answer", "kept_until"], gone)
        return len(gone)

    with scope(client=client_id):
        return one_transaction(work)


def _what_is_left(answer: str, made_at: datetime) -> str:
    return json.dumps(answer_that_is_gone(json.loads(answer), made_at=made_at))
