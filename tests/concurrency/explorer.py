"""Runs verbs of several users at once on PostgreSQL, one statement at a time, in an order that a seed decides.

Each user is a thread with a connection of its own, stopped before every statement and before every commit. The
scheduler lets one go, and waits until it has come to its next stop, has ended, or waits for a lock that another user
holds, which `pg_blocking_pids` tells. So nothing depends on the clock, and a seed brings back the schedule that it
brought before (as far as a deadlock: whom PostgreSQL makes the victim is its own affair).
"""

import itertools
import queue
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Self
from unittest import mock

import psycopg
from django.db import connection, connections

from reship.database import retry
from tests.concurrency.scene import word_for
from tests.databases import RealDatabase

Deed = Callable[[], object]
# How long a user who was let go usually needs; after that, it is asked whether it waits for a lock.
SOON_SECONDS = 0.001
STUCK_SECONDS = 60.0
_ROW_LOCKS = ("FOR NO KEY UPDATE", "FOR UPDATE")


@dataclass(frozen=True)
class Step:
    """One statement of one user."""

    user: str
    sql: str

    def __str__(self) -> str:
        """`A SELECT orders_order FOR NO KEY UPDATE`: who, the verb, the table that it is about, and the lock."""
        words = self.sql.replace('"', "").replace("(", " ").split()
        about = [after for word, after in itertools.pairwise(words) if word in {"FROM", "INTO", "UPDATE"}][:1]
        lock = [lock for lock in _ROW_LOCKS if lock in self.sql]
        return " ".join([self.user, *words[:1], *about, *lock])

    @property
    def locks_rows(self) -> bool:
        return any(lock in self.sql for lock in _ROW_LOCKS)


@dataclass(frozen=True)
class Explored:
    """One schedule: how each deed ended, who did what in which order, and how often PostgreSQL broke a deadlock."""

    outcomes: tuple[str, ...]
    steps: list[Step]
    deadlocks: int


@dataclass(eq=False)
class _User:
    """One thread, its connection's process in the server, and the stop at which it is."""

    name: str
    arrivals: "queue.SimpleQueue[_User]"
    pid: int = 0
    deeds: "queue.SimpleQueue[Deed | None]" = field(default_factory=queue.SimpleQueue)
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    stop: str | None = None
    outcome: str = ""
    deadlocks: int = 0

    def live(self) -> None:
        with connection.cursor() as cursor:
            # Whoever waits, waits for as long as the schedule wants; a deadlock is seen as soon as may be.
            cursor.execute(
                "SELECT set_config('lock_timeout', '0', false), set_config('deadlock_timeout', '5ms', false)"
            )
        self.pid = connection.connection.info.backend_pid
        # Commits and rollbacks do not pass Django's execute wrappers.
        connection._commit = self._stopping("COMMIT", connection._commit)  # type: ignore[attr-defined]
        try:
            with connection.execute_wrapper(self._at_statement):
                self.arrivals.put(self)
                while (deed := self.deeds.get()) is not None:
                    self._act(deed)
        finally:
            connections.close_all()

    def _act(self, deed: Deed) -> None:
        try:
            result: object = deed()
        except Exception as error:  # noqa: BLE001 (whatever reaches the user is the outcome)
            result = error
        self.outcome = word_for(result)
        self.stop = None
        self.arrivals.put(self)

    def _at_statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.halt(sql)
        try:
            return execute(sql, params, many, context)
        except Exception as error:
            self.deadlocks += getattr(error.__cause__, "sqlstate", None) == "40P01"
            raise

    def _stopping(self, name: str, deed: Callable[[], None]) -> Callable[[], None]:
        def stopped() -> None:
            self.halt(name)
            deed()

        return stopped

    def halt(self, stop: str) -> None:
        self.stop = stop
        self.arrivals.put(self)
        self.go.acquire()


