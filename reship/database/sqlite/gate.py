"""The queue of writers before an embedded database.

SQLite's own way of waiting is to sleep and look again, so a writer that comes often starves one that comes seldom:
beside a bulk job, one interactive write in a hundred took five seconds or ended in "database is locked". A lock on a
file beside the database queues writers in the kernel instead, and a writer that is killed leaves the queue with its
process.
"""

import fcntl
import os
import threading
from pathlib import Path

from django.db import OperationalError


class Gate:
    """Admits one writer at a time; belongs to one connection, and so to one thread."""

    def __init__(self, path: Path, *, patience_seconds: float) -> None:
        self._path = path
        self._patience_seconds = patience_seconds
        self._descriptor: int | None = None
        self.is_held = False

    def enter(self) -> None:
        """Waits for the turn; raises "database is locked" when patience ends."""
        assert not self.is_held, "a connection writes one transaction at a time"
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting = _Waiting(self._descriptor)
            self._descriptor = None  # Until it is our turn, the descriptor belongs to the one who waits.
            self._descriptor = waiting.wait(self._patience_seconds)
        self.is_held = True

    def leave(self) -> None:
        """Lets the next writer in. Leaving twice is fine: a rollback can follow a commit that failed."""
        if self.is_held and self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        self.is_held = False

    def close(self) -> None:
        self.leave()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __del__(self) -> None:
        # A thread that ends takes its connection with it, unclosed.
        self.close()


class _Waiting(threading.Thread):
    """Stands in the kernel's queue, which knows no time limit, so that the writer's own thread can have one.

    Asking again and again without blocking would have a limit and no thread, but also no queue.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(name="reship-gate", daemon=True)
        self._descriptor = descriptor
        self._admitted = threading.Event()
        self._deciding = threading.Lock()
        self._is_abandoned = False

    def run(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        with self._deciding:
            if self._is_abandoned:
                os.close(self._descriptor)
            else:
                self._admitted.set()

    def wait(self, patience_seconds: float) -> int:
        """The descriptor, once it holds the lock."""
        self.start()
        try:
            if self._admitted.wait(patience_seconds):
                return self._descriptor
        except BaseException:  # Ctrl-C must not leave a lock behind that nobody holds.
            self._abandon()
            raise
        if self._abandon():
            raise OperationalError("database is locked")
        return self._descriptor

    def _abandon(self) -> bool:
        """False when the turn came in the last moment."""
        with self._deciding:
            self._is_abandoned = not self._admitted.is_set()
            return self._is_abandoned
