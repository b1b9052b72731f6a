"""Where people are signed in: sessions that know whose they are, on which device, from where, and when last seen."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from reship import intake
from reship.clients.models import Session, User
from reship.errors import Refusal

SEEN_EVERY = timedelta(minutes=10)
"""How old the time may be at which somebody was last seen: a page of theirs writes no sooner than this."""
_ORIGIN = "origin"


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A place where a person is signed in. `name` tells it from the others and opens nothing."""

    name: str
    device: str
    address: str
    signed_in_at: datetime | None
    seen_at: datetime
    is_this: bool


class SessionStore(DatabaseStore):
    """Django's sessions in the database, in a table of ours; the name is the one that Django looks for."""

    row: Session | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = super().create_model_instance(data)
        assert isinstance(row, Session)
        origin: Mapping[str, str] = data.get(_ORIGIN, {})
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.device = origin.get("device", "")
        row.address = origin.get("address", "")
        row.signed_in_at = datetime.fromisoformat(origin["at"]) if "at" in origin else None
        row.seen_at = timezone.now()
        self.row = row
        return row

    def _get_session_from_db(self) -> Session | None:
        self.row = super()._get_session_from_db()  # type: ignore[misc] # Django's, which its stubs do not know.
        return self.row

    def remember_origin(self, *, device: str, address: str, at: datetime) -> None:
        """Notes where somebody signs in; what a browser calls itself is cut to what is kept."""
        printable = "".join(character for character in device if character.isprintable())
        self[_ORIGIN] = {"device": printable[:300], "address": address[:60], "at": at.isoformat()}

    def note_seen(self, *, at: datetime) -> None:
        """Notes that the person is here, if the last time is long enough ago. At most one statement."""
        if self.row is not None and at - self.row.seen_at > SEEN_EVERY:
            Session.objects.filter(pk=self.row.pk).update(seen_at=at)


def sessions_of(user: User, *, current: str | None, at: datetime) -> list[OpenSession]:
    """Where a person is signed in, the latest first; `current` is the key of the session that asks."""
    rows = Session.objects.filter(user=user, expire_date__gt=at).order_by("-seen_at", "pk")
    return [
        OpenSession(_name(row.pk), row.device, row.address, row.signed_in_at, row.seen_at, row.pk == current)
        for row in rows
    ]


def end_session(user: User, name: str) -> None:
    """Signs a person out in one place. Refuses `session_not_found`, also for another person's."""
    for row in Session.objects.filter(user=user).order_by("pk"):
        if _name(row.pk) == name:
            row.delete()
            return
    raise Refusal("session_not_found", f"You are signed in nowhere as {intake.shown(name)}; it may have ended.")


def end_sessions(user: User, *, but: str | None = None) -> int:
    """Signs a person out everywhere, `but` in the session with this key; answers how many ended."""
    return Session.objects.filter(user=user).exclude(pk=but or "").delete()[0]


def _name(key: str) -> str:
    """A session's key is as good as a password, so pages show what can be made of it and not the other way round."""
    return hashlib.sha256(f"reship session {key}".encode()).hexdigest()[:16]
