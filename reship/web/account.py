"""A person's own account: password, two-step sign-in, and where they are signed in."""

from dataclasses import dataclass, field
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from reship.clients import two_step
from reship.clients.account_log import What, log
from reship.clients.passwords import change_password, confirm_password
from reship.clients.roles import Right
from reship.clients.sessions import OpenSession, end_session, end_sessions, sessions_of
from reship.errors import Refusal
from reship.http_status import status_of
from reship.web.access import PROVED, PortalRequest, address_of, needs, reachable_before_second_step
from reship.web.account_forms import CodeForm, ConfirmForm, PasswordForm
from reship.web.qr_code import QrCode, qr_code
from reship.web.windows import go_to


@dataclass(frozen=True, slots=True)
class PhoneSetup:
    """What somebody's phone must learn; `secret` in groups, for whoever types it."""

    code: QrCode
    secret: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    session: OpenSession
    device: str


@dataclass(slots=True)
class AccountForms:
    """The page's forms; one of them may be the one that was refused."""

    password: PasswordForm = field(default_factory=PasswordForm)
    code: CodeForm = field(default_factory=lambda: CodeForm(auto_id="confirm_%s"))
    renewal: CodeForm = field(default_factory=lambda: CodeForm(auto_id="renew_%s"))
    removal: ConfirmForm = field(default_factory=ConfirmForm)


@needs(Right.VIEW)
@reachable_before_second_step
@require_safe
def account(request: PortalRequest) -> HttpResponse:
    return _page(request, AccountForms())


@needs(Right.VIEW)
@require_POST
@sensitive_post_parameters("current", "password", "again")
def password_change(request: PortalRequest) -> HttpResponse:
    """Another password; it ends the person's other sessions, and gives this one another key."""
    form = PasswordForm(request.POST)
    shown = AccountForms(password=form)
    if not form.is_valid():
        return _page(request, shown, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        confirm_password(request.user, form.cleaned_data["current"])
        user = change_password(
            request.user,
            password=form.cleaned_data["password"],
            keep=request.session.session_key,
            at=timezone.now(),
            address=address_of(request),
        )
    except Refusal as refusal:
        form.add_error("password" if refusal.code == "weak_password" else "current", refusal.message)
        return _page(request, shown, status=status_of(refusal))
    update_session_auth_hash(request, user)
    messages.success(request, "Your password is changed. You are signed out everywhere else.")
    return go_to(request, reverse("web:account"))


@needs(Right.VIEW)
@reachable_before_second_step
@require_POST
def two_step_begin(request: PortalRequest) -> HttpResponse:
    """Makes a secret for the phone; the page then shows it."""
    two_step.begin(request.user)
    return go_to(request, f"{reverse('web:account')}#two-step")


@needs(Right.VIEW)
@reachable_before_second_step
@require_POST
def two_step_confirm(request: PortalRequest) -> HttpResponse:
    """The first code of the phone turns it on; the answer shows the recovery codes, this once."""
    form = CodeForm(request.POST, auto_id="confirm_%s")
    shown = AccountForms(code=form)
    if not form.is_valid():
        return _page(request, shown, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        codes = two_step.turn_on(
            request.user,
            form.cleaned_data["code"],
            at=timezone.now(),
            address=address_of(request),
            session=request.session.session_key,
        )
    except Refusal as refusal:
        form.add_error("code", refusal.message)
        return _page(request, shown, status=status_of(refusal))
    request.session[PROVED] = True
    request.session.cycle_key()
    return _recovery_codes(request, codes)


@needs(Right.VIEW)
@require_POST
def recovery_codes(request: PortalRequest) -> HttpResponse:
    """New recovery codes instead of the old, for whoever has the phone."""
    form = CodeForm(request.POST, auto_id="renew_%s")
    shown = AccountForms(renewal=form)
    if not form.is_valid():
        return _page(request, shown, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        codes = two_step.renew_recovery_codes(
            request.user, form.cleaned_data["code"], at=timezone.now(), address=address_of(request)
        )
    except Refusal as refusal:
        form.add_error("code", refusal.message)
        return _page(request, shown, status=status_of(refusal))
    return _recovery_codes(request, codes)


@needs(Right.VIEW)
@require_POST
@sensitive_post_parameters("confirmation")
def two_step_removal(request: PortalRequest) -> HttpResponse:
    form = ConfirmForm(request.POST)
    shown = AccountForms(removal=form)
    if not form.is_valid():
        return _page(request, shown, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        confirm_password(request.user, form.cleaned_data["confirmation"])
        two_step.turn_off(request.user, at=timezone.now(), address=address_of(request))
    except Refusal as refusal:
        form.add_error("confirmation", refusal.message)
        return _page(request, shown, status=status_of(refusal))
    messages.success(request, "Two-step sign-in is off: your password alone lets you in.")
    return go_to(request, reverse("web:account"))


@needs(Right.VIEW)
@require_POST
def session_ends(request: PortalRequest) -> HttpResponse:
    """Signs the person out in one other place, or in all of them."""
    wanted = request.POST.get("session", "")
    if wanted == "others":
        ended = end_sessions(request.user, but=request.session.session_key)
    else:
        end_session(request.user, wanted)
        ended = 1
    if ended:
        address, at = address_of(request), timezone.now()
        log(What.SESSIONS_ENDED, actor=request.actor, at=at, address=address, person=request.user, ended=ended)
    messages.success(request, f"Signed out in {ended} {'place' if ended == 1 else 'places'}.")
    return go_to(request, f"{reverse('web:account')}#sessions")


def _recovery_codes(request: PortalRequest, codes: list[str]) -> HttpResponse:
    return render(request, "web/recovery_codes.html", {"codes": codes})


def _page(request: PortalRequest, shown: AccountForms, *, status: int = HTTPStatus.OK) -> HttpResponse:
    user = request.user
    is_on = two_step.is_on(user)
    secret = "" if is_on else two_step.waiting_secret(user)
    sessions = sessions_of(user, current=request.session.session_key, at=timezone.now())
    context = {
        "forms": shown,
        "is_on": is_on,
        "is_required": two_step.is_required_of(user),
        "codes_left": two_step.recovery_codes_left(user) if is_on else 0,
        "setup": _setup(request, secret) if secret else None,
        "sessions": [SessionRow(session, device_in_words(session.device)) for session in sessions],
        "has_others": any(not session.is_this for session in sessions),
    }
    return render(request, "web/account.html", context, status=status)


def _setup(request: PortalRequest, secret: str) -> PhoneSetup:
    groups = " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
    return PhoneSetup(qr_code(two_step.address_for_phone(request.user, secret)), groups)


def device_in_words(device: str) -> str:
    """What a browser calls itself, as people call it; browsers name each other, so the order matters."""
    browser = next((name for sign, name in _BROWSERS if sign in device), "")
    system = next((name for sign, name in _SYSTEMS if sign in device), "")
    if not browser:
        return device[:60] or "Unknown device"
    return f"{browser} on {system}" if system else browser


_BROWSERS: tuple[tuple[str, str], ...] = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: tuple[tuple[str, str], ...] = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
