"""Asking the warehouse for a change once picking started, and answering; and what a late arrival asks."""

from functools import partial

import pytest

from reship.clients.access import Actor
from reship.errors import Refusal
from reship.floor.models import Question
from reship.floor.questions import find_questions, questions_of
from reship.fulfilment.ask import SEND_IT, Answer, answer_question, ask_question
from reship.inventory.audit import audit
from reship.orders.models import HoldKind, ShipmentStatus
from tests.databases import RealDatabase
from tests.parallel import in_threads
from tests.statements import captured_statements, tables_without_client
from tests.world import NINE, World, make_world, refused


@pytest.fixture
def picked(world: World) -> World:
    """1042-1 is being picked by Pim."""
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PICKING)
    return world


@pytest.fixture
def arrived(world: World) -> World:
    """1042-1 was lost, 1042-R1 replaces it, and then 1042-1 was delivered."""
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042")
    world.mark("1042-1", ShipmentStatus.DELIVERED)
    return world


def ask(world: World, text: str = "Make it 3 mugs, please.", *, actor: Actor | None = None) -> Question:
    return ask_question("1042-1", text, client=world.acme, actor=actor or world.dana, at=world.later())


def answer(world: World, answer: Answer, *, actor: Actor) -> Question:
    return answer_question(answer, client=world.acme, actor=actor, at=world.later())


def asked(world: World, shipment: str) -> list[Question]:
    shipment_id = world.shipment(shipment).shipment.pk
    return questions_of(world.acme, [shipment_id])[shipment_id]


def test_a_question_is_asked_answered_and_told(picked: World) -> None:
    question = ask(picked)
    answer(picked, Answer("1042-1", question.pk, " Done, 3 mugs. "), actor=picked.pim)
    (stored,) = asked(picked, "1042-1")
    assert (stored.text, stored.asked_by, stored.answer, stored.answered_by) == (
        "Make it 3 mugs, please.",
        "Dana",
        "Done, 3 mugs.",
        "Pim",
    )
    assert picked.history("1042")[-2:] == [
        "Asked about 1042-1: Make it 3 mugs, please.",
        "Answered about 1042-1: Done, 3 mugs.",
    ]
    assert audit() == []


def test_who_may_edit_is_not_asked_to_ask(world: World) -> None:
    world.place("1042", MUG=2)
    with refused(
        "wrong_status",
        shipment="1042-1",
        status="OPEN",
        since=NINE.replace(minute=4).isoformat(),
        needed=["PICKING", "PACKED"],
    ):
        ask(world)


def test_nobody_asks_for_the_same_twice_while_it_is_open(picked: World) -> None:
    first = ask(picked)
    with refused("already_asked", shipment="1042-1", asked_by="Dana", asked_at=first.asked_at.isoformat()):
        ask(picked, actor=picked.mara)
    ask(picked, "And ring first.")
    answer(picked, Answer("1042-1", first.pk, "No."), actor=picked.otto)
    assert ask(picked).pk != first.pk


@pytest.mark.parametrize("text", ["", "  ", "a\x00b", "x" * 1_001])
def test_what_cannot_be_kept_is_not_asked(picked: World, text: str) -> None:
    with pytest.raises(Exception, match="invalid_text"):
        ask(picked, text)
    assert asked(picked, "1042-1") == []


def test_a_question_is_answered_once_and_the_second_learns_what_was_said(picked: World) -> None:
    question = ask(picked)
    first = answer(picked, Answer("1042-1", question.pk, "Done."), actor=picked.pim)
    assert first.answered_at is not None
    with refused("already_answered", answered_by="Pim", answered_at=first.answered_at.isoformat(), answer="Done."):
        answer(picked, Answer("1042-1", question.pk, "No."), actor=picked.otto)


def test_only_the_right_people_ask_and_answer(picked: World) -> None:
    question = ask(picked)
    with refused("not_allowed", right="edit_shipment", role="viewer"):
        ask(picked, "More", actor=picked.vic)
    with refused("not_allowed", right="warehouse_work", role="agent"):
        answer(picked, Answer("1042-1", question.pk, "Done."), actor=picked.dana)
    with refused("client_not_found", client="ACME"):
        ask(picked, "More", actor=picked.wren)


