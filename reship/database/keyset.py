"""Pages of a sorted list that are found by the place where the last one ended, never by counting rows."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Self, TypeVar

from django.db.models import F, Model, OrderBy, Q, QuerySet
from django.db.models.functions import Greatest

from reship import intake
from reship.errors import Refusal

Row = TypeVar("Row", bound=Model)
Value = str | int | datetime

_LARGEST_ID = 2**63 - 1
_LONGEST_TEXT = 1_000


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list sorted by `keyset`: between a row and what comes after it, or before it when backwards."""

    keyset: str
    value: str | int
    row_id: int
    is_backwards: bool = False

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Refuses `invalid_cursor` for what `as_text` never wrote."""
        try:
            keyset, value, row_id, is_backwards = json.loads(base64.urlsafe_b64decode(f"{text[:_LONGEST_TEXT]}=="))
            return cls(str(keyset), _plain(value), _row_id(row_id), bool(is_backwards))
        except (ValueError, TypeError, RecursionError) as error:
            raise invalid_cursor() from error

    def as_text(self) -> str:
        parts = json.dumps([self.keyset, self.value, self.row_id, self.is_backwards], separators=(",", ":"))
        return base64.urlsafe_b64encode(parts.encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Part(Generic[Row]):
    """Rows of a list, and the places where the parts before and after them are to be had."""

    rows: Sequence[Row]
    previous: Cursor | None
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class Keyset:
    """How a list is sorted: by a column, and by the id among equals. `kind` is the type of the column."""

    name: str
    column: str
    kind: type[Value]
    is_descending: bool = False

    def part_of(self, rows: QuerySet[Row], *, limit: int, after: Cursor | None) -> Part[Row]:
        """At most `limit` rows, in one statement. Refuses `invalid_cursor` for a place in another list."""
        return self.part(list(self.enter(rows, limit=limit, after=after)), limit=limit, after=after)

    def enter(self, rows: QuerySet[Row], *, limit: int, after: Cursor | None, by_index: bool = True) -> QuerySet[Row]:
        """The rows from a place on, one more than `limit`, in the direction in which the place looks.

        Without `by_index` the database sorts what it found instead of walking down the list's index: right when few
        rows are left, which it cannot know. Refuses `invalid_cursor`.
        """
        if after is not None:
            rows = rows.filter(self._beyond(after))
        return rows.order_by(*self.order(after, by_index=by_index))[: limit + 1]

    def order(self, after: Cursor | None, *, by_index: bool = True) -> list[OrderBy]:
        """The order in which `enter` finds rows."""
        columns = [F(self.column) if by_index else Greatest(self.column, self.column), F("pk")]
        return [OrderBy(column, descending=self._is_downwards(after)) for column in columns]

    def part(self, found: Sequence[Row], *, limit: int, after: Cursor | None) -> Part[Row]:
        """What was found from a place on, as a part of the list."""
        is_backwards = after is not None and after.is_backwards
        has_more = len(found) > limit
        rows = found[:limit][::-1] if is_backwards else found[:limit]
        before_it = has_more if is_backwards else after is not None
        after_it = is_backwards or has_more
        return Part(
            rows=rows,
            previous=self._at(rows[0], is_backwards=True) if rows and before_it else None,
            next=self._at(rows[-1], is_backwards=False) if rows and after_it else None,
        )

    def sql_order(self, after: Cursor | None, *, limit: int) -> str:
        """The order and number of rows of `enter` for a statement that is written by hand, with the rows as `o`."""
        direction = "DESC" if self._is_downwards(after) else "ASC"
        return f'ORDER BY o."{self.column}" {direction}, o."id" {direction} LIMIT {limit + 1}'

    def _is_downwards(self, after: Cursor | None) -> bool:
        return self.is_descending != (after is not None and after.is_backwards)

    def _beyond(self, after: Cursor) -> Q:
        if after.keyset != self.name:
            raise invalid_cursor()
        value = self._value_in(after)
        beyond = "lt" if self._is_downwards(after) else "gt"
        # The first condition alone lets the database enter the index at the right place; the second is for equals.
        return Q(**{f"{self.column}__{beyond}e": value}) & (
            Q(**{f"{self.column}__{beyond}": value}) | Q(**{self.column: value, f"pk__{beyond}": after.row_id})
        )

    def _value_in(self, cursor: Cursor) -> Value:
        value = cursor.value
        if self.kind is int:
            return _row_id(value)
        try:
            if self.kind is str:
                # The gate by which text comes in: PostgreSQL takes no NUL, and no database half a character.
                return intake.text(str(value), field="cursor", longest=300)
            at = datetime.fromisoformat(str(value))
        except (ValueError, Refusal) as error:
            raise invalid_cursor() from error
        if at.tzinfo is None or not 1900 < at.year < 2200:
            raise invalid_cursor()
        return at

    def _at(self, row: Row, *, is_backwards: bool) -> Cursor:
        value: object = row
        for name in self.column.split("__"):
            value = getattr(value, name)
        plain = value.isoformat() if isinstance(value, datetime) else value
        assert isinstance(plain, str | int)
        return Cursor(self.name, plain, row.pk, is_backwards)


def invalid_cursor() -> Refusal:
    return Refusal(
        "invalid_cursor", "This is no page of the list as it is sorted now. Start again from its first page."
    )


def _plain(value: object) -> str | int:
    if not isinstance(value, str | int):
        raise TypeError
    return value


def _row_id(value: object) -> int:
    """Ids and sequence numbers; beyond 2^63 SQLite would fail."""
    if type(value) is not int or not 0 < value <= _LARGEST_ID:
        raise invalid_cursor()
    return value
