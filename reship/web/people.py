"""People: who may come in, as what, and what they may be stopped from."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from reship.clients.account_log import find_events
from reship.clients.api_keys import keys_made_by
from reship.clients.directory import client_by_code
from reship.clients.invitations import invitation_path
from reship.clients.models import User
from reship.clients.new_user import create_user
from reship.clients.people import (
    change_person,
    deactivate_person,
    find_people,
    invite_again,
    person_seen_by,
    reactivate_person,
    why_not_managed,
)
from reship.clients.roles import Right, Role
from reship.clients.two_step import is_on, reset_two_step, why_not_reset
from reship.errors import Refusal
from reship.http_status import status_of
from reship.web.access import PortalRequest, address_of, clients_seen_by, needs
from reship.web.activity import EventRow, event_row
from reship.web.addresses import ListAddress
from reship.web.chosen_client import chosen_client, list_query
from reship.web.forms import ListForm
from reship.web.people_forms import COMPANY, InviteForm, PersonForm
from reship.web.windows import go_to

MOST_PEOPLE = 500
EVENTS_OF_PERSON = 20
_LINK = "invitation_link"


@dataclass(frozen=True, slots=True)
class PersonRow:
    person: User
    url: str
    has_two_step: bool


@dataclass(frozen=True, slots=True)
class PersonPage:
    """What the page of a person shows. `link` is one that was made a moment ago; a `refused` says why not.

    `keys` are the API keys that end with the person's access, in words.
    """

    person: User
    form: PersonForm
    has_two_step: bool
    link: str
    refused: str
    refused_reset: str
    keys: str
    events: tuple[EventRow, ...]


@needs(Right.PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: PortalRequest) -> HttpResponse:
    """Everybody whom one may see; or one more of them."""
    if request.method == "POST":
        return _invite(request)
    form = ListForm(list_query(request), clients=clients_seen_by(request), chosen=chosen_client(request))
    address = ListAddress.of(reverse("web:people"), form)
    found = find_people(client_ids=form.client_ids(request.user) if form.is_valid() else [], limit=MOST_PEOPLE)
    context = {
        "form": form,
        "rows": [PersonRow(listed.person, _url(listed.person), listed.has_two_step) for listed in found],
        "is_narrowed": bool(set(address.parameters) - form.kept),
        "most": MOST_PEOPLE if len(found) == MOST_PEOPLE else 0,
    }
    return render(request, "web/people.html", context)


@needs(Right.PEOPLE)
@require_safe
def person_new(request: PortalRequest) -> HttpResponse:
    """The window in which somebody is invited."""
    return _invite_window(request, _invite_form(request))


@needs(Right.PEOPLE)
@require_safe
def person(request: PortalRequest, person: str) -> HttpResponse:
    shown = person_seen_by(request.actor, person)
    return _page(request, shown, PersonForm(person=shown))


def _posted(view: Callable[[PortalRequest, User], HttpResponse]) -> Callable[..., HttpResponse]:
    """For addresses that take forms: whoever comes there otherwise gets the person's page."""

    @wraps(view)
    def answer(request: PortalRequest, person: str) -> HttpResponse:
        seen = person_seen_by(request.actor, person)
        return view(request, seen) if request.method == "POST" else redirect(_url(seen))

    return answer


@needs(Right.PEOPLE)
@_posted
def person_change(request: PortalRequest, person: User) -> HttpResponse:
    form = PersonForm(request.POST, person=person)
    try:
        changed = change_person(
            person.email,
            name=form.typed("name"),
            role=form.typed("role"),
            actor=request.actor,
            at=timezone.now(),
            address=address_of(request),
        )
    except Refusal as refusal:
        if not form.field_of(refusal):
            raise
        form.show(refusal)
        return _page(request, person, form, status=status_of(refusal))
    messages.success(request, f"{changed.name} is {changed.role} now.")
    return go_to(request, _url(changed))


