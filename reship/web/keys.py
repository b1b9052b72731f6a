"""API keys of a client: who has which, and the one page that ever shows a key's text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from reship.clients.api_keys import (
    KeyState,
    MadeKey,
    key_seen_by,
    keys_of,
    make_key,
    revoke_key,
    roles_for_key,
    roll_key,
    state_of,
)
from reship.clients.models import ApiKey, Client
from reship.clients.roles import Right, Scope
from reship.errors import Refusal
from reship.fulfilment.once import once
from reship.http_status import status_of
from reship.web.access import PortalRequest, address_of, client_of, needs
from reship.web.key_forms import SCOPES, KeyForm, RollForm
from reship.web.windows import go_to, refused_in_window

_ROLL, _REVOKE = "web/_key_roll.html", "web/_key_revoke.html"
_STATES = {
    KeyState.ACTIVE: ("Active", "green"),
    KeyState.ROLLED: ("Rolled", "amber"),
    KeyState.EXPIRED: ("Ended", "grey"),
    KeyState.REVOKED: ("Revoked", "red"),
    KeyState.MAKER_DEACTIVATED: ("Maker deactivated", "red"),
}


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key in the list. `successor` is the prefix of the key that takes its place."""

    key: ApiKey
    scopes: str
    last_used_at: datetime | None
    state: str
    tone: str
    successor: str
    may_roll: bool
    may_revoke: bool


@dataclass(frozen=True, slots=True)
class KeyWindow:
    """A window about one key: rolls it, or revokes it."""

    client: Client
    key: ApiKey
    form: RollForm
    form_key: str


@needs(Right.KEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: PortalRequest, client: str) -> HttpResponse:
    """The client's keys; or one more of them."""
    of_client = client_of(request, client)
    if request.method == "POST":
        return _make(request, of_client)
    at = timezone.now()
    rows = [_row(key, at) for key in keys_of(of_client, actor=request.actor)]
    return render(request, "web/keys.html", {"client": of_client, "rows": rows})


@needs(Right.KEYS)
@require_safe
def key_new(request: PortalRequest, client: str) -> HttpResponse:
    return _show_form(request, client_of(request, client), _form(request), form_key=uuid4().hex)


@needs(Right.KEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def key_successors(request: PortalRequest, client: str, key: str) -> HttpResponse:
    """Asks how long the old key still holds; posted, makes the key that takes its place."""
    of_client, old = _find(request, client, key)
    if request.method != "POST":
        return _window(request, _ROLL, KeyWindow(of_client, old, RollForm(), uuid4().hex))
    form = RollForm(request.POST)

    def roll() -> MadeKey:
        return roll_key(
            old.prefix,
            overlap=timedelta(hours=form.hours),
            client=of_client,
            actor=request.actor,
            at=timezone.now(),
            address=address_of(request),
        )

    try:
        made = _made_once(request, of_client, roll, asked=["roll", old.prefix, form.typed("overlap")])
    except Refusal as refusal:
        return _window(request, _ROLL, KeyWindow(of_client, old, form, uuid4().hex), refusal)
    return _show_text(request, of_client, made)


@needs(Right.KEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def key_revocation(request: PortalRequest, client: str, key: str) -> HttpResponse:
    """Asks; posted, revokes."""
    of_client, found = _find(request, client, key)
    shown = KeyWindow(of_client, found, RollForm(), "")
    if request.method != "POST":
        return _window(request, _REVOKE, shown)
    at = timezone.now()
    try:
        revoke_key(found.prefix, client=of_client, actor=request.actor, at=at, address=address_of(request))
    except Refusal as refusal:
        return _window(request, _REVOKE, shown, refusal)
    messages.success(request, f"The key {found.name} ({found.prefix}) is revoked. It opens nothing any more.")
    return go_to(request, reverse("web:keys", args=[of_client.code]))


def _make(request: PortalRequest, client: Client) -> HttpResponse:
    form = _form(request)
    asked = ["make", *(form.typed(name) for name in ("name", "role", "expires")), *form.chosen_scopes]

    def make() -> MadeKey:
        new, at = form.wanted(client), timezone.now()
        return make_key(new, client=client, actor=request.actor, at=at, address=address_of(request))

    try:
        made = _made_once(request, client, make, asked=asked)
    except Refusal as refusal:
        form.show(refusal)
        return _show_form(request, client, form, form_key=uuid4().hex, refusal=refusal)
    return _show_text(request, client, made)


def _made_once(
    request: PortalRequest, client: Client, work: Callable[[], MadeKey], *, asked: Sequence[str]
) -> MadeKey | None:
    """The key that this form made, or None when the form was sent before, as by loading the answer again.

    What is stored under the form's own key is a prefix and never a text, so that nothing can be shown twice.
    """
    made: list[MadeKey] = []

    def deed() -> dict[str, object]:
        made.append(work())
        return {"api_key": made[-1].key.prefix}

    form_key, at = request.POST.get("key", ""), timezone.now()
    answered = once(deed, key=form_key, asked=asked, client=client, actor=request.actor, at=at)
    return None if answered.replayed else made[-1]


def _find(request: PortalRequest, client: str, prefix: str) -> tuple[Client, ApiKey]:
    """Refuses `key_not_found`, also for a key of another client."""
    of_client = client_of(request, client)
    key = key_seen_by(request.actor, prefix)
    if key.client_id != of_client.pk:
        raise Http404
    return of_client, key


def _row(key: ApiKey, at: datetime) -> KeyRow:
    state = state_of(key, at=at)
    label, tone = _STATES[state]
    use = getattr(key, "use", None)
    has_ended = state in {KeyState.EXPIRED, KeyState.REVOKED}
    return KeyRow(
        key=key,
        scopes=", ".join(SCOPES[Scope(scope)][0] for scope in key.scopes),
        last_used_at=use.last_used_at if use else None,
        state=label,
        tone=tone,
        successor=key.rolled_into.prefix if key.rolled_into else "",
        may_roll=not has_ended and key.rolled_into_id is None,
        may_revoke=not has_ended,
    )


def _form(request: PortalRequest) -> KeyForm:
    return KeyForm(request.POST if request.method == "POST" else None, roles=roles_for_key(request.actor))


def _show_form(
    request: PortalRequest, client: Client, form: KeyForm, *, form_key: str, refusal: Refusal | None = None
) -> HttpResponse:
    status = status_of(refusal) if refusal else HTTPStatus.OK
    is_placed = refusal is not None and form.has_place_for(refusal)
    refused = refused_in_window(refusal, is_placed=is_placed)
    context = {"client": client, "form": form, "form_key": form_key, "refused": refused}
    return render(request, "web/key_new.html", context, status=status)


def _show_text(request: PortalRequest, client: Client, made: MadeKey | None) -> HttpResponse:
    """The only answer that ever holds a key's text; browsers and proxies are told to keep none of these pages."""
    return render(request, "web/key_made.html", {"client": client, "made": made})


def _window(request: PortalRequest, fragment: str, shown: KeyWindow, refusal: Refusal | None = None) -> HttpResponse:
    """For the dialog, or with a page around it; its form is sent without htmx, because its answer is a page."""
    refused = refused_in_window(refusal, is_placed=False)
    context = {"window": shown, "refused": refused, "fragment": fragment}
    template = fragment if request.htmx else "web/key_window.html"
    return render(request, template, context, status=status_of(refusal) if refusal else HTTPStatus.OK)
