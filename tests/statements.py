"""The SQL that a deed sends: how many statements, and whether each names its client."""

import contextlib
import re
from collections.abc import Iterator

from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reship.database.tenancy import Tenant

_TABLE = re.compile(
    r"\b(FROM|JOIN|UPDATE|INTO)\s+\"?(\w+)\"?"
    r"(?:\s+(?:AS\s+)?(?!(?:WHERE|INNER|LEFT|ON|SET|ORDER|FOR|VALUES|GROUP|LIMIT|SELECT|RETURNING)\b)\"?(\w+)\"?)?"
)


@contextlib.contextmanager
def captured_statements() -> Iterator[list[str]]:
    """The statements that run inside, with their values in place."""
    statements: list[str] = []
    with CaptureQueriesContext(connection) as queries:
        yield statements
    statements += [query["sql"] for query in queries.captured_queries]


def tables_without_client(sql: str, *, client_id: int) -> list[str]:
    """The tenant tables that this statement reads or writes without the literal id of the client.

    Every mention counts, those in sub-queries too. A join carries the id when it compares its client with that of a
    table which carries it.
    """
    mentions = [(verb, table, alias or table) for verb, table, alias in _TABLE.findall(sql) if table in tenant_tables()]
    carrying = {alias for _, _, alias in mentions if _equals(sql, alias, str(client_id))}
    for _ in mentions:
        carrying |= {
            alias
            for _, _, alias in mentions
            for other in carrying
            if _compares(sql, alias, other) or _compares(sql, other, alias)
        }
    return [
        table
        for verb, table, alias in mentions
        if not (_inserts_client(sql, table) if verb == "INTO" else alias in carrying)
    ]


def tenant_tables() -> set[str]:
    return {model._meta.db_table for model in apps.get_models() if issubclass(model, Tenant)}


def _equals(sql: str, alias: str, value: str) -> bool:
    return re.search(rf'(?<!\w)"?{alias}"?\."?client_id"?\s*=\s*\(?{value}\b', sql) is not None


def _compares(sql: str, alias: str, other: str) -> bool:
    return re.search(rf'(?<!\w)"?{alias}"?\."?client_id"?\s*=\s*\(?"?{other}"?\."?client_id"?', sql) is not None


def _inserts_client(sql: str, table: str) -> bool:
    return re.search(rf'INTO "?{table}"? \([^)]*"client_id"', sql) is not None
