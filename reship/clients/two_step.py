"""Two-step sign-in: after the password a code that the person's phone makes, or a recovery code when it is lost.

Codes are those of RFC 6238: six digits, a new one each half minute. One half minute before and after is taken as well,
because clocks differ, but each code only once: the row keeps the half minute of the last one.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from datetime import datetime

import pyotp
from django.conf import settings

from reship.clients.access import Actor, not_allowed
from reship.clients.account_log import What, log
from reship.clients.attempts import claim, give_back
from reship.clients.models import RecoveryCode, SecondStep, User
from reship.clients.roles import Right
from reship.clients.sessions import end_sessions
from reship.clients.vault import seal, unseal
from reship.database.retry import one_transaction
from reship.errors import Refusal

ISSUER = "Reship"
RECOVERY_CODES = 10
MOST_WRONG_CODES = 10
_PURPOSE = "two-step sign-in"
_PERIOD_SECONDS = 30
_TOLERANCE = 1
_CODE = re.compile(r"[0-9]{6}", re.ASCII)
_RECOVERY_CODE = re.compile(r"[A-Z2-7]{16}", re.ASCII)


def is_on(user: User) -> bool:
    return SecondStep.objects.filter(user=user, turned_on_at__isnull=False).exists()


def is_required_of(user: User) -> bool:
    """Whether the installation wants a second step of this person."""
    wanted = settings.TWO_STEP_REQUIRED_OF
    return bool(wanted == "everybody" or (wanted == "company" and user.client_id is None))


def begin(user: User) -> None:
    """Makes a secret for the person's phone, which counts once a code of it was typed. Refuses `two_step_is_on`."""

    def work() -> None:
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if is_on(user):
            raise _is_on()
        SecondStep.objects.filter(user=user).delete()
        SecondStep.objects.create(user=user, secret=seal(pyotp.random_base32(), purpose=_PURPOSE))

    one_transaction(work)


def waiting_secret(user: User) -> str:
    """The secret that waits for its first code; empty when none does."""
    step = SecondStep.objects.filter(user=user, turned_on_at__isnull=True).first()
    return (_secret(step) or "") if step else ""


def address_for_phone(user: User, secret: str) -> str:
    """What the QR code says."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=ISSUER)


def turn_on(user: User, code: str, *, at: datetime, address: str, session: str | None = None) -> list[str]:
    """From now on the sign-in asks for a code; answers the recovery codes, which nobody can see again.

    Whoever is signed in elsewhere with the password alone is signed out; `session` is the key of the one that stays.

    Refuses `two_step_is_off` (nothing was begun), `two_step_is_on`, `wrong_code`, `too_many_attempts`.
    """

    def work() -> list[str]:
        step = _locked(user)
        if step is None:
            raise Refusal("two_step_is_off", "Nothing was set up. Begin again.")
        if step.turned_on_at is not None:
            raise _is_on()
        _take(step, _tidy(code), at)
        step.turned_on_at = at
        step.save(update_fields=["turned_on_at"])
        end_sessions(user, but=session)
        log(What.TWO_STEP_TURNED_ON, actor=Actor.of(user), at=at, address=address, person=user)
        return _new_recovery_codes(user)

    return _guessed(user, work)


def check_second_step(user: User, code: str, *, at: datetime, address: str) -> None:
    """Lets a person pass who proves to have the phone, or a recovery code that was not used yet.

    Refuses `wrong_code`, and `too_many_attempts` after 10 wrong ones within 15 minutes, from wherever.
    """

    def work() -> None:
        step = _locked(user)
        given = _tidy(code)
        if step is None or step.turned_on_at is None or not _RECOVERY_CODE.fullmatch(given):
            _take(step, given, at)
            return
        codes = RecoveryCode.objects.filter(user=user, used_at__isnull=True)
        if codes.filter(digest=_digest(user, given)).update(used_at=at) == 0:
            raise _wrong_code()
        log(What.RECOVERY_CODE_USED, actor=Actor.of(user), at=at, address=address, person=user, left=codes.count())

    _guessed(user, work)


def renew_recovery_codes(user: User, code: str, *, at: datetime, address: str) -> list[str]:
    """New recovery codes instead of all earlier ones, for whoever has the phone.

    Refuses `two_step_is_off`, `wrong_code`, `too_many_attempts`.
    """

    def work() -> list[str]:
        step = _locked(user)
        if step is None or step.turned_on_at is None:
            raise _is_off()
        _take(step, _tidy(code), at)
        log(What.RECOVERY_CODES_RENEWED, actor=Actor.of(user), at=at, address=address, person=user)
        return _new_recovery_codes(user)

    return _guessed(user, work)


def recovery_codes_left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at__isnull=True).count()


def turn_off(user: User, *, at: datetime, address: str) -> None:
    """The password alone is enough again. The caller has made sure of it: `confirm_password`.

    Refuses `two_step_is_off`, and `two_step_is_required` where the installation wants a second step of this person.
    """
    if is_required_of(user):
        raise Refusal("two_step_is_required", "Two-step sign-in is required here, so it cannot be turned off.")

    def work() -> None:
        _forget(user)
        log(What.TWO_STEP_TURNED_OFF, actor=Actor.of(user), at=at, address=address, person=user)

    one_transaction(work)


def reset_two_step(user: User, *, actor: Actor, at: datetime, address: str) -> None:
    """For somebody who lost phone and recovery codes: they sign in with the password, and may set it up anew.

    Refuses `not_allowed` (a colleague of the company is reset by an administrator), `two_step_is_off`.
    """
    if refusal := why_not_reset(actor, user):
        raise refusal

    def work() -> None:
        _forget(user)
        log(What.TWO_STEP_RESET, actor=actor, at=at, address=address, person=user)

    one_transaction(work)


def why_not_reset(actor: Actor, user: User) -> Refusal | None:
    """Why an actor may not reset somebody's second step; None when they may."""
    if not actor.may(Right.RESET_TWO_STEP) or not (actor.is_of_company or actor.client_id == user.client_id):
        return not_allowed(actor, Right.RESET_TWO_STEP)
    if user.client_id is None and not actor.may(Right.SETTINGS):
        return not_allowed(actor, Right.SETTINGS)
    return None


