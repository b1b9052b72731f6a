"""API keys: what a program proves itself with. Made, rolled and revoked here; everything is logged."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from reship import intake
from reship.clients.access import Actor, require
from reship.clients.account_log import What, log
from reship.clients.models import ApiKey, Client, User
from reship.clients.roles import OF_SCOPE, RIGHTS, Right, Role, Scope
from reship.database.retry import one_transaction
from reship.database.rows import Reader, prepared_cursor
from reship.errors import Refusal

MARK = "rsk"
"""What each key begins with, so that it is known for what it is where it should not be: in a log, in a repository."""
DEFAULT_REQUESTS_A_MINUTE = 600
LONGEST_OVERLAP = timedelta(days=30)
_LONGEST = 120
_PREFIX = re.compile(f"{MARK}_[0-9a-f]{{10}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a key is to be. Its `role` is never above its maker's; scopes are given by their names."""

    name: str
    scopes: Sequence[str]
    role: str = Role.MANAGER
    expires_at: datetime | None = None
    requests_a_minute: int = DEFAULT_REQUESTS_A_MINUTE


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key that was just made, and its text, which nobody can show again."""

    key: ApiKey
    text: str


class KeyState(StrEnum):
    """What a key is good for now: nothing, unless it is active, or rolled and still in its overlap."""

    ACTIVE = "active"
    ROLLED = "rolled"
    EXPIRED = "expired"
    REVOKED = "revoked"
    MAKER_DEACTIVATED = "maker_deactivated"


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that proved itself: its key, and who it acts as, for which client."""

    key: ApiKey
    client: Client
    actor: Actor


def make_key(new: NewKey, *, client: Client, actor: Actor, at: datetime, address: str) -> MadeKey:
    """A key of this client; its text is shown once.

    Refuses `client_not_found`, `not_allowed` (also for a role with more rights than the maker's), `invalid_text`,
    `invalid_scope`, `role_does_not_fit`, `invalid_time` for an end that is past, `invalid_number`.
    """
    require(actor, Right.KEYS)
    if not actor.sees(client.pk):
        raise Refusal("client_not_found", f"There is no client {client.code}.", client=client.code)
    key = ApiKey(
        client=client,
        name=intake.text(new.name, field="name", longest=100, required=True),
        role=_role(new.role, actor),
        scopes=_scopes(new.scopes),
        requests_a_minute=_limit(new.requests_a_minute),
        maker_id=actor.user_id,
        made_by=actor.name,
        made_at=at,
        expires_at=_end(new.expires_at, at),
    )

    def work() -> MadeKey:
        made = _stored(key)
        log(
            What.KEY_MADE,
            actor=actor,
            at=at,
            address=address,
            client=client,
            name=key.name,
            prefix=key.prefix,
            role=key.role,
            scopes=", ".join(key.scopes),
        )
        return made

    return one_transaction(work)


def roll_key(prefix: str, *, overlap: timedelta, client: Client, actor: Actor, at: datetime, address: str) -> MadeKey:
    """A successor with the same name, scopes and role; the old key holds for the overlap, 0 to 30 days, and then ends.

    The successor's maker is whoever rolls it, and a key that was made for 90 days is followed by one for 90 days.
    Refuses `not_allowed`, `key_not_found`, `key_ended` (also for one that has a successor already), `invalid_time`.
    """
    require(actor, Right.KEYS)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Refusal(
            "invalid_time",
            f"The old key may stay for 0 to {LONGEST_OVERLAP.days} days.",
            largest=LONGEST_OVERLAP.days,
        )

    def work() -> MadeKey:
        old = _locked(prefix, client, actor, at)
        if old.rolled_into is not None:
            raise Refusal(
                "key_ended",
                f"The key {old.name} ({prefix}) was rolled into {old.rolled_into.prefix} already: roll that one.",
                key=prefix,
                successor=old.rolled_into.prefix,
            )
        end = old.expires_at
        made = _stored(
            ApiKey(
                client=client,
                name=old.name,
                role=_role(old.role, actor),
                scopes=old.scopes,
                requests_a_minute=old.requests_a_minute,
                maker_id=actor.user_id,
                made_by=actor.name,
                made_at=at,
                expires_at=at + (end - old.made_at) if end else None,
            )
        )
        old.rolled_into = made.key
        old.expires_at = min(at + overlap, end) if end else at + overlap
        old.save(update_fields=["rolled_into", "expires_at"])
        log(
            What.KEY_ROLLED,
            actor=actor,
            at=at,
            address=address,
            client=client,
            name=old.name,
            prefix=old.prefix,
            successor=made.key.prefix,
        )
        return made

    return one_transaction(work)


