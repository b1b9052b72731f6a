"""Webhooks of a client: its endpoints, their secrets, and the log of what was sent and answered."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from typing import cast
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.keyset import Cursor
from reship.errors import Refusal
from reship.fulfilment.once import once
from reship.http_status import status_of
from reship.web.access import PortalRequest, address_of, client_of, needs
from reship.web.addresses import ListAddress
from reship.web.webhook_forms import DeliveryListForm, EndpointForm, ResendForm, RotationForm
from reship.web.windows import go_to, refused_in_window
from reship.webhooks.deliver import DISABLED_AFTER
from reship.webhooks.endpoints import (
    change_endpoint,
    disable_endpoint,
    enable_endpoint,
    make_endpoint,
    remove_endpoint,
    rotate_secret,
    show_secret,
)
from reship.webhooks.models import DeliveryState, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from reship.webhooks.queries import DeliveryFilter, delivery_of, endpoint_of, endpoints_of, find_deliveries
from reship.webhooks.resend import resend_delivery, resend_failed, send_test_event

DELIVERIES_A_PAGE = 50
_SHOWN_NEXT = "webhook_with_new_secret"
"""In the session: the endpoint whose secret its page shows next, once. The secret itself is never kept there."""
_ROTATE, _REMOVE = "web/_webhook_rotate.html", "web/_webhook_remove.html"
_TONES = {DeliveryState.PENDING: "amber", DeliveryState.DELIVERED: "green", DeliveryState.GIVEN_UP: "red"}


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery in the log. `answer` is the last one's status, or why there was none."""

    delivery: WebhookDelivery
    tone: str
    answer: str
    url: str


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """A request of a delivery, as it was sent, and its answer."""

    attempt: WebhookAttempt
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class EndpointWindow:
    """A window about one endpoint: rotates its secret, or removes it."""

    client: Client
    endpoint: WebhookEndpoint
    form: RotationForm


@needs(Right.WEBHOOKS)
@require_http_methods(["GET", "HEAD", "POST"])
def webhooks(request: PortalRequest, client: str) -> HttpResponse:
    """The client's endpoints; or one more of them."""
    of_client = client_of(request, client)
    if request.method == "POST":
        return _make(request, of_client)
    rows = endpoints_of(of_client, actor=request.actor)
    return render(request, "web/webhooks.html", {"client": of_client, "rows": rows})


@needs(Right.WEBHOOKS)
@require_safe
def webhook_new(request: PortalRequest, client: str) -> HttpResponse:
    return _form_page(request, client_of(request, client), EndpointForm(), None)


@needs(Right.WEBHOOKS)
@require_safe
def webhook(request: PortalRequest, client: str, endpoint: str) -> HttpResponse:
    """The endpoint and the log of its deliveries; once after its secret was made, the secret too."""
    of_client = client_of(request, client)
    found = endpoint_of(endpoint, client=of_client, actor=request.actor)
    if request.method == "GET" and request.session.get(_SHOWN_NEXT) == found.reference:
        del request.session[_SHOWN_NEXT]
        return _page_with_secret(request, of_client, endpoint)
    return _page(request, of_client, found)


@needs(Right.WEBHOOKS)
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_changes(request: PortalRequest, client: str, endpoint: str) -> HttpResponse:
    of_client = client_of(request, client)
    found = endpoint_of(endpoint, client=of_client, actor=request.actor)
    if request.method != "POST":
        return _form_page(request, of_client, EndpointForm(endpoint=found), found)
    form = EndpointForm(request.POST, endpoint=found)
    try:
        change_endpoint(
            endpoint,
            form.wanted(),
            client=of_client,
            actor=request.actor,
            at=timezone.now(),
            address=address_of(request),
        )
    except Refusal as refusal:
        form.show(refusal)
        return _form_page(request, of_client, form, found, refusal)
    messages.success(request, "The endpoint is saved.")
    return go_to(request, _url(of_client, endpoint))


def _posted(view: Callable[[PortalRequest, Client, str], HttpResponse]) -> Callable[..., HttpResponse]:
    """For addresses that take forms: whoever comes there otherwise gets the endpoint's page."""

    @wraps(view)
    def answer(request: PortalRequest, client: str, endpoint: str) -> HttpResponse:
        of_client = client_of(request, client)
        if request.method != "POST":
            return redirect(_url(of_client, endpoint))
        return view(request, of_client, endpoint)

    return answer


@needs(Right.WEBHOOKS)
@_posted
def webhook_secret(request: PortalRequest, client: Client, endpoint: str) -> HttpResponse:
    """Shows the secret on the endpoint's page, in this one answer; that it was looked at is logged."""
    return _page_with_secret(request, client, endpoint)