def _guessed(user: User, work: Callable[[], "list[str] | None"]) -> list[str]:
    """Runs a deed that needs a code, which somebody may only guess so often."""
    claimed = claim((f"two-step {user.pk}", MOST_WRONG_CODES), advice="ask an administrator")
    try:
        answer = one_transaction(work)
    except Refusal as refusal:
        if refusal.code != "wrong_code":
            give_back(claimed)
        raise
    give_back(claimed)
    return answer or []


def _take(step: SecondStep | None, code: str, at: datetime) -> None:
    """Takes a code of the phone and notes its half minute. The row is locked. Refuses `wrong_code`."""
    secret = _secret(step) if step else None
    if step is None or secret is None or not _CODE.fullmatch(code):
        raise _wrong_code()
    now = int(at.timestamp()) // _PERIOD_SECONDS
    phone = pyotp.HOTP(secret)
    for counter in range(now - _TOLERANCE, now + _TOLERANCE + 1):
        if counter > step.last_counter and hmac.compare_digest(phone.at(counter), code):
            step.last_counter = counter
            step.save(update_fields=["last_counter"])
            return
    raise _wrong_code()


def _locked(user: User) -> SecondStep | None:
    return SecondStep.objects.select_for_update(no_key=True).filter(user=user).first()


def _forget(user: User) -> None:
    step = _locked(user)
    if step is None or step.turned_on_at is None:
        raise _is_off()
    step.delete()
    RecoveryCode.objects.filter(user=user).delete()


def _new_recovery_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    codes = [base64.b32encode(secrets.token_bytes(10)).decode() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create([RecoveryCode(user=user, digest=_digest(user, code)) for code in codes])
    return ["-".join(code[place : place + 4] for place in range(0, 16, 4)) for code in codes]


def _digest(user: User, code: str) -> str:
    """Of 80 random bits no slow digest is needed: there is no dictionary of them."""
    return hashlib.sha256(f"reship recovery code {user.pk} {code}".encode()).hexdigest()


def _tidy(code: str) -> str:
    """As people type it: in groups, with dashes, in small letters."""
    return re.sub(r"[\s-]", "", code[:100]).upper()


def _secret(step: SecondStep) -> str | None:
    """None when the installation's secret key is another one by now: then only recovery codes help."""
    return unseal(step.secret, purpose=_PURPOSE)


def _wrong_code() -> Refusal:
    return Refusal("wrong_code", "This code is wrong, or was used already. Wait for the next one and try again.")


def _is_on() -> Refusal:
    return Refusal("two_step_is_on", "Two-step sign-in is on already.")


def _is_off() -> Refusal:
    return Refusal("two_step_is_off", "Two-step sign-in is off.")