def revoke_key(prefix: str, *, client: Client, actor: Actor, at: datetime, address: str) -> ApiKey:
    """The key opens nothing from the next request on. Refuses `not_allowed`, `key_not_found`, `key_ended`."""
    require(actor, Right.KEYS)

    def work() -> ApiKey:
        key = _locked(prefix, client, actor, at)
        key.revoked_at, key.revoked_by = at, actor.name
        key.save(update_fields=["revoked_at", "revoked_by"])
        log(What.KEY_REVOKED, actor=actor, at=at, address=address, client=client, name=key.name, prefix=key.prefix)
        return key

    return one_transaction(work)


def keys_of(client: Client, *, actor: Actor) -> list[ApiKey]:
    """All keys of a client, the newest first, each with its use, its maker and its successor; one statement.

    Refuses `not_allowed`, `client_not_found`.
    """
    require(actor, Right.KEYS)
    if not actor.sees(client.pk):
        raise Refusal("client_not_found", f"There is no client {client.code}.", client=client.code)
    keys = ApiKey.objects.filter(client=client).select_related("client", "use", "rolled_into", "maker")
    return list(keys.order_by("-made_at", "-pk"))


def keys_made_by(person: User, *, at: datetime) -> list[ApiKey]:
    """The keys that end with this person's access, each with its client: made by them, and not over otherwise."""
    keys = ApiKey.objects.select_related("client").filter(maker=person, revoked_at__isnull=True)
    return [key for key in keys.order_by("client__code", "name", "pk") if not has_ended(key, at=at)]


def key_seen_by(actor: Actor, prefix: str) -> ApiKey:
    """The key with this prefix, with its client.

    Refuses `not_allowed`, and `key_not_found`, also for another client's.
    """
    require(actor, Right.KEYS)
    known = ApiKey.objects.select_related("client") if intake.can_be_stored(prefix) else ApiKey.objects.none()
    key = known.filter(prefix=prefix).first()
    if key is None or not actor.sees(key.client_id):
        raise _key_not_found(prefix)
    return key


def end_of(day: date, client: Client) -> datetime:
    """When a key ends that is to hold through this day of the client's zone; the day is of this century."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=ZoneInfo(client.timezone))


def caller_of(text: str, *, at: datetime) -> Caller:
    """Who proves themself with this key; one statement.

    Refuses `invalid_api_key` alike for one that never was, has ended, was revoked, or whose maker may not log in.
    """
    prefix, digest = _parts(text)
    key = _known(prefix)
    if key is None or not hmac.compare_digest(key.digest, digest) or not _holds(key, at=at):
        raise invalid_api_key()
    return Caller(key, key.client, _actor(key, key.scopes))


def caller_with_scopes(prefix: str, scopes: Iterable[str], *, at: datetime) -> Caller:
    """Who proved themself earlier with the key of this prefix, with no more than these scopes; one statement.

    Refuses `invalid_api_key`, as `caller_of`.
    """
    key = _known(prefix)
    if key is None or not _holds(key, at=at):
        raise invalid_api_key()
    return Caller(key, key.client, _actor(key, [scope for scope in key.scopes if scope in set(scopes)]))


def is_known(prefix: str) -> bool:
    """Whether there is, or was, a key of this prefix; one statement."""
    return _known(prefix) is not None


def actor_of_key(key_id: int, *, at: datetime) -> Actor | None:
    """Who acts with this key now, for work that goes on after the request; None when the key has ended."""
    key = ApiKey.objects.select_related("maker").filter(pk=key_id).first()
    return None if key is None or not _holds(key, at=at) else _actor(key, key.scopes)


def has_ended(key: ApiKey, *, at: datetime) -> bool:
    """Whether the key was revoked, or its time is over."""
    return key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= at)


def state_of(key: ApiKey, *, at: datetime) -> KeyState:
    """For people; what a key may do is for `caller_of` to say. The key's maker should be at hand."""
    if key.revoked_at is not None:
        return KeyState.REVOKED
    if has_ended(key, at=at):
        return KeyState.EXPIRED
    if not _has_maker(key):
        return KeyState.MAKER_DEACTIVATED
    return KeyState.ACTIVE if key.rolled_into_id is None else KeyState.ROLLED


def roles_for_key(actor: Actor) -> list[Role]:
    """The roles that a key of this maker may have: none with a right that they have not."""
    return [role for role in Role if RIGHTS[role] <= RIGHTS[actor.role]]


def invalid_api_key() -> Refusal:
    return Refusal("invalid_api_key", "This API key is not valid: it is misspelt, has ended, or was revoked.")


