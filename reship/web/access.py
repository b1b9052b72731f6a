"""What comes before every page: who asks, whether they may, and whose rows they see.

A view declares what it needs; the middleware enforces it in one place. A view that declares nothing is denied.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import structlog
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from reship import intake
from reship.clients.access import Actor, require
from reship.clients.models import Client, User
from reship.clients.roles import Right
from reship.clients.sessions import SessionStore
from reship.clients.two_step import is_required_of
from reship.database.retry import took_too_long
from reship.errors import Refusal
from reship.web.account_menu import MenuEntry, account_menu
from reship.web.refusals import refusal_response

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
log = structlog.get_logger()

EVERYBODY: Final = "everybody"
A_KEY: Final = "api_key"
PROVED: Final = "two_step"
"""In a session: whether the person gave a second step."""
_DECLARATION = "reship_needs"
_BEFORE_SECOND_STEP = "reship_before_second_step"


class PortalRequest(HttpRequest):
    """A request as a view that needs a right receives it: somebody is signed in, and may."""

    user: User
    actor: Actor
    htmx: HtmxDetails
    session: SessionStore
    account_menu: Callable[[], list[MenuEntry]]


def needs(right: Right) -> Callable[[View], View]:
    """Declares that a page is for signed-in people with this right."""

    def declare(view: View) -> View:
        view.__dict__[_DECLARATION] = right
        return view

    return declare


def open_to_everybody(view: View) -> View:
    """Declares that a page asks for nobody to be signed in."""
    view.__dict__[_DECLARATION] = EVERYBODY
    return view


def open_to_keys(view: View) -> View:
    """Declares that no session opens this address: each operation behind it asks for an API key with a right."""
    view.__dict__[_DECLARATION] = A_KEY
    return view


def reachable_before_second_step(view: View) -> View:
    """Declares that a page may be seen by whoever must set up two-step sign-in first, so that they can."""
    view.__dict__[_BEFORE_SECOND_STEP] = True
    return view


def declared_need(view: Callable[..., Any]) -> str | None:
    """The right that a view declares, `EVERYBODY`, `A_KEY`, or None when it declares nothing."""
    declared: str | None = getattr(view, _DECLARATION, None)
    return declared


def address_of(request: HttpRequest) -> str:
    """The network address that a request came from."""
    return str(request.META.get("REMOTE_ADDR", ""))


def client_of(request: PortalRequest, code: str) -> Client:
    """The client with this code, if whoever asks sees it; another's code is a 404 exactly like an unknown one."""
    own = request.user.client
    known = intake.can_be_stored(code)
    client = (Client.objects.filter(code=code).first() if known else None) if own is None else own
    if client is None or client.code != code:
        raise Http404
    return client


def clients_seen_by(request: PortalRequest) -> list[Client]:
    """The clients among whom a person may choose; none for a person of a client."""
    return list(Client.objects.order_by("name", "pk")) if request.actor.is_of_company else []


class Access:
    """Lets a request through to its view when the person behind it may see it; and translates every refusal."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self._get_response(request)
        finally:
            timezone.deactivate()

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: object, kwargs: object
    ) -> HttpResponseBase | None:
        need = declared_need(view)
        if need is None:
            log.error("A view declares no right, so nobody may see it.", view=f"{view.__module__}.{view.__qualname__}")
            raise PermissionDenied
        if need in {EVERYBODY, A_KEY}:
            return None
        if not request.user.is_authenticated:
            return _to_sign_in(cast(PortalRequest, request))
        admitted = cast(PortalRequest, request)
        admitted.actor = Actor.of(admitted.user)
        admitted.account_menu = partial(account_menu, admitted.actor)
        admitted.session.note_seen(at=timezone.now())
        timezone.activate(zone_of(admitted.user.client))
        try:
            require(admitted.actor, Right(need))
        except Refusal as refusal:
            return refusal_response(request, refusal)
        if lacks_second_step(admitted) and not getattr(view, _BEFORE_SECOND_STEP, False):
            return _to_second_step(admitted)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A refusal that a view did not answer itself, at a field, gets a page of its own."""
        if isinstance(exception, OperationalError) and took_too_long(exception):
            exception = Refusal(
                "took_too_long",
                "The database was not done with it in the time that a page may take. Ask for less at once: narrow the "
                "filter, or do it in parts.",
            )
        return refusal_response(request, exception) if isinstance(exception, Refusal) else None


def lacks_second_step(request: PortalRequest) -> bool:
    """Whether the installation wants a second step that this session has not given."""
    return is_required_of(request.user) and not request.session.get(PROVED)


def _to_second_step(request: PortalRequest) -> HttpResponse:
    """To where a person sets it up; whoever has it gave it when they signed in."""
    address = f"{reverse('web:account')}#two-step"
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _to_sign_in(request: PortalRequest) -> HttpResponse:
    """After signing in the person goes on where they were: at the page, when a part of it was asked for."""
    where = request.htmx.current_url_abs_path if request.htmx else request.get_full_path()
    query = {"next": where} if where and (request.htmx or request.method == "GET") else {}
    address = reverse("web:sign_in")
    return redirect(f"{address}?{urlencode(query)}" if query else address)


def zone_of(client: Client | None) -> ZoneInfo:
    """The zone in which times are shown: the client's; the fulfilment company's people, who see many, read UTC."""
    try:
        return ZoneInfo(client.timezone if client else "UTC")
    except (ValueError, OSError, KeyError):  # A zone that this machine does not know must not lock anybody out.
        return ZoneInfo("UTC")
