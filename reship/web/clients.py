"""Clients and their settings: the company's people set them, the client's manager reads them."""

from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from reship.clients.client_settings import change_client_settings, set_reasons, settings_of
from reship.clients.models import Client
from reship.clients.reasons import Reason, reasons_of
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.fulfilment.new_client import create_client
from reship.http_status import status_of
from reship.web.access import PortalRequest, address_of, client_of, clients_seen_by, needs
from reship.web.chosen_client import keep_name
from reship.web.client_forms import (
    FAULTS,
    ClientSettingsForm,
    NewClientForm,
    ReasonRow,
    posted_reasons,
    reason_rows,
)
from reship.web.windows import go_to


@dataclass(frozen=True, slots=True)
class ClientPage:
    """`locked` says why there is nothing to change; then rows are read, not edited."""

    client: Client
    form: ClientSettingsForm
    reasons: tuple[ReasonRow, ...]
    reasons_error: str
    has_own_reasons: bool
    locked: str
    may_manage_keys: bool
    may_manage_webhooks: bool
    may_connect_shops: bool


@needs(Right.SEE_CLIENT_SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def clients(request: PortalRequest) -> HttpResponse:
    """All clients, or one more of them. A client's own people have one, which is shown."""
    own = request.user.client
    if own is not None:
        return redirect("web:client", own.code)
    if request.method == "POST":
        return _make(request)
    context = {"clients": clients_seen_by(request), "may_make": request.actor.may(Right.SETTINGS)}
    return render(request, "web/clients.html", context)


@needs(Right.SETTINGS)
@require_safe
def client_new(request: PortalRequest) -> HttpResponse:
    return _new_window(request, NewClientForm())


@needs(Right.SEE_CLIENT_SETTINGS)
@require_safe
def client(request: PortalRequest, client: str) -> HttpResponse:
    of_client = client_of(request, client)
    return _page(request, of_client, ClientSettingsForm(settings=settings_of(of_client)))


@needs(Right.CHANGE_CLIENT_SETTINGS)
def client_settings(request: PortalRequest, client: str) -> HttpResponse:
    """Sets all that the form holds."""
    of_client = client_of(request, client)
    if request.method != "POST":
        return redirect("web:client", client)
    form = ClientSettingsForm(request.POST, settings=settings_of(of_client))
    try:
        changed = change_client_settings(
            of_client.pk, form.wanted, actor=request.actor, at=timezone.now(), address=address_of(request)
        )
    except Refusal as refusal:
        if not form.field_of(refusal):
            raise
        form.show(refusal)
        return _page(request, of_client, form, status=status_of(refusal))
    keep_name(request, changed)
    messages.success(request, f"The settings of {changed.name} are saved.")
    return go_to(request, reverse("web:client", args=[changed.code]))


@needs(Right.CHANGE_CLIENT_SETTINGS)
def client_reasons(request: PortalRequest, client: str) -> HttpResponse:
    """Sets the list of reasons; with `built_in`, back to those that everybody begins with."""
    of_client = client_of(request, client)
    if request.method != "POST":
        return redirect("web:client", client)
    reasons = [] if request.POST.get("built_in") else posted_reasons(request.POST)
    try:
        set_reasons(of_client.pk, reasons, actor=request.actor, at=timezone.now(), address=address_of(request))
    except Refusal as refusal:
        if refusal.code != "invalid_reasons":
            raise
        form = ClientSettingsForm(settings=settings_of(of_client))
        return _page(request, of_client, form, reasons=reasons, refusal=refusal, status=status_of(refusal))
    messages.success(request, f"The reasons of {of_client.name} are saved.")
    return go_to(request, f"{reverse('web:client', args=[of_client.code])}#reasons")


def _make(request: PortalRequest) -> HttpResponse:
    form = NewClientForm(request.POST)
    try:
        made = create_client(
            form.typed("code").strip(),
            name=form.typed("name"),
            actor=request.actor,
            at=timezone.now(),
            address=address_of(request),
        )
    except Refusal as refusal:
        if not form.field_of(refusal):
            raise
        form.show(refusal)
        return _new_window(request, form, status=status_of(refusal))
    messages.success(request, f"{made.name} is a client now. Set its policies, and invite its people.")
    return go_to(request, reverse("web:client", args=[made.code]))


def _new_window(request: PortalRequest, form: NewClientForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    template = "web/_client_new.html" if request.htmx else "web/client_new.html"
    return render(request, template, {"form": form}, status=status)


def _page(
    request: PortalRequest,
    client: Client,
    form: ClientSettingsForm,
    *,
    reasons: list[Reason] | None = None,
    refusal: Refusal | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    may_change = request.actor.may(Right.CHANGE_CLIENT_SETTINGS)
    page = ClientPage(
        client=client,
        form=form,
        reasons=tuple(reason_rows(list(reasons_of(client)) if reasons is None else reasons, refusal)),
        reasons_error=refusal.message if refusal else "",
        has_own_reasons=bool(client.reasons),
        locked="" if may_change else "The fulfilment company sets these. Ask them when something should change.",
        may_manage_keys=request.actor.may(Right.KEYS),
        may_manage_webhooks=request.actor.may(Right.WEBHOOKS),
        may_connect_shops=request.actor.may(Right.SHOPS),
    )
    return render(request, "web/client.html", {"page": page, "faults": FAULTS}, status=status)
