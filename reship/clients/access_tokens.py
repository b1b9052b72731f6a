"""Access tokens: what a program gets for its key, good for an hour, and for as long as the key is.

For programs that only know OAuth's client credentials (RFC 6749, section 4.4). A token is signed and not stored. It
names its key, whose row is read with each request, so that it ends with the key. See
docs/decisions/0017-access-tokens.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core import signing

from reship.clients import api_keys
from reship.clients.api_keys import Caller, caller_of, caller_with_scopes, invalid_api_key
from reship.clients.attempts import claim, give_back
from reship.errors import Refusal

MARK = "rst_"
LIFETIME = timedelta(hours=1)
MOST_FAILURES = 50
_LONGEST = 1_000
_SIGNER = signing.Signer(salt="reship.clients.access_tokens", sep=".")


@dataclass(frozen=True, slots=True)
class AccessToken:
    text: str
    scopes: tuple[str, ...]
    expires_at: datetime


def prove(prefix: str, text: str, *, address: str, at: datetime) -> Caller:
    """Who proves themself with the text of the key of this prefix; `address` is the network address they come from.

    Refuses `invalid_api_key`, and `too_many_attempts` after 50 failures from one address within 15 minutes, with one
    prefix or with such as are none. From elsewhere the key works on: who knows a prefix must not be able to lock it.
    """
    name = prefix if api_keys.is_known(prefix) else "none"
    claimed = claim((f"access token {name} {address}", MOST_FAILURES), advice="make another key")
    caller = caller_of(text, at=at)
    if caller.key.prefix != prefix:
        raise invalid_api_key()
    give_back(claimed)
    return caller


def make_access_token(caller: Caller, scopes: Iterable[str], *, at: datetime) -> AccessToken:
    """A token with these scopes of the key, or with all when none are named; it does not outlive the key.

    Refuses `invalid_scope` for one that the key has not.
    """
    own = caller.key.scopes
    wanted = list(scopes) or own
    if foreign := [scope for scope in wanted if scope not in own]:
        raise Refusal(
            "invalid_scope", f"This key has the scopes {', '.join(own)}, and not {', '.join(foreign)[:60]}.", known=own
        )
    end = at + LIFETIME if caller.key.expires_at is None else min(at + LIFETIME, caller.key.expires_at)
    kept = [scope for scope in own if scope in wanted]
    said = {"key": caller.key.prefix, "scopes": kept, "end": int(end.timestamp())}
    return AccessToken(MARK + _SIGNER.sign_object(said), tuple(kept), end)


def caller_of_bearer(text: str, *, at: datetime) -> Caller:
    """Who proves themself with a key or an access token; one statement.

    Refuses `invalid_api_key` alike for whatever is wrong with either.
    """
    if not text.startswith(MARK):
        return caller_of(text, at=at)
    if len(text) > _LONGEST or not text.isascii():
        raise invalid_api_key()
    try:
        said = _SIGNER.unsign_object(text.removeprefix(MARK))
    except signing.BadSignature as error:
        raise invalid_api_key() from error
    if at >= datetime.fromtimestamp(said["end"], UTC):
        raise invalid_api_key()
    return caller_with_scopes(said["key"], said["scopes"], at=at)