@needs(Right.PEOPLE)
@_posted
def person_deactivation(request: PortalRequest, person: User) -> HttpResponse:
    gone = deactivate_person(person.email, actor=request.actor, at=timezone.now(), address=address_of(request))
    messages.success(request, f"{gone.name} is deactivated, and signed out everywhere.")
    return go_to(request, _url(gone))


@needs(Right.PEOPLE)
@_posted
def person_reactivation(request: PortalRequest, person: User) -> HttpResponse:
    back = reactivate_person(person.email, actor=request.actor, at=timezone.now(), address=address_of(request))
    messages.success(request, f"{back.name} may sign in again.")
    return go_to(request, _url(back))


@needs(Right.PEOPLE)
@_posted
def person_invitation(request: PortalRequest, person: User) -> HttpResponse:
    """A new link with which the person chooses a password."""
    path = invite_again(person.email, actor=request.actor, at=timezone.now(), address=address_of(request))
    return _to_link(request, person, path)


@needs(Right.RESET_TWO_STEP)
@_posted
def person_two_step(request: PortalRequest, person: User) -> HttpResponse:
    reset_two_step(person, actor=request.actor, at=timezone.now(), address=address_of(request))
    messages.success(request, f"{person.name} signs in with the password alone, and may set up another phone.")
    return go_to(request, _url(person))


def _invite(request: PortalRequest) -> HttpResponse:
    form = _invite_form(request)
    asked = form.typed("client")
    try:
        client = request.user.client
        if client is None and asked != COMPANY:
            client = client_by_code(asked)
        invited = create_user(
            form.typed("email"),
            name=form.typed("name"),
            role=_role(form.typed("role")),
            client=client,
            actor=request.actor,
            at=timezone.now(),
            address=address_of(request),
        )
    except Refusal as refusal:
        if not form.field_of(refusal):
            raise
        form.show(refusal)
        return _invite_window(request, form, status=status_of(refusal))
    return _to_link(request, invited, invitation_path(invited))


def _role(given: str) -> Role:
    """Refuses `role_does_not_fit` for what is no role."""
    try:
        return Role(given)
    except ValueError as error:
        raise Refusal("role_does_not_fit", "Choose a role.") from error


def _to_link(request: PortalRequest, person: User, path: str) -> HttpResponse:
    """Shows the link on the person's page, this once."""
    request.session[_LINK] = {"email": person.email, "path": path}
    return go_to(request, _url(person))


def _invite_form(request: PortalRequest) -> InviteForm:
    return InviteForm(
        request.POST if request.method == "POST" else None,
        clients=clients_seen_by(request),
        may_hire=request.actor.may(Right.SETTINGS),
        chosen=list_query(request).get("client", ""),
    )


def _invite_window(request: PortalRequest, form: InviteForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    template = "web/_invite.html" if request.htmx else "web/invite.html"
    return render(request, template, {"form": form}, status=status)


def _page(request: PortalRequest, person: User, form: PersonForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    kept = request.session.get(_LINK, {})
    link = ""
    if kept.get("email") == person.email:
        link = request.build_absolute_uri(request.session.pop(_LINK)["path"])
    events = find_events(client_ids=None, person=person, limit=EVENTS_OF_PERSON).rows
    refused, refused_reset = why_not_managed(request.actor, person), why_not_reset(request.actor, person)
    page = PersonPage(
        person=person,
        form=form,
        has_two_step=is_on(person),
        link=link,
        refused=refused.message if refused else "",
        refused_reset=refused_reset.message if refused_reset else "",
        keys=", ".join(f"{key.name} ({key.client.code})" for key in keys_made_by(person, at=timezone.now())),
        events=tuple(event_row(event, actor=request.actor) for event in events),
    )
    return render(request, "web/person.html", {"page": page}, status=status)


def _url(person: User) -> str:
    return reverse("web:person", args=[person.email])
