"""Invitations: the only way to a password. A link that works once, for a week."""

from datetime import datetime

from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from reship.clients.access import Actor
from reship.clients.account_log import What, log
from reship.clients.models import User
from reship.clients.passwords import store_password
from reship.clients.sessions import end_sessions
from reship.database.retry import one_transaction
from reship.errors import Refusal

_LARGEST_ID = 2**63 - 1


def invitation_path(user: User) -> str:
    """The address, without host, where this person chooses a password. Choosing one makes every such address void."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("web:invitation", kwargs={"uid": uid, "token": default_token_generator.make_token(user)})


def invited_user(uid: str, token: str) -> User:
    """Who is invited. Refuses `invitation_not_valid`, in the same words whatever is wrong with it."""
    return _invited(uid, token, lock=False)


def accept_invitation(uid: str, token: str, *, password: str, at: datetime, address: str = "") -> User:
    """Stores the password that somebody chose, and signs them out wherever they came in with an earlier one.

    Refuses `invitation_not_valid`, `weak_password`.
    """

    def work() -> User:
        user = _invited(uid, token, lock=True)
        store_password(user, password)
        end_sessions(user)
        log(What.PASSWORD_CHOSEN, actor=Actor.of(user), at=at, address=address, person=user)
        return user

    return one_transaction(work)


def _invited(uid: str, token: str, *, lock: bool) -> User:
    try:
        user_id = int(urlsafe_base64_decode(uid))
    except ValueError:
        user_id = 0
    users = User.objects.select_for_update(no_key=True) if lock else User.objects.all()
    user = users.filter(pk=user_id, is_active=True).first() if 0 < user_id <= _LARGEST_ID else None
    if user is None or not default_token_generator.check_token(user, token):
        raise Refusal("invitation_not_valid", "This invitation is no longer valid. Ask for a new one.")
    return user
