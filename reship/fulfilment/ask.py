"""Asking somebody about a shipment, and answering.

A client whose parcel is already being picked asks the warehouse for a change. Whether a replacement shall still go when
the original arrived after all, or what to do when the carrier and the books disagree, is asked by Reship itself.
"""

from dataclasses import dataclass
from datetime import datetime

from reship import intake
from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal, result_of
from reship.floor.models import Question, QuestionKind
from reship.fulfilment.desk import Desk, at_desk
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.fulfilment.hold import check_lift, let_go
from reship.fulfilment.step import require_status
from reship.orders.models import EventType, Hold, HoldKind, ShipmentStatus

LONGEST = 1_000
SEND_IT = "Send it anyway."
_WHO_ANSWERS = {
    QuestionKind.CHANGE: Right.WAREHOUSE_WORK,
    QuestionKind.LATE_ARRIVAL: Right.RESHIP,
    QuestionKind.TRACKING: Right.WAREHOUSE_WORK,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered to an open question of a shipment, by the question's id.

    `send_it` is for a replacement whose original arrived: it goes out all the same, so its hold is lifted. Without a
    text the answer then says just that.
    """

    shipment: str
    question: int
    text: str = ""
    send_it: bool = False


def ask_question(shipment: str, text: str, *, client: Client, actor: Actor, at: datetime) -> Question:
    """Asks the warehouse for a change of a parcel on which it works already.

    Refuses `shipment_not_found`, `not_allowed`, `wrong_status` unless it is in picking or packed, `invalid_text`, and
    `already_asked` for the same words while they wait for an answer.
    """

    def work(desk: Desk) -> list[Question | Refusal]:
        desk.open_orders_of([shipment])
        return desk.each([text], lambda text: _ask(desk, shipment, text))

    return result_of(at_desk(work, client=client, actor=actor, at=at))


def answer_question(answer: Answer, *, client: Client, actor: Actor, at: datetime) -> Question:
    """Answers a question, which then is open no more.

    Refuses `shipment_not_found`, `question_not_found`, `not_allowed`, `already_answered` with who, when and what;
    `invalid_text`; and for `send_it` what lifting the hold refuses.
    """

    def work(desk: Desk) -> list[Question | Refusal]:
        desk.open_orders_of([answer.shipment])
        return desk.each([answer], lambda answer: _answer(desk, answer))

    return result_of(at_desk(work, client=client, actor=actor, at=at))


def check_ask(of_shipment: ShipmentFacts, actor: Actor) -> None:
    """Who may ask for a change, and when there is nothing else left than to ask."""
    require(actor, Right.EDIT_SHIPMENT)
    require_status(of_shipment, ShipmentStatus.PICKING, ShipmentStatus.PACKED)


def check_answer(question: Question, actor: Actor) -> None:
    """Who may answer a question, and how often it is answered."""
    require(actor, _WHO_ANSWERS[QuestionKind(question.kind)])
    if question.answered_at is not None:
        raise Refusal(
            "already_answered",
            f"{question.answered_by} has answered it: {question.answer}",
            answered_by=question.answered_by,
            answered_at=question.answered_at.isoformat(),
            answer=question.answer,
        )


def _ask(desk: Desk, number: str, text: str) -> Question:
    facts, of_shipment = desk.shipment(number)
    check_ask(of_shipment, desk.actor)
    asked = intake.text(text, field="text", longest=LONGEST, required=True, lines=True)
    open_ones = Question.objects.filter(
        shipment_id=of_shipment.shipment.pk, kind=QuestionKind.CHANGE, text=asked, answered_at__isnull=True
    )
    for same in open_ones:
        raise Refusal(
            "already_asked",
            f"{same.asked_by} has asked for just that, and nobody has answered yet.",
            shipment=number,
            asked_by=same.asked_by,
            asked_at=same.asked_at.isoformat(),
        )
    return desk.ask(facts, of_shipment, kind=QuestionKind.CHANGE, text=asked)


def _answer(desk: Desk, answer: Answer) -> Question:
    facts, of_shipment = desk.shipment(answer.shipment)
    question = Question.objects.filter(pk=answer.question, shipment_id=of_shipment.shipment.pk).first()
    if question is None:
        raise question_not_found(answer.shipment)
    check_answer(question, desk.actor)
    sends = answer.send_it and question.kind == QuestionKind.LATE_ARRIVAL
    text = intake.text(answer.text, field="answer", longest=LONGEST, required=not sends, lines=True) or SEND_IT
    if sends:
        _lift(desk, facts, of_shipment, question)
    desk.change(question, answer=text, answered_by=desk.actor.name, answered_at=desk.at)
    desk.touch(facts)
    desk.history.record(
        EventType.QUESTION_ANSWERED, facts.order, shipment=of_shipment.shipment, kind=question.kind, answer=text
    )
    return question


def _lift(desk: Desk, facts: OrderFacts, of_shipment: ShipmentFacts, question: Question) -> None:
    """Lifts the Operator Hold: one that came with the question for whoever answers it, another by its own rule."""
    for hold in [hold for hold in of_shipment.holds if hold.kind == HoldKind.OPERATOR]:
        if not _came_with(question, hold):
            check_lift(hold, desk.actor)
        let_go(desk, facts, of_shipment, hold)


def _came_with(question: Question, hold: Hold) -> bool:
    return (hold.placed_at, hold.placed_by) == (question.asked_at, question.asked_by)


def question_not_found(shipment: str) -> Refusal:
    return Refusal(
        "question_not_found", f"There is no such question about {intake.named(shipment)}.", shipment=shipment
    )
