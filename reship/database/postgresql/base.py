"""The DatabaseWrapper that Django looks for.

- Keys come from a plain sequence (`bigserial`), not from identity columns, and GROUP BY names every column: what a
  sharded PostgreSQL accepts.
- Every session has limits, so that one stuck person or process cannot hold the others up. Each can be given in OPTIONS
  under `session`, in PostgreSQL's own words; None leaves the server's.
"""

from typing import Any

from django.db.backends.postgresql import base, features

SESSION = {
    "lock_timeout": "4s",
    "idle_in_transaction_session_timeout": "15s",
    # A dead client's locks are gone in 0.2 s with this and after 11.7 s without.
    "client_connection_check_interval": "500ms",
    # A limit per statement is for people who wait: `serve` sets 10 s. An import or a migration may take longer.
    "statement_timeout": None,
}


class DatabaseFeatures(features.DatabaseFeatures):
    allows_group_by_selected_pks = False


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
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
        return parameters

    def _configure_connection(self, connection: Any) -> bool:
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
