"""One verb, one transaction, tried again when the database asks for it."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction

from reship.errors import Refusal

T = TypeVar("T")

PATIENCE_SECONDS = 30.0
MOST_TRIES = 10

# Serialisation failure, deadlock, lock timeout.
_POSTGRESQL_SAYS_AGAIN = frozenset({"40001", "40P01", "55P03"})
# SQLITE_BUSY and SQLITE_LOCKED; the extended codes carry them in their lowest byte.
_SQLITE_SAYS_AGAIN = frozenset({5, 6})


def one_transaction(work: Callable[[], T]) -> T:
    """Runs `work` in one transaction and answers what it answers.

    A conflict with another transaction (deadlock, serialisation failure, lock wait, busy) undoes everything and runs
    `work` again from its start, after a short random pause, so `work` must not act on the outside. When patience ends,
    the refusal is `try_again`. Inside a transaction that is already open there is nothing to run again: `work` runs
    once in it.
    """
    if connection.in_atomic_block:
        return work()
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    tries = 1
    while True:
        try:
            with transaction.atomic(durable=True):
                return work()
        except OperationalError as error:
            if not is_conflict(error):
                raise
            if tries == MOST_TRIES or time.monotonic() > give_up_at:
                raise Refusal(
                    "try_again",
                    "Too much is happening to these rows just now. Please try again.",
                    tries=tries,
                ) from error
        time.sleep(random.uniform(0, 0.01 * 2 ** min(tries, 5)))  # noqa: S311 (spreads out, protects nothing)
        tries += 1


def took_too_long(error: OperationalError) -> bool:
    """Whether PostgreSQL ended a statement because of the session's limit per statement."""
    return getattr(error.__cause__ or error, "sqlstate", None) == "57014"


def is_conflict(error: OperationalError) -> bool:
    """Whether the same transaction can succeed when it is run again."""
    cause = error.__cause__ or error
    sqlstate = getattr(cause, "sqlstate", None)
    if sqlstate is not None:
        return sqlstate in _POSTGRESQL_SAYS_AGAIN
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _SQLITE_SAYS_AGAIN
    return "is locked" in str(error)