class Explorer:
    """Two or three users, whose connections serve for many schedules."""

    def __init__(self, users: int, observer: psycopg.Connection) -> None:
        self._observer = observer
        self._arrivals: queue.SimpleQueue[_User] = queue.SimpleQueue()
        self._users = [_User("ABC"[number], self._arrivals) for number in range(users)]
        self._running: set[_User] = set()
        self._blocked: set[_User] = set()

    @classmethod
    @contextmanager
    def on(cls, database: RealDatabase, *, users: int) -> Iterator[Self]:
        with psycopg.connect(database.url, autocommit=True) as observer:
            explorer = cls(users, observer)
            threads = {threading.Thread(target=user.live, daemon=True): user for user in explorer._users}
            for thread in threads:
                thread.start()
            for _ in threads:
                explorer._arrivals.get(timeout=STUCK_SECONDS)
            # A pause before a retry is one more stop.
            clock = SimpleNamespace(
                sleep=lambda seconds: threads[threading.current_thread()].halt("PAUSE"), monotonic=time.monotonic
            )
            try:
                with mock.patch.object(retry, "time", clock):
                    yield explorer
            finally:
                for thread, user in threads.items():
                    user.deeds.put(None)
                    thread.join(STUCK_SECONDS)

    def run(self, deeds: Sequence[Deed], *, name: str, schedule: int) -> Explored:
        """One deed per user, in the schedule of this number; the name makes it another one for other deeds."""
        choose = random.Random(f"{name} {schedule}")
        current, changes = self._turns(schedule, choose)
        steps: list[Step] = []
        for user, deed in zip(self._users, deeds, strict=True):
            user.deadlocks = 0
            self._running.add(user)
            user.deeds.put(deed)
            self._settle()
        while free := self._free():
            if current not in free or next(changes):
                current = choose.choice([user for user in free if user is not current] or free)
            assert current.stop is not None
            steps.append(Step(current.name, current.stop))
            self._running.add(current)
            current.go.release()
            self._settle()
        return Explored(tuple(user.outcome for user in self._users), steps, sum(user.deadlocks for user in self._users))

    def _turns(self, schedule: int, choose: random.Random) -> tuple[_User, Iterator[bool]]:
        """Who begins, and before which steps another user gets the turn.

        Bugs differ in what they need: one change with long ways before and after it, or many. So every other schedule
        has one change; these try each place up to the 30th step for each user who begins, in an order that spreads
        them, before they repeat. The others change at random, seldom, often, or at every step.
        """
        number, is_random = divmod(schedule, 2)
        if is_random:
            how_often = choose.choice((0.1, 0.2, 0.5, 1.0))
            return choose.choice(self._users), (choose.random() < how_often for _ in itertools.count())
        turn, begins = divmod(number, len(self._users))
        place = 1 + turn * 7 % 30
        return self._users[begins], (step == place for step in itertools.count())

    def _free(self) -> list[_User]:
        """Who is at a stop."""
        return [user for user in self._users if user.stop is not None and user not in self._running]

    def _settle(self) -> None:
        """Waits until every user is at a stop, has ended, or waits for another one's lock."""
        just_blocked, self._blocked = self._blocked, set()
        give_up_at = time.monotonic() + STUCK_SECONDS
        while unsure := self._running - self._blocked:
            try:
                self._arrive(0 if unsure <= just_blocked else SOON_SECONDS)
                self._blocked = set()  # Whoever arrived may have let the others go.
            except queue.Empty:
                self._blocked = just_blocked = self._who_is_blocked()
            if self._running and self._running == self._blocked and not self._free():
                # All wait for each other, which the server will see.
                self._arrive(STUCK_SECONDS)
                self._blocked = set()
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"stuck: {[(user.name, user.stop) for user in self._running]}")

    def _arrive(self, timeout: float) -> None:
        self._running.remove(self._arrivals.get(timeout=timeout))

    def _who_is_blocked(self) -> set[_User]:
        pids = [user.pid for user in self._running]
        rows = self._observer.execute("SELECT pid, pg_blocking_pids(pid) FROM unnest(%s::int[]) AS pid", [pids])
        ours = {user.pid for user in self._users}
        blocked = {pid for pid, blockers in rows if ours.intersection(blockers)}
        return {user for user in self._running if user.pid in blocked}
