"""Many reads that see the same moment, while others go on writing."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_snapshot(*, is_patient: bool = True) -> Iterator[None]:
    """All queries inside see the database as it is at the first of them; nothing may be written.

    Inside a transaction that is already open, they see what that transaction sees. SQLite's own deferred transaction
    is used instead of Django's, which would begin IMMEDIATE here and stop every writer. Whoever is patient lets a
    statement take longer than a page may.
    """
    if connection.in_atomic_block:
        yield
        return
    if connection.vendor == "postgresql":
        with transaction.atomic(durable=True):
            _execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            if is_patient:
                _execute("SET LOCAL statement_timeout = 0")
            yield
        return
    _execute("BEGIN DEFERRED")
    try:
        yield
    finally:
        _execute("COMMIT")


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
