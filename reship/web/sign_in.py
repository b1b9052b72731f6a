"""Coming in and going out."""

from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from reship.clients.attempts import WINDOW
from reship.clients.demo_people import demo_people
from reship.clients.invitations import accept_invitation, invited_user
from reship.clients.models import User
from reship.clients.roles import Right, Role
from reship.clients.sign_in import sign_in as sign_in_with_password
from reship.errors import Refusal
from reship.web.access import PortalRequest, needs, open_to_everybody
from reship.web.forms import InvitationForm, SignInForm
from reship.web.refusals import status_of


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
        return redirect(_next(request)) if request.user.is_authenticated else _sign_in_page(request, SignInForm())
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _sign_in_page(request, form, status=422)
    try:
        user = sign_in_with_password(**form.cleaned_data, address=request.META.get("REMOTE_ADDR", ""))
    except Refusal as refusal:
        form.add_error("password", refusal.message)
        response = _sign_in_page(request, form, status=status_of(refusal))
        if refusal.code == "too_many_attempts":
            response.headers["Retry-After"] = str(int(WINDOW.total_seconds()))
        return response
    login(request, user)
    return redirect(_next(request))


@open_to_everybody
@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Signs in as a person of the demo; anywhere else this address does not exist."""
    email = request.POST.get("email", "")
    user = next((user for user in _demo_people() if user.email == email), None)
    if user is None:
        raise Http404
    login(request, user)
    return redirect(_next(request))


@needs(Right.VIEW)
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
            user = accept_invitation(uid, token, password=form.cleaned_data["password"])
        except Refusal as refusal:
            form.add_error("password", refusal.message)
        else:
            login(request, user)
            return redirect("web:orders")
    status = 422 if request.method == "POST" else 200
    return render(request, "web/invitation.html", {"form": form, "invited": user}, status=status)


def _sign_in_page(request: HttpRequest, form: SignInForm, *, status: int = 200) -> HttpResponse:
    cards = [DemoCard(user, *_ROLES[Role(user.role)]) for user in _demo_people()]
    return render(request, "web/sign_in.html", {"form": form, "next": _next(request), "cards": cards}, status=status)


def _demo_people() -> list[User]:
    return demo_people() if settings.DEMO else []


def _next(request: HttpRequest) -> str:
    """Where to go on: a page of this portal and no other."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    if asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None):
        return asked
    return reverse("web:orders")


_ROLES = {
    Role.VIEWER: ("Merchant viewer", "looks, and changes nothing"),
    Role.AGENT: ("Merchant agent", "re-ships, holds and edits"),
    Role.MANAGER: ("Merchant manager", "also adds inventory back, cancels, and sends again anyway"),
    Role.PACKER: ("Packer", "picks, packs, sends off and receives, for all clients"),
    Role.OPERATOR: ("Operator", "runs the warehouse for all clients"),
    Role.ADMIN: ("Administrator", "also changes settings"),
}