def _known(prefix: str) -> ApiKey | None:
    """The key, with its client and its maker. Written out as SQL, because each request begins with it."""
    if not _PREFIX.fullmatch(prefix):
        return None
    with prepared_cursor() as cursor:
        cursor.execute(_KNOWN, [prefix])
        found = cursor.fetchone()
    if found is None:
        return None
    key = _KEYS.loader()(found)
    of_client = found[_KEYS.width :]
    key.client = _CLIENTS.loader()(of_client)
    key.maker = _MAKERS.loader()(of_client[_CLIENTS.width :]) if key.maker_id is not None else None
    return key


_KEYS, _CLIENTS, _MAKERS = Reader(ApiKey, alias="k"), Reader(Client, alias="c"), Reader(User, alias="u")
_KNOWN = (
    f"SELECT {_KEYS.columns}, {_CLIENTS.columns}, {_MAKERS.columns} FROM {_KEYS.table}"  # noqa: S608
    f" JOIN {_CLIENTS.table} ON c.id = k.client_id LEFT JOIN {_MAKERS.table} ON u.id = k.maker_id WHERE k.prefix = %s"
)


def _holds(key: ApiKey, *, at: datetime) -> bool:
    return not has_ended(key, at=at) and _has_maker(key)


def _has_maker(key: ApiKey) -> bool:
    """A key ends with its maker's access: nobody who left goes on through a key."""
    return key.maker is None or key.maker.is_active


def _actor(key: ApiKey, scopes: Iterable[str]) -> Actor:
    rights = frozenset[Right]().union(*(OF_SCOPE[Scope(scope)] for scope in scopes))
    if key.maker is not None:
        rights &= RIGHTS[Role(key.maker.role)]
    return Actor(
        name=f"{key.name} (API key)",
        role=Role(key.role),
        client_id=key.client_id,
        within=rights,
        api_key_id=key.pk,
    )


def _stored(key: ApiKey) -> MadeKey:
    """Gives the key a prefix and a secret of 256 bits, of which only the digest stays; such a secret needs no salt."""
    key.prefix = f"{MARK}_{secrets.token_hex(5)}"
    text = f"{key.prefix}_{secrets.token_urlsafe(32)}"
    key.digest = _digest(text)
    key.save(force_insert=True)
    return MadeKey(key, text)


def _locked(prefix: str, client: Client, actor: Actor, at: datetime) -> ApiKey:
    known = actor.sees(client.pk) and intake.can_be_stored(prefix)
    keys = ApiKey.objects.select_for_update(no_key=True).filter(client=client, prefix=prefix) if known else ()
    for key in keys:
        if has_ended(key, at=at):
            raise Refusal("key_ended", f"The key {key.name} ({prefix}) has ended already.", key=prefix)
        return key
    raise _key_not_found(prefix)


def _key_not_found(prefix: str) -> Refusal:
    return Refusal("key_not_found", f"There is no API key {intake.named(prefix)}.", key=intake.named(prefix))


def _parts(text: str) -> tuple[str, str]:
    """The key's prefix and digest; an empty prefix for what cannot be a key."""
    parts = text.split("_", 2)
    if len(text) > _LONGEST or not text.isascii() or not text.isprintable() or len(parts) != 3 or parts[0] != MARK:
        return "", ""
    return f"{parts[0]}_{parts[1]}", _digest(text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _scopes(given: Sequence[str]) -> list[str]:
    unknown = [scope for scope in given if scope not in set(Scope)]
    if unknown or not given:
        known = [scope.value for scope in Scope]
        wrong = f"{intake.shown(unknown[0])} is none" if unknown else "none is given"
        raise Refusal("invalid_scope", f"Give one or more of the scopes {', '.join(known)}; {wrong}.", known=[*known])
    return [scope.value for scope in Scope if scope in given]


def _role(given: str, actor: Actor) -> str:
    allowed = roles_for_key(actor)
    if given not in set(Role):
        raise Refusal("role_does_not_fit", f"{intake.shown(given)} is no role.", role=intake.shown(given))
    if given not in allowed:
        raise Refusal(
            "not_allowed",
            f"{actor.name} ({actor.role}) may not make a key with the rights of {given}: they are more than their own.",
            right=Right.KEYS.value,
            role=actor.role.value,
        )
    return given


def _limit(given: int) -> int:
    if not 1 <= given <= 100_000:
        raise Refusal("invalid_number", "A key may ask 1 to 100,000 times a minute.", field="requests a minute")
    return given


def _end(given: datetime | None, at: datetime) -> datetime | None:
    if given is not None and given <= at:
        raise Refusal("invalid_time", "The key would have ended already.", given=given.isoformat())
    return given
