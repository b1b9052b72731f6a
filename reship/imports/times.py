"""A time in a file."""

import re
from datetime import UTC, datetime

from reship import intake
from reship.errors import Refusal

_TIME = re.compile(r"(19[7-9][0-9]|20[0-9]{2})-[0-9]{2}-[0-9]{2}([ T][0-9:]{5,8}(Z|[+-][0-9]{2}:[0-9]{2})?)?", re.ASCII)


def read_time(line: int, given: str) -> datetime:
    """ISO 8601; in UTC when it names no zone. Refuses `invalid_time` with the line."""
    try:
        # Python reads more spellings than are documented, such as weeks.
        time = datetime.fromisoformat(given if _TIME.fullmatch(given) else "")
    except ValueError as error:
        raise Refusal(
            "invalid_time",
            f"Line {line}: {intake.shown(given)} is no time like 2026-03-02T09:30:00Z.",
            line=line,
            given=intake.shown(given),
        ) from error
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
