"""The DatabaseWrapper that Django looks for.

- A write-ahead log with `synchronous=FULL`, so that what was acknowledged survives a power cut and readers never wait;
  a rollback journal where the SQLite library has the WAL-reset bug.
- Foreign keys and recursive triggers on: without the latter, INSERT OR REPLACE walks around append-only triggers.
- Transactions begin IMMEDIATE, and queue at the `Gate` before they do.
"""

import functools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base, features

from reship.database.library import has_wal_reset_bug
from reship.database.sqlite.gate import Gate

Database: Any = base.Database  # type: ignore[attr-defined] # The module of the SQLite library.
PATIENCE_SECONDS = 30
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "DROP", "ALTER", "WITH", "VACUUM", "REINDEX")


@functools.cache
def most_variables() -> int:
    """How many values one statement may carry: 250,000 with pysqlite3 and on Debian, 32,766 as SQLite comes."""
    connection = Database.connect(":memory:")
    try:
        options = dict(option.partition("=")[::2] for (option,) in connection.execute("PRAGMA compile_options"))
        return int(options.get("MAX_VARIABLE_NUMBER", 32_766))
    finally:
        connection.close()


class DatabaseFeatures(features.DatabaseFeatures):
    @property
    def max_query_params(self) -> int:  # type: ignore[override] # Django has 999, the default of SQLite before 2020.
        return most_variables()


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._gate: Gate | None = None

    def get_connection_params(self) -> dict[str, Any]:
        parameters = super().get_connection_params()
        parameters.setdefault("timeout", PATIENCE_SECONDS)
        self._synchronous = str(parameters.pop("synchronous", "FULL"))
        self.transaction_mode = "IMMEDIATE"
        return parameters

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if not self.is_in_memory_db():
            path = Path(str(conn_params["database"]).removeprefix("file:").partition("?")[0])
            self._gate = Gate(path.with_name(f"{path.name}-gate"), patience_seconds=conn_params["timeout"])
        connection = super().get_new_connection(conn_params)
        connection.execute("PRAGMA recursive_triggers = ON")
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        self._set_journal(connection)
        return connection

    def _set_journal(self, connection: Any) -> None:
        """Kept in the file, so it is written once in a database's life, and then by one process only."""
        wanted = "delete" if has_wal_reset_bug(Database.sqlite_version_info) else "wal"
        if self._gate is None or journal_mode(connection) == wanted:
            return
        self._gate.enter()
        try:
            connection.execute(f"PRAGMA journal_mode = {wanted}")
        finally:
            self._gate.leave()

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=functools.partial(GatedCursor, gate=self._gate))

    def _start_transaction_under_autocommit(self) -> None:
        if self._gate is not None:
            self._gate.enter()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc] # A hook that the stubs leave out.
        except BaseException:
            self._leave_gate()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc] # As above.
        self._leave_gate()  # A commit that fails keeps the gate: Django rolls back next.

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc] # As above.
        finally:
            self._leave_gate()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc] # As above.
        finally:
            if self._gate is not None:
                self._gate.close()

    def _leave_gate(self) -> None:
        if self._gate is not None:
            self._gate.leave()


class GatedCursor(base.SQLiteCursorWrapper):
    """Sends a single writing statement, outside any transaction, through the gate as well."""

    def __init__(self, connection: Any, *, gate: Gate | None) -> None:
        super().__init__(connection)
        self._gate = gate

    def execute(self, query: str, params: Any = None) -> Any:
        return self._through_the_gate(query, lambda: super(GatedCursor, self).execute(query, params))

    def executemany(self, query: str, param_list: Iterable[Any]) -> Any:
        return self._through_the_gate(query, lambda: super(GatedCursor, self).executemany(query, param_list))

    def _through_the_gate(self, query: str, statement: Callable[[], Any]) -> Any:
        if self._gate is None or self._gate.is_held or not query.lstrip().upper().startswith(_WRITES):
            return statement()
        self._gate.enter()
        try:
            return statement()
        finally:
            self._gate.leave()


def journal_mode(connection: Any) -> str:
    """`wal`, `delete` or `memory`."""
    return str(connection.execute("PRAGMA journal_mode").fetchone()[0])
