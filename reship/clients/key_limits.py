"""How often a key may ask: so many requests a minute, over all processes together.

A process takes requests from the database's count by the handful, because a write for each would cost more than most
requests do. What it took and did not use is lost to the others until the next minute: a key never gets more than its
limit, and near the limit perhaps some less.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

from reship.clients.models import ApiKey

_HANDFULS = 20
_MOST_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a minute's requests, as far as this process knows, and in how many seconds the next begins."""

    limit: int
    left: int
    seconds: int
    is_spent: bool = False


@dataclass(slots=True)
class _Handful:
    minute: int
    mine: int
    taken: int


class Limits:
    """The requests that this process has taken and not used yet, by key."""

    def __init__(self) -> None:
        self._handfuls: OrderedDict[str, _Handful] = OrderedDict()
        self._lock = threading.Lock()

    def use_one(self, key: ApiKey, *, at: datetime) -> Allowance:
        """Counts one request of a key. At most one statement, and that for one request in twenty of the limit."""
        minute, seconds = int(at.timestamp()) // 60, 60 - int(at.timestamp()) % 60
        limit = key.requests_a_minute
        with self._lock:
            held = self._handfuls.get(key.prefix)
            if held is not None and held.minute == minute and held.mine > 0:
                held.mine -= 1
                return Allowance(limit, held.mine + limit - held.taken, seconds)
            if held is not None and held.minute == minute and held.taken >= limit:
                return Allowance(limit, 0, seconds, is_spent=True)
        handful = max(1, limit // _HANDFULS)
        before = _take(key.pk, minute, handful, at) - handful
        got = max(0, min(handful, limit - before))
        with self._lock:
            held = self._handfuls.get(key.prefix)
            mine = held.mine if held is not None and held.minute == minute else 0
            self._handfuls[key.prefix] = _Handful(minute, mine + max(0, got - 1), min(limit, before + handful))
            self._handfuls.move_to_end(key.prefix)
            if len(self._handfuls) > _MOST_KEYS:
                self._handfuls.popitem(last=False)
            if not got:
                return Allowance(limit, 0, seconds, is_spent=True)
            return Allowance(limit, self._handfuls[key.prefix].mine + max(0, limit - before - handful), seconds)

    def forget(self) -> None:
        """As a process that has just begun."""
        with self._lock:
            self._handfuls.clear()


LIMITS = Limits()


def _take(key_id: int, minute: int, requests: int, at: datetime) -> int:
    """Counts requests of this minute beside those that all processes took; answers how many that makes."""
    table = '"clients_apikeyuse"'
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (key_id, minute, taken, last_used_at) VALUES (%s, %s, %s, %s)"  # noqa: S608
            " ON CONFLICT (key_id) DO UPDATE SET minute = excluded.minute, last_used_at = excluded.last_used_at,"
            f" taken = excluded.taken + CASE WHEN {table}.minute = excluded.minute THEN {table}.taken ELSE 0 END"
            " RETURNING taken",
            [key_id, minute, requests, connection.ops.adapt_datetimefield_value(at.astimezone(UTC))],
        )
        return int(cursor.fetchone()[0])
