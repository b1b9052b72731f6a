"""Deadlocks that the server broke: a retry hides them from people."""

from django.db import connection


def deadlocks() -> int:
    """How many there were in this database, once everybody else has gone. SQLite has none."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        # A server process counts what it met when it ends, which is soon after its client has gone.
        while True:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if cursor.fetchone() == (0,):
                break
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        (count,) = cursor.fetchone()
    return int(count)
