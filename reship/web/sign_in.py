"""Coming in and going out."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from reship.clients.attempts import WINDOW
from reship.clients.demo_people import demo_people
from reship.clients.invitations import accept_invitation, invited_user
from reship.clients.models import User
from reship.clients.roles import Right, Role
from reship.clients.sessions import SessionStore
from reship.clients.sign_in import sign_in as sign_in_with_password
from reship.clients.two_step import check_second_step, is_on
from reship.errors import Refusal
from reship.http_status import status_of
from reship.web.access import (
    PROVED,
    PortalRequest,
    address_of,
    needs,
    open_to_everybody,
    reachable_before_second_step,
)
from reship.web.account_forms import SecondStepForm
from reship.web.forms import InvitationForm, SignInForm


class DemoCard(NamedTuple):
    """One person of the demo: a click signs in as them."""

    user: User
    title: str
    may: str


@open_to_everybody
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        if isinstance(request.user, User):
            return redirect(_asked(request) or first_page(request.user))
        return _sign_in_page(request, SignInForm())
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _sign_in_page(request, form, status=422)
    try:
        user = sign_in_with_password(**form.cleaned_data, address=address_of(request))
    except Refusal as refusal:
        form.add_error("password", refusal.message)
        return _with_retry_after(_sign_in_page(request, form, status=status_of(refusal)), refusal)
    return _enter(request, user, then=_asked(request) or first_page(user))


@open_to_everybody
@require_http_methods(["GET", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """The code of the phone, from whoever gave the password a moment ago."""
    user = _halfway(request)
    if user is None:
        return redirect("web:sign_in")
    form = SecondStepForm(request.POST or None)
    if request.method == "GET" or not form.is_valid():
        return _second_step_page(request, form, status=200 if request.method == "GET" else 422)
    try:
        check_second_step(user, form.cleaned_data["code"], at=timezone.now(), address=address_of(request))
    except Refusal as refusal:
        form.add_error("code", refusal.message)
        return _with_retry_after(_second_step_page(request, form, status=status_of(refusal)), refusal)
    then = str(request.session[_HALFWAY]["next"])
    _admit(request, user, proved=True)
    return redirect(then)


@open_to_everybody
@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Signs in as a person of the demo; anywhere else this address does not exist."""
    email = request.POST.get("email", "")
    user = next((user for user in _demo_people() if user.email == email), None)
    if user is None:
        raise Http404
    _admit(request, user, proved=False)
    return redirect(_asked(request) or first_page(user))


@needs(Right.VIEW)
@reachable_before_second_step
@require_POST
def sign_out(request: PortalRequest) -> HttpResponse:
    logout(request)
    return redirect("web:sign_in")


@open_to_everybody
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Somebody who was invited chooses a password, and is in."""
    try:
        user = invited_user(uid, token)
    except Refusal as refusal:
        return render(request, "web/invitation_over.html", {"refusal": refusal}, status=status_of(refusal))
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = accept_invitation(
                uid, token, password=form.cleaned_data["password"], at=timezone.now(), address=address_of(request)
            )
        except Refusal as refusal:
            form.add_error("password", refusal.message)
        else:
            return _enter(request, user, then=first_page(user))
    status = 422 if request.method == "POST" else 200
    return render(request, "web/invitation.html", {"form": form, "invited": user}, status=status)


def _enter(request: HttpRequest, user: User, *, then: str) -> HttpResponse:
    """After the password: in, or on to the second step."""
    if not is_on(user):
        _admit(request, user, proved=False)
        return redirect(then)
    logout(request)
    until = timezone.now() + _HALFWAY_LASTS
    password = user.get_session_auth_hash()
    request.session[_HALFWAY] = {"user": user.pk, "password": password, "until": until.isoformat(), "next": then}
    return redirect("web:second_step")


def _halfway(request: HttpRequest) -> User | None:
    """Who gave the password and has still to give the code; nobody once it took too long, or the password changed."""
    kept = request.session.get(_HALFWAY)
    if kept is None or timezone.now() > datetime.fromisoformat(kept["until"]):
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    return user if user and constant_time_compare(user.get_session_auth_hash(), kept["password"]) else None


def _admit(request: HttpRequest, user: User, *, proved: bool) -> None:
    """Signs in: the session gets a new key, and remembers from where it is; `proved` says that there was a code."""
    login(request, user)
    session = request.session
    assert isinstance(session, SessionStore)
    session.pop(_HALFWAY, None)
    session[PROVED] = proved
    session.remember_origin(
        device=request.headers.get("User-Agent", ""), address=address_of(request), at=timezone.now()
    )


def _with_retry_after(response: HttpResponse, refusal: Refusal) -> HttpResponse:
    if refusal.code == "too_many_attempts":
        response.headers["Retry-After"] = str(int(WINDOW.total_seconds()))
    return response


def _second_step_page(request: HttpRequest, form: SecondStepForm, *, status: int) -> HttpResponse:
    return render(request, "web/second_step.html", {"form": form}, status=status)


_HALFWAY = "second_step"
_HALFWAY_LASTS = timedelta(minutes=10)


def _sign_in_page(request: HttpRequest, form: SignInForm, *, status: int = 200) -> HttpResponse:
    cards = [DemoCard(user, *_ROLES[Role(user.role)]) for user in _demo_people()]
    return render(request, "web/sign_in.html", {"form": form, "next": _asked(request), "cards": cards}, status=status)


def _demo_people() -> list[User]:
    return demo_people() if settings.DEMO else []


def first_page(user: User) -> str:
    """Where somebody's day begins."""
    return reverse("web:warehouse" if user.role == Role.PACKER else "web:orders")


def _asked(request: HttpRequest) -> str:
    """Where to go on, if that was asked: a page of this portal and no other."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    if asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None):
        return asked
    return ""


_ROLES = {
    Role.VIEWER: ("Merchant viewer", "looks, and changes nothing"),
    Role.AGENT: ("Merchant agent", "re-ships, holds and edits"),
    Role.MANAGER: ("Merchant manager", "also adds inventory back, cancels, and sends again anyway"),
    Role.PACKER: ("Packer", "picks, packs, sends off and receives, for all clients"),
    Role.OPERATOR: ("Operator", "runs the warehouse for all clients"),
    Role.ADMIN: ("Administrator", "also changes settings"),
}
