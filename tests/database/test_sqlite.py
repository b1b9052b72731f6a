"""The SQLite backend: durable, strict, fair."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError, connection, transaction
from pytest_django import DjangoDbBlocker

from reship.database.library import has_wal_reset_bug, sqlite_version
from reship.database.sqlite.base import DatabaseWrapper, most_variables
from reship.database.sqlite.gate import Gate
from tests.databases import RealDatabase
from tests.parallel import in_threads

pytestmark = pytest.mark.sqlite


def pragma(name: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [("journal_mode", "wal"), ("foreign_keys", 1), ("recursive_triggers", 1), ("busy_timeout", 30_000)],
)
def test_a_connection_is_strict_and_patient(real_database: RealDatabase, name: str, value: object) -> None:
    assert pragma(name) == value


def test_commits_are_durable_unless_a_test_says_otherwise(real_database: RealDatabase) -> None:
    del connection.settings_dict["OPTIONS"]["synchronous"]
    try:
        connection.close()
        assert pragma("synchronous") == 2
    finally:
        connection.settings_dict["OPTIONS"]["synchronous"] = "OFF"


@pytest.mark.parametrize(
    ("version", "has_bug"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 0), False),
    ],
)
def test_the_wal_reset_bug_is_known_by_version(version: tuple[int, ...], has_bug: bool) -> None:
    assert has_wal_reset_bug(version) is has_bug


def test_a_library_with_the_bug_gets_a_rollback_journal(
    real_database: RealDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reship.database.sqlite.base.has_wal_reset_bug", lambda version: True)
    connection.close()
    assert pragma("journal_mode") == "delete"
    ContentType.objects.create(app_label="a", model="b")
    monkeypatch.undo()
    connection.close()
    assert pragma("journal_mode") == "wal"


def test_django_uses_the_newest_library_there_is() -> None:
    with sqlite3.connect(":memory:") as other:
        assert sqlite_version() == sqlite3.sqlite_version_info
        (version,) = other.execute("SELECT sqlite_version()").fetchone()
    assert version == ".".join(str(part) for part in sqlite_version())


def test_three_thousand_wide_rows_are_one_statement() -> None:
    fields = list(ContentType._meta.fields) * 4
    assert len(fields) * 3_000 > 32_766
    batch = connection.ops.bulk_batch_size(fields, range(3_000))
    assert batch >= min(3_000, most_variables() // len(fields))


def test_a_write_waits_for_the_one_before_it(real_database: RealDatabase) -> None:
    order: list[str] = []

    def slow() -> None:
        with transaction.atomic():
            order.append("first in")
            time.sleep(0.3)
            order.append("first out")

    def late() -> None:
        time.sleep(0.1)
        with transaction.atomic():
            order.append("second in")

    assert in_threads([slow, late]) == [None, None]
    assert order == ["first in", "first out", "second in"]


def test_a_single_statement_waits_as_well(real_database: RealDatabase) -> None:
    def hold() -> float:
        with transaction.atomic():
            time.sleep(0.3)
            return time.monotonic()

    def insert() -> float:
        time.sleep(0.1)
        ContentType.objects.bulk_create([ContentType(app_label="a", model="b")])
        return time.monotonic()

    held_until, inserted_at = in_threads([hold, insert])
    assert isinstance(held_until, float)
    assert isinstance(inserted_at, float)
    assert inserted_at > held_until


def test_readers_do_not_wait(real_database: RealDatabase) -> None:
    has_written, has_read = threading.Event(), threading.Event()

    def read() -> bool:
        has_written.wait(20)
        ContentType.objects.count()
        has_read.set()
        return True

    def hold() -> bool:
        with transaction.atomic():
            ContentType.objects.create(app_label="a", model="b")
            has_written.set()
            return has_read.wait(20)

    assert in_threads([read, hold]) == [True, True]


def test_sixteen_writers_get_fair_shares_and_no_error(real_database: RealDatabase) -> None:
    stop_at = time.monotonic() + 2

    def write() -> int:
        done = 0
        while time.monotonic() < stop_at:
            with transaction.atomic():
                ContentType.objects.filter(pk=1).update(app_label="a")
            done += 1
        return done

    shares = in_threads([write] * 16)
    counts = [share for share in shares if isinstance(share, int)]
    assert len(counts) == 16, shares
    assert min(counts) > 0
    assert min(counts) > max(counts) / 6, counts


def test_an_impatient_writer_is_told_that_the_database_is_locked(tmp_path: Path) -> None:
    holder, other = (Gate(tmp_path / "gate", patience_seconds=0.2) for _ in range(2))
    holder.enter()
    with pytest.raises(OperationalError, match="database is locked"):
        other.enter()
    holder.leave()
    other.enter()
    assert other.is_held
    for gate in (holder, other):
        gate.close()


def test_the_gate_is_free_after_commit_rollback_and_close(real_database: RealDatabase) -> None:
    other = Gate(Path(f"{real_database.name}-gate"), patience_seconds=0.2)

    def is_free() -> bool:
        other.enter()
        other.leave()
        return True

    with transaction.atomic():
        pass
    assert is_free()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        raise ZeroDivisionError
    assert is_free()
    with transaction.atomic():
        with pytest.raises(OperationalError):
            other.enter()
        connection.close()
        assert is_free()
    other.close()


HOLD = """
import fcntl, os, sys, time
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(descriptor, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


def test_a_killed_holder_frees_the_gate(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate", patience_seconds=20)
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "gate")], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    holder.stdout.readline()
    killed_at: list[float] = []

    def kill() -> None:
        time.sleep(0.2)
        killed_at.append(time.monotonic())
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()

    def enter() -> float:
        gate.enter()
        return time.monotonic()

    deeds: list[Callable[[], float | None]] = [kill, enter]
    _, entered_at = in_threads(deeds)
    gate.close()
    holder.stdout.close()
    assert isinstance(entered_at, float)
    assert 0 < entered_at - killed_at[0] < 10


def test_a_database_in_memory_has_no_gate(django_db_blocker: DjangoDbBlocker) -> None:
    memory = DatabaseWrapper(connection.settings_dict | {"NAME": ":memory:"})
    with django_db_blocker.unblock(), memory.cursor() as cursor:
        cursor.execute("CREATE TABLE t (x)")
        cursor.execute("INSERT INTO t VALUES (1)")
        cursor.execute("SELECT x FROM t")
        assert cursor.fetchall() == [(1,)]
    assert memory._gate is None
