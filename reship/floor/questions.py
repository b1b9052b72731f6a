"""Questions about shipments: those of a page, and the list of all that wait for an answer."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django_scopes import scope, scopes_disabled

from reship.clients.models import Client
from reship.database.keyset import Cursor, Keyset, Part
from reship.floor.models import Question

_LONGEST_WAITING = Keyset("asked", "asked_at", datetime)
_NEWEST = Keyset("-asked", "asked_at", datetime, is_descending=True)


def questions_of(
    client: Client, shipment_ids: Collection[int], *, only_open: bool = False
) -> dict[int, list[Question]]:
    """What was asked about these shipments of a client, by the shipment's id; oldest first. One statement."""
    found: dict[int, list[Question]] = {shipment_id: [] for shipment_id in shipment_ids}
    with scope(client=client.pk):
        questions = Question.objects.filter(shipment_id__in=sorted(found))
        if only_open:
            questions = questions.filter(answered_at__isnull=True)
        for question in questions.order_by("asked_at", "pk"):
            found[question.shipment_id].append(question)
    return found


def find_questions(
    *, client_ids: Sequence[int] | None, answered: bool, limit: int, after: Cursor | None = None
) -> Part[Question]:
    """Questions of these clients, each with its client, order and shipment: the open ones longest waiting first.

    The answered ones are listed newest first. None asks for all clients, and is for the company only. One statement.
    Refuses `invalid_cursor`.
    """
    with scopes_disabled():
        questions = Question.objects.filter(answered_at__isnull=not answered)
        if client_ids is not None:
            questions = questions.filter(client_id__in=sorted(client_ids))
        keyset = _NEWEST if answered else _LONGEST_WAITING
        return keyset.part_of(questions.select_related("client", "order", "shipment"), limit=limit, after=after)
