"""Bulk Edit: the panel that opens over the selected orders, and the draft of a job that it makes."""

import contextlib
from dataclasses import dataclass
from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from reship.clients.access import Actor
from reship.clients.models import Client
from reship.clients.reasons import reasons_of
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.http_status import status_of
from reship.jobs.make_job import make_job, make_job_of_matching
from reship.jobs.models import Job
from reship.jobs.work import work_to_the_end
from reship.web.access import PortalRequest, needs
from reship.web.bulk_forms import BulkEditForm
from reship.web.order_forms import reason_choices
from reship.web.refusals import figures_in_words
from reship.web.selections import Selection, selection_of
from reship.web.windows import RefusedInWindow, go_to, refused_in_window

DRY_RUN_SECONDS = 0.3
"""How long the answer waits for the dry run: that of a few orders is then there at once. A worker does the rest."""


@dataclass(frozen=True, slots=True)
class BulkEditPanel:
    """What the panel shows. `add_back_locked` and `hold_locked` say why there is no choice."""

    selection: Selection
    shows_client: bool
    form: BulkEditForm
    add_back_locked: str
    hold_locked: str
    post_url: str
    refused: RefusedInWindow | None


@needs(Right.BULK)
def bulk_edit(request: PortalRequest) -> HttpResponse:
    """The panel for the orders that are posted; nothing is written."""
    if request.method != "POST":
        return redirect("web:orders")
    try:
        return _panel(request, selection_of(request), None)
    except Refusal as refusal:
        return _refused(request, refusal)


@needs(Right.BULK)
def bulk_drafts(request: PortalRequest) -> HttpResponse:
    """Makes the draft of a job, with as much of its dry run as can be had at once."""
    if request.method != "POST":
        return redirect("web:orders")
    try:
        selection = selection_of(request)
    except Refusal as refusal:
        return _refused(request, refusal)
    form = _form(request, selection.client, is_sent=True)
    try:
        job = _make(request, selection, form)
    except Refusal as refusal:
        form.show(refusal)
        return _panel(request, selection, form, refusal)
    return go_to(request, job_url(rehearsed_a_little(job), selection.client))


def rehearsed_a_little(job: Job) -> Job:
    """The job with what of its dry run can be had at once."""
    with contextlib.suppress(Refusal):  # Somebody else is at it: the worker goes on.
        return work_to_the_end(job, now=timezone.now, seconds=DRY_RUN_SECONDS)
    return job


def job_url(job: Job, client: Client, page: str = "job") -> str:
    return reverse(f"web:{page}", args=[client.code, str(job.number)])


def why_no_add_back_in_bulk(client: Client, actor: Actor) -> str:
    """Empty when there is the choice."""
    if not actor.may(Right.ADD_BACK):
        return f"Your role ({actor.role}) does not include adding back."
    if not actor.may_add_back(client):
        return f"The fulfilment company has switched adding back off for {client.name}."
    return ""


def why_held_in_bulk(client: Client) -> str:
    """Empty when there is the choice."""
    return f"{client.name} holds every reshipment at first." if client.hold_every_reship else ""


def _form(request: PortalRequest, client: Client, *, is_sent: bool) -> BulkEditForm:
    return BulkEditForm(
        request.POST if is_sent else None,
        reasons=reason_choices(reasons_of(client)),
        reason_required=request.actor.must_give_reason(client),
    )


def _make(request: PortalRequest, selection: Selection, form: BulkEditForm) -> Job:
    client, actor, at = selection.client, request.actor, timezone.now()
    options = form.options()
    if selection.wanted is None:
        return make_job(selection.orders, options, client=client, actor=actor, at=at)
    return make_job_of_matching(
        selection.wanted, options, client=client, actor=actor, at=at, selection=selection.in_words
    )


def _panel(
    request: PortalRequest, selection: Selection, form: BulkEditForm | None, refusal: Refusal | None = None
) -> HttpResponse:
    form = form or _form(request, selection.client, is_sent=False)
    panel = BulkEditPanel(
        selection=selection,
        shows_client=request.actor.is_of_company,
        form=form,
        add_back_locked=why_no_add_back_in_bulk(selection.client, request.actor),
        hold_locked=why_held_in_bulk(selection.client),
        post_url=reverse("web:bulk_drafts"),
        refused=refused_in_window(refusal, is_placed=bool(form.errors)),
    )
    status = status_of(refusal) if refusal else HTTPStatus.OK
    return bulk_window(request, "web/_bulk_edit.html", {"panel": panel}, status=status)


def _refused(request: PortalRequest, refusal: Refusal) -> HttpResponse:
    """A window that says why there is nothing to choose."""
    content = {"refusal": refusal, "figures": figures_in_words(refusal)}
    return bulk_window(request, "web/_bulk_refused.html", content, status=status_of(refusal))


def bulk_window(
    request: PortalRequest, fragment: str, content: dict[str, object], *, status: int, title: str = "Bulk Edit"
) -> HttpResponse:
    """The fragment alone for the dialog, or with a page around it."""
    template = fragment if request.htmx else "web/bulk_window.html"
    return render(request, template, content | {"fragment": fragment, "title": title}, status=status)
