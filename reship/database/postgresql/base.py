"""The DatabaseWrapper that Django looks for.

- Keys come from a plain sequence (`bigserial`), not from identity columns, and GROUP BY names every column: what a
  sharded PostgreSQL accepts.
- Statements whose text does not change can be prepared; the ORM's are not, because a plan that is made for any value is
  a bad one for a list of which one client has most.
- Every session has limits, so that one stuck person or process cannot hold the others up. Each can be given in OPTIONS
  under `session`, in PostgreSQL's own words; None leaves the server's.
"""

from typing import Any

from django.db.backends.postgresql import base, features, operations
from django.db.backends.postgresql.psycopg_any import register_tzloader
from django.db.backends.utils import CursorWrapper

SESSION = {
    "lock_timeout": "4s",
    "idle_in_transaction_session_timeout": "15s",
    # A dead client's locks are gone in 0.2 s with this and after 11.7 s without.
    "client_connection_check_interval": "500ms",
    # A limit per statement is for people who wait: `serve` sets 10 s. An import or a migration may take longer.
    "statement_timeout": None,
    # Prepared statements take lists of keys. Their plan goes by the index whatever the list, so it is made once:
    # planning anew for each list, as PostgreSQL prefers, took a third of a reship's time.
    "plan_cache_mode": "force_generic_plan",
}


PREPARED_FROM = 2


class DatabaseFeatures(features.DatabaseFeatures):
    allows_group_by_selected_pks = False


class DatabaseOperations(operations.DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> Any:
        """With its values in place also when the server put them there."""
        if isinstance(cursor, base.ServerBindingCursor):
            return self.compose_sql(sql, params)
        return super().last_executed_query(cursor, sql, params)


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
    ops_class = DatabaseOperations
    data_types = {
        **base.DatabaseWrapper.data_types,
        "AutoField": "serial",
        "BigAutoField": "bigserial",
        "SmallAutoField": "smallserial",
    }
    data_types_suffix = {}

    def get_connection_params(self) -> dict[str, Any]:
        parameters = super().get_connection_params()
        self._session = SESSION | parameters.pop("session", {})
        # How often a statement of a `prepared_cursor` comes before it is prepared.
        parameters["prepare_threshold"] = PREPARED_FROM
        return parameters

    def prepared_cursor(self) -> CursorWrapper:
        """A cursor whose statements the server parses and plans once per connection."""
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor: Any = base.ServerBindingCursor(self.connection)  # type: ignore[call-arg] # psycopg's, behind a mixin.
        wrapped: CursorWrapper = self._prepare_cursor(cursor)  # type: ignore[attr-defined] # Not in the stubs.
        return wrapped

    def _configure_connection(self, connection: Any) -> bool:
        register_tzloader(self.timezone, connection)
        changed: bool = super()._configure_connection(connection)  # type: ignore[misc] # Not in the stubs.
        wanted = {name: value for name, value in self._session.items() if value is not None}
        with connection.cursor() as cursor:
            # Only what this server knows: an unknown setting would be an error, and some are newer than others.
            cursor.execute(
                "SELECT set_config(wanted.name, wanted.value, false)"
                " FROM unnest(%s::text[], %s::text[]) AS wanted(name, value) JOIN pg_settings USING (name)",
                [list(wanted), list(wanted.values())],
            )
        return changed or not connection.autocommit