@needs(Right.WEBHOOKS)
@_posted
def webhook_disabling(request: PortalRequest, client: Client, endpoint: str) -> HttpResponse:
    at = timezone.now()
    disable_endpoint(endpoint, client=client, actor=request.actor, at=at, address=address_of(request))
    messages.success(request, "The endpoint is disabled: nothing is sent there.")
    return go_to(request, _url(client, endpoint))


@needs(Right.WEBHOOKS)
@_posted
def webhook_enabling(request: PortalRequest, client: Client, endpoint: str) -> HttpResponse:
    at = timezone.now()
    enable_endpoint(endpoint, client=client, actor=request.actor, at=at, address=address_of(request))
    messages.success(request, "The endpoint is enabled, and gets what waits for it.")
    return go_to(request, _url(client, endpoint))


@needs(Right.WEBHOOKS)
@_posted
def webhook_tests(request: PortalRequest, client: Client, endpoint: str) -> HttpResponse:
    sent = send_test_event(endpoint, client=client, actor=request.actor, at=timezone.now())
    messages.success(request, "A test is on its way. Load this page again in a moment to see the answer.")
    return go_to(request, _delivery_url(client, endpoint, sent.message.reference))


@needs(Right.WEBHOOKS)
@_posted
def webhook_resends(request: PortalRequest, client: Client, endpoint: str) -> HttpResponse:
    """Sends again all that was given up since a day."""
    endpoint_of(endpoint, client=client, actor=request.actor)
    since = ResendForm(request.POST).moment()
    again = resend_failed(endpoint, since=since, client=client, actor=request.actor, at=timezone.now())
    messages.success(request, f"{again:,} {'message is' if again == 1 else 'messages are'} sent again.")
    return go_to(request, _url(client, endpoint))


@needs(Right.WEBHOOKS)
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_secrets(request: PortalRequest, client: str, endpoint: str) -> HttpResponse:
    """Asks how long the old secret signs as well; posted, makes the new one."""
    of_client = client_of(request, client)
    found = endpoint_of(endpoint, client=of_client, actor=request.actor)
    if request.method != "POST":
        return _window(request, _ROTATE, EndpointWindow(of_client, found, RotationForm()))
    form = RotationForm(request.POST)
    try:
        rotate_secret(
            endpoint,
            overlap=timedelta(hours=form.hours),
            client=of_client,
            actor=request.actor,
            at=timezone.now(),
            address=address_of(request),
        )
    except Refusal as refusal:
        return _window(request, _ROTATE, EndpointWindow(of_client, found, form), refusal)
    messages.success(request, "There is a new secret, which this page shows. Give it to the receiver.")
    request.session[_SHOWN_NEXT] = endpoint
    return go_to(request, _url(of_client, endpoint))


@needs(Right.WEBHOOKS)
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_removal(request: PortalRequest, client: str, endpoint: str) -> HttpResponse:
    """Asks; posted, removes."""
    of_client = client_of(request, client)
    found = endpoint_of(endpoint, client=of_client, actor=request.actor)
    if request.method != "POST":
        return _window(request, _REMOVE, EndpointWindow(of_client, found, RotationForm()))
    at = timezone.now()
    remove_endpoint(endpoint, client=of_client, actor=request.actor, at=at, address=address_of(request))
    messages.success(request, f"The endpoint {found.url} is removed.")
    return go_to(request, reverse("web:webhooks", args=[of_client.code]))


@needs(Right.WEBHOOKS)
@require_safe
def webhook_delivery(request: PortalRequest, client: str, endpoint: str, message: str) -> HttpResponse:
    """One message: what was sent, how often, and what was answered."""
    of_client = client_of(request, client)
    found = endpoint_of(endpoint, client=of_client, actor=request.actor)
    shown = delivery_of(found, message)
    body = json.dumps(json.loads(shown.delivery.message.body), indent=2, ensure_ascii=False)
    context = {
        "client": of_client,
        "endpoint": found,
        "row": _row(of_client, found, shown.delivery),
        "attempts": [_attempt(shown.delivery, attempt) for attempt in reversed(shown.attempts)],
        "body": body,
    }
    return render(request, "web/webhook_delivery.html", context)


@needs(Right.WEBHOOKS)
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_delivery_resends(request: PortalRequest, client: str, endpoint: str, message: str) -> HttpResponse:
    of_client = client_of(request, client)
    url = _delivery_url(of_client, endpoint, message)
    if request.method != "POST":
        return redirect(url)
    resend_delivery(endpoint, message, client=of_client, actor=request.actor, at=timezone.now())
    messages.success(request, "The message is sent again, with the same id.")
    return go_to(request, url)


