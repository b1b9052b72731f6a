"""The index behind the search for customers: what it makes of text, and that nothing of it goes missing unseen."""

import pytest
from django.db import connection, transaction

from reship.database import search
from reship.database.checkup import check_up
from reship.database.search import parts_of, text_of
from reship.errors import Refusal
from tests.world import World


@pytest.mark.parametrize(
    ("texts", "stored"),
    [
        (("Jane Doe", "Jane@Example.com"), "  jane  doe  jane@example.com"),
        (("Åsa  Öz", ""), "  asa  oz"),
        (("A\u030asa STRAẞE",), "  asa  strasse"),
        (("İpek",), "  ipek"),
        (("王小明",), "  王小明"),
        (("", ""), ""),
    ],
)
def test_text_is_stored_folded_with_the_beginnings_of_words_marked(texts: tuple[str, ...], stored: str) -> None:
    assert text_of(*texts) == stored


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("Jane", ("jane",)),
        ("DOE  jane", ("doe", "jane")),
        ("jo", ("  jo",)),
        ("J. Doe", ("  j.", "doe")),
        ("王", ("  王",)),
        ("%", ()),
        ("- _ \U0001f642", ()),
        ("50%", ("50%",)),
    ],
)
def test_each_word_typed_must_occur_and_a_short_one_where_a_word_begins(typed: str, parts: tuple[str, ...]) -> None:
    assert parts_of(typed) == parts


def test_a_missing_index_is_named_and_made_and_filled_again(world: World) -> None:
    world.place("1042", MUG=1)
    kind = "INDEX" if connection.vendor == "postgresql" else "TABLE"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # No index is made while some wait to be checked.
        cursor.execute(f"DROP {kind} {search.INDEX}")
    assert search.missing(connection) == [search.INDEX]
    assert [finding.problems for finding in check_up() if finding.what == "search index"] == [
        [f"{search.INDEX} is missing, so nothing can be searched: run `reship migrate`"]
    ]
    search.install(connection)
    assert search.missing(connection) == []
    found = search.orders_containing(["jane"], client_ids=[world.acme.pk], vendor=connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(found.text, found.values)
        assert cursor.fetchall() == [(world.facts("1042").order.pk,)]


def test_a_database_that_cannot_search_is_refused_in_words(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "missing", lambda connection: [search.INDEX])
    monkeypatch.setattr(search, "_sqlite", lambda: ["CREATE VIRTUAL TABLE t USING fts0"])
    monkeypatch.setattr(search, "_postgresql", lambda: ["CREATE EXTENSION no_such_extension"])
    with pytest.raises(Refusal, match="pg_trgm and btree_gin") as refusal, transaction.atomic():
        search.install(connection)
    assert refusal.value.code == "search_not_available"
