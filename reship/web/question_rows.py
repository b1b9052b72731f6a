"""A question about a shipment, as every page shows it: on the order, on the list, where the parcel is packed."""

from dataclasses import dataclass
from datetime import datetime

from reship.clients.access import Actor
from reship.floor.models import Question, QuestionKind
from reship.fulfilment.allowed import why_not_answered
from reship.web.actions import reason_of
from reship.web.windows import Paths


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """What was asked and, once somebody answered, what. `why_not_answered` is empty for whoever may answer it now."""

    pk: int
    kind: str
    label: str
    text: str
    asked_by: str
    asked_at: datetime
    answer: str
    answered_by: str
    answered_at: datetime | None
    shipment: str
    shipment_url: str
    client_code: str
    answer_url: str
    why_not_answered: str

    @property
    def is_open(self) -> bool:
        return self.answered_at is None


def question_row(question: Question, shipment: str, paths: Paths, *, actor: Actor) -> QuestionRow:
    """One of these for a question about the shipment with this number, of the order that the paths lead to."""
    return QuestionRow(
        pk=question.pk,
        kind=question.kind,
        label=QuestionKind(question.kind).label,
        text=question.text,
        asked_by=question.asked_by,
        asked_at=question.asked_at,
        answer=question.answer,
        answered_by=question.answered_by,
        answered_at=question.answered_at,
        shipment=shipment,
        shipment_url=paths.shown(shipment),
        client_code=paths.client,
        answer_url=f"{paths.to('answers', shipment)}?question={question.pk}",
        why_not_answered=reason_of(why_not_answered(question, actor=actor)),
    )
