"""The SQL that a deed sends: how many statements, and whether each names its client."""

import contextlib
import functools
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
_CLIENT_OF = r'(?<!\w)"?(\w+)"?\."?client_id"?\s*=\s*\(?'
_COMPARED = re.compile(_CLIENT_OF + r'"?(\w+)"?\."?client_id"?')


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
    mentioned = {alias for _, _, alias in mentions}
    compared = {frozenset(pair) for pair in _COMPARED.findall(sql)}
    carrying = mentioned & set(re.findall(rf"{_CLIENT_OF}{client_id}\b", sql))
    for _ in mentions:
        carrying |= {alias for alias in mentioned for other in carrying if {alias, other} in compared}
    return [
        table
        for verb, table, alias in mentions
        if not (_inserts_client(sql, table) if verb == "INTO" else alias in carrying)
    ]


@functools.cache
def tenant_tables() -> frozenset[str]:
    return frozenset(model._meta.db_table for model in apps.get_models() if issubclass(model, Tenant))


def _inserts_client(sql: str, table: str) -> bool:
    return re.search(rf'INTO "?{table}"? \([^)]*"client_id"', sql) is not None
