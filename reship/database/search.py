"""Search with the databases' own indexes: codes compared whole or by their beginning, and words in a customer's text.

Words are found by trigrams: `pg_trgm` in a GIN index on PostgreSQL (`btree_gin` lets that index begin with the client),
an FTS5 table with the trigram tokenizer on SQLite. Django's migrations know neither, so `reship migrate` installs them,
as it does with the append-only triggers, and `reship doctor` names what is missing: docs/decisions/0011-search.md.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper

from reship.errors import Refusal

TABLE = "orders_customertext"
INDEX = "orders_customertext_trigrams"
EXTENSIONS = ("btree_gin", "pg_trgm")
SHORTEST_PART = 3
"""In characters: a shorter word has no trigram of its own, so it is looked for where words begin."""

# Two spaces before each word make the beginnings of words into trigrams too, of even one letter.
_WORD_BEGINS = "  "
# SQLite's index tells clients apart by the upper bits of its row ids: 8 million clients with 10^12 orders each.
_ORDER_BITS = 40
_ORDER_MASK = (1 << _ORDER_BITS) - 1


def whole_spellings(search: str) -> list[str]:
    """For codes, compared whole so that an index is used: as typed, and in capital and small letters."""
    return sorted({search, search.upper(), search.lower()})


def part_spellings(search: str) -> list[str]:
    """For names, looked for within. SQLite's LIKE tells Å from å, though not A from a; PostgreSQL tells neither."""
    return [search] if search.isascii() else sorted({search, search.lower(), search.upper(), search.title()})


def folded_words(text: str) -> list[str]:
    """The words of a text, the same whether it was written large or small, with accents or without: `Åsa` is `asa`."""
    if text.isascii():
        return text.lower().split()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(letter for letter in plain if unicodedata.category(letter) != "Mn").split()


def text_of(*texts: str) -> str:
    """What is stored to be searched: the folded words of these texts, two spaces before each."""
    return "".join(f"{_WORD_BEGINS}{word}" for text in texts for word in folded_words(text))


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of a statement, and the values for its places."""

    text: str
    values: tuple[Any, ...] = ()


def parts_of(search: str) -> tuple[str, ...]:
    """What must all occur in a text: each word typed, and a word of one or two characters where a word begins.

    A word without a letter or digit says nothing and is left out; what remains may be nothing.
    """
    words = [word for word in folded_words(search) if any(letter.isalnum() for letter in word)]
    return tuple(word if len(word) >= SHORTEST_PART else f"{_WORD_BEGINS}{word}" for word in words)


def orders_containing(parts: Iterable[str], *, client_ids: list[int], vendor: str) -> Sql:
    """The ids of these clients' orders in whose text all parts occur, by the index."""
    if vendor == "postgresql":
        parts = tuple(parts)
        likes = ' AND "text" LIKE %s' * len(parts)
        return Sql(
            f'SELECT "order_id" FROM "{TABLE}" WHERE {of_clients(client_ids)}{likes}',
            tuple(f"%{_like_literally(part)}%" for part in parts),
        )
    wanted = " AND ".join(f'"{part.replace(chr(34), chr(34) * 2)}"' for part in parts)
    scope = f'"rowid" >> {_ORDER_BITS} IN ({_listed(client_ids)})'
    if len(client_ids) == 1:
        first = client_ids[0] << _ORDER_BITS
        scope = f'"rowid" BETWEEN {first} AND {first | _ORDER_MASK}'
    return Sql(
        f'SELECT "rowid" & {_ORDER_MASK} AS "order_id" FROM "{INDEX}" WHERE "{INDEX}" MATCH %s AND {scope}', (wanted,)
    )


def text_contains(parts: Iterable[str], *, vendor: str) -> Sql:
    """The same as a condition on one row, without the index: for a walk down a list that is about to end."""
    parts = tuple(parts)
    find = "strpos" if vendor == "postgresql" else "instr"
    return Sql(" AND ".join([f'{find}("text", %s) > 0'] * len(parts)), parts)


def of_clients(client_ids: list[int]) -> str:
    """A condition by which an index that begins with the client is entered."""
    return f'"client_id" IN ({_listed(client_ids)})' if len(client_ids) != 1 else f'"client_id" = {client_ids[0]:d}'


def _listed(numbers: list[int]) -> str:
    return ", ".join(f"{number:d}" for number in numbers) or "NULL"


def _like_literally(part: str) -> str:
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def install(connection: BaseDatabaseWrapper) -> None:
    """Makes the index where any part of it is missing, and fills it. Refuses `search_not_available`."""
    if not missing(connection):
        return
    statements = _postgresql() if connection.vendor == "postgresql" else _sqlite()
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    except DatabaseError as error:
        raise Refusal(
            "search_not_available",
            "The search index cannot be made: it needs the extensions pg_trgm and btree_gin of PostgreSQL (Debian's "
            "postgresql package has them, others call them contrib) and the right to create them in this database; "
            f"or, with SQLite, FTS5 of version 3.34 or newer. The database says: {error}".rstrip(),
        ) from error


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """What the search needs and is not there: extensions and index, or table and triggers."""
    if connection.vendor == "postgresql":
        query = "SELECT extname FROM pg_extension UNION ALL SELECT relname FROM pg_class WHERE relkind = 'i'"
        needed = {*EXTENSIONS, INDEX}
    else:
        query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'trigger')"
        needed = {INDEX, *_sqlite_triggers()}
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {name for (name,) in cursor.fetchall()}
    return sorted(needed - present)


def _postgresql() -> list[str]:
    # New entries wait in a list that every search reads through; a short one costs a search nothing.
    options = "WITH (gin_pending_list_limit = 256)"
    index = f"CREATE INDEX IF NOT EXISTS {INDEX} ON {TABLE} USING gin (client_id, text gin_trgm_ops) {options}"
    return [*(f"CREATE EXTENSION IF NOT EXISTS {name}" for name in EXTENSIONS), index]


def _sqlite() -> list[str]:
    row = f"(NEW.client_id << {_ORDER_BITS}) | NEW.order_id"
    return [
        *(f"DROP TRIGGER IF EXISTS {name}" for name in _sqlite_triggers()),
        f"DROP TABLE IF EXISTS {INDEX}",
        # Without content of its own: the text stands in the table that it is an index of.
        f"CREATE VIRTUAL TABLE {INDEX} USING fts5(text, content='', columnsize=0, tokenize='trigram case_sensitive 1')",
        f"INSERT INTO {INDEX} (rowid, text) SELECT {row.replace('NEW.', '')}, text FROM {TABLE}",
        *_sqlite_triggers().values(),
    ]


def _sqlite_triggers() -> dict[str, str]:
    def row(of: str) -> str:
        return f"({of}.client_id << {_ORDER_BITS}) | {of}.order_id, {of}.text"

    enter = f"INSERT INTO {INDEX} (rowid, text) VALUES ({row('NEW')});"
    leave = f"INSERT INTO {INDEX} ({INDEX}, rowid, text) VALUES ('delete', {row('OLD')});"
    deeds = {"insert": enter, "delete": leave, "update": f"{leave} {enter}"}
    return {
        name: f"CREATE TRIGGER {name} AFTER {deed.upper()} ON {TABLE} BEGIN {does} END"
        for name, deed, does in ((f"{TABLE}_search_{deed}", deed, does) for deed, does in deeds.items())
    }
