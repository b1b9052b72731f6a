"""Questions in the portal: the list of them, asking the warehouse, and answering."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django_scopes import scope

from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.keyset import Cursor
from reship.errors import Refusal
from reship.floor.models import Question, QuestionKind
from reship.floor.questions import find_questions, questions_of
from reship.fulfilment.allowed import Deed, why_not, why_not_answered, why_not_asked
from reship.fulfilment.ask import Answer, answer_question, ask_question
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.web.access import PortalRequest, client_of, clients_seen_by, needs
from reship.web.addresses import ListAddress
from reship.web.chosen_client import chosen_client, list_query
from reship.web.order_details import facts_of
from reship.web.question_forms import AnswerForm, AskForm, QuestionListForm
from reship.web.question_rows import QuestionRow, question_row
from reship.web.windows import Paths, RefusedInWindow, go_to, refused_in_window, window

QUESTIONS_A_PAGE = 50
_ID = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


class Found(NamedTuple):
    """A shipment of the order in the address, as it is now."""

    client: Client
    facts: OrderFacts
    of_shipment: ShipmentFacts
    paths: Paths

    @property
    def number(self) -> str:
        return self.of_shipment.shipment.number


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class AskWindow:
    shipment: str
    post_url: str
    form: AskForm
    refused: RefusedInWindow | None
    is_closed: bool
    """Nothing can be asked, whatever is typed."""


@dataclass(frozen=True, slots=True)
class AnswerWindow:
    """`cancel_url` is empty unless cancelling the shipment is an answer, and whoever asks may cancel it."""

    question: QuestionRow
    post_url: str
    form: AnswerForm
    refused: RefusedInWindow | None
    is_closed: bool
    sends: bool
    cancel_url: str


@needs(Right.VIEW)
@require_safe
def questions(request: PortalRequest) -> HttpResponse:
    """What waits for an answer, longest waiting first; or what was answered, newest first."""
    clients = clients_seen_by(request)
    form = QuestionListForm(list_query(request), clients=clients, chosen=chosen_client(request))
    page = request.GET.get("page", "")
    after = Cursor.from_text(page) if page else None
    client_ids = form.client_ids(request.user) if form.is_valid() else []
    found = find_questions(client_ids=client_ids, answered=form.shows_answered, limit=QUESTIONS_A_PAGE, after=after)
    address = ListAddress.of(reverse("web:questions"), form)
    number = len(found.rows)
    is_all = found.previous is None and found.next is None
    context = {
        "rows": [_row(request, question) for question in found.rows],
        "form": form,
        "tabs": (
            Tab("Open", address.having(state=""), not form.shows_answered),
            Tab("Answered", address.having(state="answered"), form.shows_answered),
        ),
        "shows_answered": form.shows_answered,
        "is_narrowed": bool(set(address.parameters) - form.kept - {"state"}),
        "shows_clients": form.shows_clients,
        "previous_url": address.having(page=found.previous.as_text()) if found.previous else "",
        "next_url": address.having(page=found.next.as_text()) if found.next else "",
        "page_text": f"{number} {'question' if number == 1 else 'questions'}{'' if is_all else ' on this page'}",
    }
    return render(request, "web/questions.html", context)


@needs(Right.EDIT_SHIPMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def shipment_questions(request: PortalRequest, client: str, number: str, shipment: str) -> HttpResponse:
    """Asks what to change; posted, asks the warehouse for it."""
    found = _find(request, client, number, shipment)
    if request.method != "POST":
        return _show_ask(request, found, why_not_asked(found.of_shipment, actor=request.actor))
    text = request.POST.get("text", "")
    try:
        ask_question(shipment, text, client=found.client, actor=request.actor, at=timezone.now())
    except Refusal as refusal:
        return _show_ask(request, _find(request, client, number, shipment), refusal)
    messages.success(request, f"The warehouse is asked about {shipment}. Its answer will stand here.")
    return go_to(request, found.paths.shown(shipment))


@needs(Right.VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def answers(request: PortalRequest, client: str, number: str, shipment: str) -> HttpResponse:
    """One question about the shipment; posted, its answer. Whoever names none gets the order, where they all stand."""
    found = _find(request, client, number, shipment)
    if request.method != "POST" and not request.GET.get("question"):
        return redirect(found.paths.shown(shipment))
    given = request.POST if request.method == "POST" else request.GET
    question = _question(found, given.get("question", ""))
    if request.method != "POST":
        return _show_answer(request, found, question, why_not_answered(question, actor=request.actor))
    answer = Answer(shipment, question.pk, given.get("answer", ""), send_it="send_it" in given)
    try:
        answered = answer_question(answer, client=found.client, actor=request.actor, at=timezone.now())
    except Refusal as refusal:
        found = _find(request, client, number, shipment)
        return _show_answer(request, found, _question(found, str(question.pk)), refusal)
    lifted = " Its Operator Hold is lifted." if answer.send_it and found.of_shipment.holds else ""
    messages.success(request, f"The question about {shipment} is answered: {answered.answer}{lifted}")
    return go_to(request, found.paths.shown(shipment))


def _row(request: PortalRequest, question: Question) -> QuestionRow:
    paths = Paths(question.client.code, question.order.number)
    return question_row(question, question.shipment.number, paths, actor=request.actor)


def _find(request: PortalRequest, client: str, number: str, shipment: str) -> Found:
    """A 404 for a shipment that is not one of this order."""
    of_client = client_of(request, client)
    with scope(client=of_client.pk):
        facts = facts_of(of_client, number)
    of_shipment = facts.shipment(shipment)
    if of_shipment is None:
        raise Http404
    return Found(of_client, facts, of_shipment, Paths(of_client.code, number))


def _question(found: Found, given: str) -> Question:
    """A 404 for a question that is not about this shipment."""
    shipment_id = found.of_shipment.shipment.pk
    asked = questions_of(found.client, [shipment_id])[shipment_id] if _ID.fullmatch(given) else []
    question = next((question for question in asked if question.pk == int(given)), None)
    if question is None:
        raise Http404
    return question


def _show_ask(request: PortalRequest, found: Found, refusal: Refusal | None) -> HttpResponse:
    form = AskForm(request.POST if request.method == "POST" else None)
    if refusal is not None:
        form.show(refusal)
    content = AskWindow(
        shipment=found.number,
        post_url=found.paths.to("shipment_questions", found.number),
        form=form,
        refused=refused_in_window(refusal, is_placed=bool(form.errors)),
        is_closed=why_not_asked(found.of_shipment, actor=request.actor) is not None,
    )
    title = f"Ask the warehouse about {found.number}"
    return window(request, "web/_question_ask.html", content, title=title, paths=found.paths, refusal=refusal)


def _show_answer(request: PortalRequest, found: Found, question: Question, refusal: Refusal | None) -> HttpResponse:
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if refusal is not None:
        form.show(refusal)
    sends = question.kind == QuestionKind.LATE_ARRIVAL
    may_cancel = sends and why_not(Deed.CANCEL, found.facts, found.of_shipment, actor=request.actor) is None
    content = AnswerWindow(
        question=question_row(question, found.number, found.paths, actor=request.actor),
        post_url=found.paths.to("answers", found.number),
        form=form,
        refused=refused_in_window(refusal, is_placed=bool(form.errors)),
        is_closed=why_not_answered(question, actor=request.actor) is not None,
        sends=sends,
        cancel_url=found.paths.to("shipment_cancel", found.number) if may_cancel else "",
    )
    title = f"Answer about {found.number}"
    return window(request, "web/_question_answer.html", content, title=title, paths=found.paths, refusal=refusal)