def _make(request: PortalRequest, client: Client) -> HttpResponse:
    form = EndpointForm(request.POST)

    def deed() -> dict[str, object]:
        made = make_endpoint(
            form.wanted(), client=client, actor=request.actor, at=timezone.now(), address=address_of(request)
        )
        return {"endpoint": made.endpoint.reference}

    asked = [form.typed("url"), form.typed("description"), *form.chosen]
    form_key, at = request.POST.get("key", ""), timezone.now()
    try:
        answered = once(deed, key=form_key, asked=asked, client=client, actor=request.actor, at=at)
    except Refusal as refusal:
        form.show(refusal)
        return _form_page(request, client, form, None, refusal)
    reference = cast(str, answered.answer["endpoint"])
    told_of = "what happens" if not form.chosen else "of the types of events that were ticked"
    messages.success(
        request, f"The endpoint is told {told_of} from now on. Give its secret, which this page shows, to the receiver."
    )
    request.session[_SHOWN_NEXT] = reference
    return go_to(request, _url(client, reference))


def _form_page(
    request: PortalRequest,
    client: Client,
    form: EndpointForm,
    endpoint: WebhookEndpoint | None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    is_placed = refusal is not None and form.has_place_for(refusal)
    context = {
        "client": client,
        "endpoint": endpoint,
        "form": form,
        "form_key": uuid4().hex,
        "refused": refused_in_window(refusal, is_placed=is_placed),
    }
    status = status_of(refusal) if refusal else HTTPStatus.OK
    return render(request, "web/webhook_form.html", context, status=status)


def _page(request: PortalRequest, client: Client, endpoint: WebhookEndpoint, *, secret: str = "") -> HttpResponse:
    form = DeliveryListForm(request.GET)
    address = ListAddress.of(_url(client, endpoint.reference), form)
    page = request.GET.get("page", "")
    wanted = form.wanted() if form.is_valid() else DeliveryFilter()
    found = find_deliveries(endpoint, wanted, limit=DELIVERIES_A_PAGE, after=Cursor.from_text(page) if page else None)
    number = len(found.rows)
    is_all = found.previous is None and found.next is None
    overlaps = endpoint.old_secret_until is not None and endpoint.old_secret_until > timezone.now()
    context = {
        "client": client,
        "endpoint": endpoint,
        "secret": secret,
        "old_secret_until": endpoint.old_secret_until if overlaps else None,
        "days": DISABLED_AFTER.days,
        "form": form,
        "resend_form": ResendForm(),
        "rows": [_row(client, endpoint, delivery) for delivery in found.rows],
        "is_narrowed": bool(address.parameters),
        "previous_url": address.having(page=found.previous.as_text()) if found.previous else "",
        "next_url": address.having(page=found.next.as_text()) if found.next else "",
        "page_text": f"{number} {'message' if number == 1 else 'messages'}{'' if is_all else ' on this page'}",
    }
    return render(request, "web/webhook.html", context)


def _page_with_secret(request: PortalRequest, client: Client, endpoint: str) -> HttpResponse:
    at = timezone.now()
    shown = show_secret(endpoint, client=client, actor=request.actor, at=at, address=address_of(request))
    return _page(request, client, shown.endpoint, secret=shown.secret)


def _row(client: Client, endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> DeliveryRow:
    answer = str(delivery.last_status) if delivery.last_status else delivery.last_failure
    if not delivery.attempts:
        answer = "Not sent yet" if delivery.next_at else "Waits for an earlier message of the order"
    url = _delivery_url(client, endpoint.reference, delivery.message.reference)
    return DeliveryRow(delivery, _TONES[DeliveryState(delivery.state)], answer, url)


def _attempt(delivery: WebhookDelivery, attempt: WebhookAttempt) -> AttemptRow:
    headers = (
        ("content-type", "application/json"),
        ("webhook-id", delivery.message.reference),
        ("webhook-timestamp", str(int(attempt.at.timestamp()))),
        ("webhook-signature", attempt.signature),
    )
    return AttemptRow(attempt, headers)


def _window(
    request: PortalRequest, fragment: str, shown: EndpointWindow, refusal: Refusal | None = None
) -> HttpResponse:
    refused = refused_in_window(refusal, is_placed=False)
    context = {"window": shown, "refused": refused, "fragment": fragment}
    template = fragment if request.htmx else "web/webhook_window.html"
    return render(request, template, context, status=status_of(refusal) if refusal else HTTPStatus.OK)


def _url(client: Client, endpoint: str) -> str:
    return reverse("web:webhook", args=[client.code, endpoint])


def _delivery_url(client: Client, endpoint: str, message: str) -> str:
    return reverse("web:webhook_delivery", args=[client.code, endpoint, message])
