"""Rows that refuse to be changed, by trigger, on SQLite and on PostgreSQL.

Django's `AlterField` rebuilds a SQLite table and silently drops its triggers, so they are not part of a migration:
`reship migrate` installs them after every run, and `reship doctor` and `reship audit` list the ones that are missing.
"""

from typing import NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper


class AppendOnly(NamedTuple):
    """A table whose rows refuse update and delete, always or once `frozen_when` (SQL about OLD) holds."""

    table: str
    frozen_when: str
    refusal: str


_DEPARTED = (
    "EXISTS (SELECT 1 FROM orders_shipment s WHERE s.client_id = OLD.client_id"
    " AND s.id = OLD.shipment_id AND s.departed_at IS NOT NULL)"
)
APPEND_ONLY = (
    AppendOnly("inventory_ledgerentry", "", "ledger entries are never changed"),
    AppendOnly("orders_orderevent", "", "history is never changed"),
    AppendOnly("orders_evidencephoto", "", "evidence is never changed"),
    AppendOnly("floor_scan", "", "scans are never changed"),
    AppendOnly("floor_trackingevent", "", "what a carrier said is never changed"),
    AppendOnly("clients_accountevent", "", "the log of people and settings is never changed"),
    AppendOnly("orders_shipmentline", _DEPARTED, "lines of a departed shipment are never changed"),
)


def install(connection: BaseDatabaseWrapper) -> None:
    """Creates every trigger that protects an append-only table, replacing what is there."""
    statements = _postgresql_triggers() if connection.vendor == "postgresql" else _sqlite_triggers()
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The names of the triggers that should be there and are not, or are switched off."""
    if connection.vendor == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'"
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {name for (name,) in cursor.fetchall()}
    return sorted(set(_trigger_names(connection.vendor)) - present)


def _trigger_names(vendor: str) -> list[str]:
    deeds = ("update", "delete", "truncate") if vendor == "postgresql" else ("update", "delete")
    return [f"{protected.table}_no_{deed}" for protected in APPEND_ONLY for deed in deeds]


def _sqlite_triggers() -> list[str]:
    statements = []
    for protected in APPEND_ONLY:
        when = f"WHEN {protected.frozen_when}" if protected.frozen_when else ""
        for deed in ("update", "delete"):
            name = f"{protected.table}_no_{deed}"
            statements.append(f"DROP TRIGGER IF EXISTS {name}")
            statements.append(
                f"CREATE TRIGGER {name} BEFORE {deed.upper()} ON {protected.table} {when} "
                f"BEGIN SELECT RAISE(ABORT, '{protected.refusal}'); END"
            )
    return statements


def _postgresql_triggers() -> list[str]:
    statements = []
    for protected in APPEND_ONLY:
        table = protected.table
        statements.append(
            f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN RAISE EXCEPTION '{protected.refusal}' USING ERRCODE = 'restrict_violation'; END $$"
        )
        condition = protected.frozen_when
        if condition:
            # A trigger's WHEN cannot hold a sub-query on PostgreSQL, so the function asks.
            statements[-1] = (
                f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
                f"BEGIN IF TG_OP = 'TRUNCATE' OR {condition} THEN "
                f"RAISE EXCEPTION '{protected.refusal}' USING ERRCODE = 'restrict_violation'; END IF; "
                f"IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
            )
        for deed, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
            name = f"{table}_no_{deed}"
            statements.append(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            statements.append(
                f"CREATE TRIGGER {name} BEFORE {deed.upper()} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION {table}_refuse()"
            )
    return statements
