"""One transaction: tried again on conflicts, once only inside another, and refused in the end."""

import threading

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError, connection, transaction

from reship.database import retry
from reship.database.retry import is_conflict, one_transaction
from reship.database.sqlite.base import Database
from reship.errors import Refusal
from tests.databases import RealDatabase
from tests.parallel import in_threads


class Conflict(Exception):
    """What a driver says."""

    sqlstate = "40P01"


def conflict() -> OperationalError:
    error = OperationalError("deadlock detected")
    error.__cause__ = Conflict()
    return error


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)


def test_a_conflict_undoes_everything_and_runs_again(real_database: RealDatabase, no_waiting: None) -> None:
    before = ContentType.objects.count()
    tries: list[int] = []

    def work() -> str:
        tries.append(len(tries))
        ContentType.objects.create(app_label="a", model="b")
        if len(tries) < 3:
            raise conflict()
        return "done"

    assert one_transaction(work) == "done"
    assert len(tries) == 3
    assert ContentType.objects.count() == before + 1


def test_patience_ends_in_a_refusal(real_database: RealDatabase, no_waiting: None) -> None:
    def work() -> None:
        raise conflict()

    with pytest.raises(Refusal) as refused:
        one_transaction(work)
    assert refused.value.code == "try_again"
    assert refused.value.figures == {"tries": retry.MOST_TRIES}


def test_another_error_is_not_tried_again(real_database: RealDatabase) -> None:
    tries: list[int] = []

    def work() -> None:
        tries.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing_of_the_kind()")

    with pytest.raises(Exception, match="nothing_of_the_kind"):
        one_transaction(work)
    assert len(tries) == 1


def test_inside_a_transaction_it_runs_once(db: None) -> None:
    tries: list[int] = []

    def work() -> None:
        tries.append(1)
        raise conflict()

    with pytest.raises(OperationalError), transaction.atomic():
        one_transaction(work)
    assert len(tries) == 1


@pytest.mark.postgresql
def test_a_deadlock_reaches_nobody(real_database: RealDatabase) -> None:
    first, second = ContentType.objects.order_by("pk")[:2]
    both_locked = threading.Barrier(2)
    has_met = threading.Event()

    def crosswise(one: ContentType, other: ContentType) -> str:
        def work() -> str:
            ContentType.objects.select_for_update().get(pk=one.pk)
            if not has_met.is_set():
                both_locked.wait()
                has_met.set()
            ContentType.objects.select_for_update().get(pk=other.pk)
            return "done"

        return one_transaction(work)

    assert in_threads([lambda: crosswise(first, second), lambda: crosswise(second, first)]) == ["done", "done"]


@pytest.mark.postgresql
def test_a_lock_that_takes_too_long_is_a_conflict(real_database: RealDatabase) -> None:
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            ContentType.objects.select_for_update().get(pk=1)
            locked.set()
            done.wait(20)

    def want() -> bool:
        locked.wait()
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '50ms'")
                ContentType.objects.select_for_update().get(pk=1)
        except OperationalError as error:
            return is_conflict(error)
        finally:
            done.set()
        return False

    assert in_threads([hold, want]) == [None, True]


@pytest.mark.sqlite
def test_a_busy_database_is_a_conflict(real_database: RealDatabase) -> None:
    other = Database.connect(real_database.name, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 10")
    with pytest.raises(OperationalError) as locked, transaction.atomic():
        pass
    other.execute("ROLLBACK")
    other.close()
    assert is_conflict(locked.value)