def test_a_question_of_another_shipment_is_not_found(picked: World) -> None:
    question = ask(picked)
    picked.place("1043", MUG=1)
    with refused("question_not_found", shipment="1043-1"):
        answer(picked, Answer("1043-1", question.pk, "Done."), actor=picked.pim)


def test_the_list_shows_a_client_its_own_and_the_company_all(picked: World) -> None:
    picked.place("7", client=picked.other, MUG=1)
    picked.ship("7-1", until=ShipmentStatus.PICKING, client=picked.other)
    first = ask(picked)
    ask_question("7-1", "Wrap it.", client=picked.other, actor=picked.wren, at=picked.later())
    answer(picked, Answer("1042-1", ask(picked, "Hurry.").pk, "Yes."), actor=picked.pim)

    def texts(client_ids: list[int] | None, *, answered: bool = False) -> list[str]:
        return [row.text for row in find_questions(client_ids=client_ids, answered=answered, limit=9).rows]

    assert texts(None) == [first.text, "Wrap it."]
    assert texts([picked.acme.pk]) == [first.text]
    assert texts([picked.other.pk]) == ["Wrap it."]
    assert texts(None, answered=True) == ["Hurry."]


def test_a_replacement_is_sent_anyway_by_the_client_whose_original_arrived(arrived: World) -> None:
    (question,) = asked(arrived, "1042-R1")
    answer(arrived, Answer("1042-R1", question.pk, send_it=True), actor=arrived.dana)
    assert arrived.shipment("1042-R1").holds == []
    assert arrived.history("1042")[-2:] == [
        "Operator Hold lifted from 1042-R1.",
        f"Answered about 1042-R1: {SEND_IT}",
    ]
    arrived.ship("1042-R1")
    assert audit() == []


def test_an_answer_lifts_no_hold_that_an_operator_placed_before(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042")
    world.hold("1042", shipment="1042-R1", kind=HoldKind.OPERATOR, actor=world.otto)
    world.mark("1042-1", ShipmentStatus.DELIVERED)
    (question,) = asked(world, "1042-R1")
    with refused("not_allowed", right="lift_operator_hold", role="agent"):
        answer(world, Answer("1042-R1", question.pk, send_it=True), actor=world.dana)
    answer(world, Answer("1042-R1", question.pk, send_it=True), actor=world.otto)
    assert world.shipment("1042-R1").holds == []
    assert audit() == []


def test_cancelling_the_replacement_answers_what_was_asked(arrived: World) -> None:
    arrived.cancel("1042-R1")
    (question,) = asked(arrived, "1042-R1")
    assert (question.answer, question.answered_by) == ("1042-R1 is cancelled.", "Mara")
    assert audit() == []


def test_a_cancellation_that_is_refused_lifts_no_hold_and_answers_nothing(world: World) -> None:
    world.place("1042", TEE=10)
    world.reship("1042", add_back=True, hold=True, TEE=10)
    world.adjust("TEE", 1)
    world.edit("1042-R1", TEE=9, actor=world.otto)
    world.place("1043", TEE=2)
    with refused("not_enough_available", sku="TEE", asked=10, available=9, shipment="1042-R1"):
        world.cancel("1042-R1")
    assert len(world.shipment("1042-R1").holds) == 1
    assert audit() == []


def test_every_statement_names_its_client(picked: World) -> None:
    with captured_statements() as statements:
        question = ask(picked)
        answer(picked, Answer("1042-1", question.pk, "Done."), actor=picked.pim)
        asked(picked, "1042-1")
    assert not [sql for sql in statements if tables_without_client(sql, client_id=picked.acme.pk)]


def test_of_two_answers_at_one_instant_one_stands_and_the_other_is_told(real_database: RealDatabase) -> None:
    world = make_world()
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PICKING)
    question = ask(world)
    deeds = [
        partial(answer, world, Answer("1042-1", question.pk, text), actor=actor)
        for text, actor in (("Done.", world.pim), ("No.", world.otto))
    ]
    outcomes = in_threads(deeds)
    answered = [outcome.answer for outcome in outcomes if isinstance(outcome, Question)]
    told = [outcome.code for outcome in outcomes if isinstance(outcome, Refusal)]
    assert (len(answered), told) == (1, ["already_answered"])
    assert [stored.answer for stored in asked(world, "1042-1")] == answered
    assert audit() == []
