"""How commands tell of API keys: never with their text, but for the one time when it was made."""

from collections.abc import Sequence
from datetime import datetime

from rich.box import SIMPLE
from rich.table import Table

from reship.cli.tables import rendered
from reship.clients.api_keys import MadeKey, state_of
from reship.clients.models import ApiKey

ONCE = "Keep it now: nobody can show it again."


def key_as_json(key: ApiKey, *, at: datetime) -> dict[str, object]:
    return {
        "prefix": key.prefix,
        "name": key.name,
        "client": key.client.code,
        "role": key.role,
        "scopes": key.scopes,
        "requests_a_minute": key.requests_a_minute,
        "state": state_of(key, at=at),
        "made_by": key.made_by,
        "made_at": key.made_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "rolled_into": key.rolled_into.prefix if key.rolled_into else None,
    }


def made_key_as_json(made: MadeKey, *, at: datetime) -> dict[str, object]:
    return {"key": made.text} | key_as_json(made.key, at=at)


def listed_key_as_json(key: ApiKey, *, at: datetime) -> dict[str, object]:
    return key_as_json(key, at=at) | {"last_used_at": last_used_at(key)}


def keys_as_text(keys: Sequence[ApiKey], *, at: datetime) -> str:
    if not keys:
        return "There is no API key."
    table = Table("Key", "Name", "Role", "Scopes", "Made", "By", "Last used", "Ends", "State", box=SIMPLE)
    for key in keys:
        table.add_row(
            key.prefix,
            key.name,
            key.role,
            ", ".join(key.scopes),
            _time(key.made_at),
            key.made_by,
            _time(last_used_at(key)),
            _time(key.expires_at),
            state_of(key, at=at).replace("_", " "),
        )
    return rendered(table)


def last_used_at(key: ApiKey) -> datetime | None:
    """To the minute; None for a key that was never used. Its use should be at hand."""
    use = getattr(key, "use", None)
    return use.last_used_at if use else None


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "–"
