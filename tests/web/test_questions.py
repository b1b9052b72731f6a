"""Questions in the portal: asking from the order, the list of all that wait, answering."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client as Visitor
from django_scopes import scope
from pytest_django import DjangoAssertNumQueries

from reship.clients.access import Actor
from reship.floor.models import Question, QuestionKind
from reship.inventory.audit import audit
from reship.orders.models import ShipmentStatus
from tests.web.pages import Page
from tests.world import World

VisitAs = Callable[[Actor], Visitor]
ORDER = "/orders/ACME/1042/"
SHIPMENT = f"{ORDER}shipments/1042-1/"
ASK = f"{SHIPMENT}questions/"
ANSWER = f"{SHIPMENT}answers/"
LIST = "/questions/"


@pytest.fixture
def picked(world: World) -> World:
    """1042-1 is being picked by Pim."""
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PICKING)
    return world


def asked(visitor: Visitor, text: str = "Make it 3 mugs.") -> None:
    assert Page(visitor.get(ASK)).form(ASK).send(visitor, text=text).status_code == 303


def test_a_client_asks_from_the_order_and_reads_the_answer_there(picked: World, visit_as: VisitAs) -> None:
    dana, pim = visit_as(picked.dana), visit_as(picked.pim)
    page = dana.get(ORDER).text
    assert "Pim has been working on 1042-1 since" in page
    assert f'href="{ASK}"' in page
    asked(dana)
    assert "waits for an answer" in dana.get(ORDER).text
    (answer_url,) = [link["href"] for link in Page(pim.get(LIST)).elements if link["href"].startswith(ANSWER)]
    assert Page(pim.get(answer_url)).form(ANSWER).send(pim, answer="Done.").status_code == 303
    assert "Answered about 1042-1: Done." in dana.get(ORDER).text
    assert "No question waits for an answer" in pim.get(LIST).text
    assert "Done." in dana.get(f"{LIST}?state=answered").text
    assert audit() == []


def test_while_it_can_be_edited_nobody_is_offered_to_ask(world: World, visit_as: VisitAs) -> None:
    world.place("1042", MUG=2)
    visitor = visit_as(world.dana)
    assert ASK not in visitor.get(ORDER).text
    page = Page(visitor.get(ASK))
    assert (page.refusal, page.form(ASK).fields.get("text")) == ("wrong_status", None)


def test_what_is_refused_comes_back_with_what_was_typed(picked: World, visit_as: VisitAs) -> None:
    dana, pim = visit_as(picked.dana), visit_as(picked.pim)
    page = Page(dana.post(ASK, {"text": "a\x00b"}))
    assert (page.refusal, list(page.marked)) == ("invalid_text", ["text"])
    asked(dana)
    again = dana.post(ASK, {"text": "Make it 3 mugs."})
    assert (again.status_code, Page(again).refusal, Page(again).form(ASK).fields["text"]) == (
        409,
        "already_asked",
        "Make it 3 mugs.",
    )
    form = Page(pim.get(LIST)).elements
    answer_url = next(link["href"] for link in form if link["href"].startswith(ANSWER))
    page = Page(Page(pim.get(answer_url)).form(ANSWER).send(pim, answer=" "))
    assert (page.refusal, list(page.marked)) == ("invalid_text", ["answer"])
    assert Page(dana.get(answer_url)).refusal == "not_allowed"


@pytest.mark.parametrize("question", ["0", "x", "-1", "²", "9" * 30, "99999999"])
def test_a_question_that_nobody_asked_is_not_found(picked: World, visit_as: VisitAs, question: str) -> None:
    visitor = visit_as(picked.pim)
    assert visitor.get(ANSWER, {"question": question}).status_code == 404
    assert visitor.post(ANSWER, {"question": question, "answer": "Done."}).status_code == 404


def test_another_clients_questions_are_not_seen(picked: World, visit_as: VisitAs) -> None:
    asked(visit_as(picked.dana), "A secret.")
    wren = visit_as(picked.wren)
    assert "A secret." not in wren.get(LIST).text
    assert [wren.get(ASK).status_code, wren.get(ANSWER).status_code] == [404, 404]
    assert visit_as(picked.pim).get(ANSWER)["Location"].startswith(ORDER)
    assert visit_as(picked.pim).post(ANSWER).status_code == 404
    assert "A secret." in visit_as(picked.otto).get(f"{LIST}?client=ACME").text
    assert "A secret." not in visit_as(picked.otto).get(f"{LIST}?client=OTHER").text


def test_a_late_arrival_is_sent_anyway_or_cancelled(world: World, visit_as: VisitAs) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042")
    world.mark("1042-1", ShipmentStatus.DELIVERED)
    answers = f"{ORDER}shipments/1042-R1/answers/"
    dana = visit_as(world.dana)
    url = next(link["href"] for link in Page(dana.get(LIST)).elements if link["href"].startswith(answers))
    page = Page(dana.get(url))
    assert f"{ORDER}shipments/1042-R1/cancellation/" in [element["href"] for element in page.elements]
    assert page.form(answers).send(dana, send_it="1").status_code == 303
    assert world.shipment("1042-R1").holds == []
    assert "Its Operator Hold is lifted." in dana.get(ORDER).text
    assert audit() == []


def test_the_list_asks_the_database_the_same_for_one_and_for_fifty(
    picked: World, visit_as: VisitAs, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    shipment = picked.shipment("1042-1").shipment
    visitor = visit_as(picked.otto)
    for count in (1, 49):
        with scope(client=picked.acme.pk):
            Question.objects.bulk_create(
                Question(
                    client=picked.acme,
                    order_id=shipment.order_id,
                    shipment=shipment,
                    kind=QuestionKind.CHANGE,
                    text=f"Change {n}",
                    asked_by="Dana",
                    asked_at=picked.now + timedelta(minutes=n),
                )
                for n in range(count)
            )
        with django_assert_num_queries(4):
            page = visitor.get(LIST).text
    assert page.count('rs-lines">Change ') == 50
