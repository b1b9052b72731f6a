"""Passwords: confirming the one that a person has, and changing it."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from reship.clients.access import Actor
from reship.clients.account_log import What, log
from reship.clients.attempts import claim, give_back
from reship.clients.models import User
from reship.clients.sessions import end_sessions
from reship.database.retry import one_transaction
from reship.errors import Refusal

MOST_FAILURES = 10


def confirm_password(user: User, password: str) -> None:
    """Makes sure that whoever sits there is who signed in.

    Refuses `wrong_password`, and `too_many_attempts` after 10 wrong ones within 15 minutes.
    """
    claimed = claim((f"password {user.pk}", MOST_FAILURES), advice="ask for a new invitation")
    if not user.check_password(password):
        raise Refusal("wrong_password", "This is not your password.")
    give_back(claimed)


def change_password(user: User, *, password: str, keep: str | None, at: datetime, address: str) -> User:
    """Stores another password and signs the person out everywhere but in the session with the key `keep`.

    The caller has confirmed the old one. Refuses `weak_password`.
    """

    def work() -> User:
        locked = User.objects.select_for_update(no_key=True).select_related(None).get(pk=user.pk)
        store_password(locked, password)
        end_sessions(locked, but=keep)
        log(What.PASSWORD_CHANGED, actor=Actor.of(locked), at=at, address=address, person=locked)
        return locked

    return one_transaction(work)


def store_password(locked: User, password: str) -> None:
    """Of a person whose row is locked. Every invitation of theirs is void then. Refuses `weak_password`."""
    try:
        validate_password(password, locked)
    except ValidationError as error:
        raise Refusal("weak_password", " ".join(error.messages)) from error
    locked.set_password(password)
    locked.save(update_fields=["password"])
