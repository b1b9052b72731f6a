"""The stopwatch: processor time of this process and of the database's, ours and hand-made in turn."""

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection


@dataclass(frozen=True, slots=True)
class Sample:
    """What one deed took, in milliseconds: processor time on both sides of the connection, and time by the wall."""

    cpu: float
    wall: float


class Stopwatch:
    """Counts this process, and the PostgreSQL backend that serves the connection, where Linux tells its time."""

    def __init__(self, backend: int | None) -> None:
        self._files = _files_of(backend)

    @property
    def counts_backend(self) -> bool:
        return bool(self._files)

    def time(self, deed: Callable[[], object]) -> Sample:
        wall, cpu = time.perf_counter(), time.process_time() + self._backend()
        deed()
        ended_cpu, ended_wall = time.process_time() + self._backend(), time.perf_counter()
        return Sample(1000 * (ended_cpu - cpu), 1000 * (ended_wall - wall))

    def _backend(self) -> float:
        """In seconds. `schedstat` counts nanoseconds; `stat`, where that is not, hundredths, too coarse for one."""
        if not self._files:
            return 0.0
        text = self._files[0].read_text()
        if self._files[0].name == "schedstat":
            return int(text.split()[0]) / 1e9
        user, system = text.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / 100


def _files_of(backend: int | None) -> list[Path]:
    if backend is None:
        return []
    candidates = (Path(f"/proc/{backend}/{name}") for name in ("schedstat", "stat"))
    return [file for file in candidates if file.exists() and file.read_text().split()[0] != "0"][:1]


def backend_of_django() -> int | None:
    """The process that serves Django's connection; None on SQLite, which works in ours."""
    if connection.vendor == "sqlite":
        return None
    connection.ensure_connection()
    return int(connection.connection.info.backend_pid)


@dataclass
class Duel:
    """The samples of both sides, taken in turn so that whatever else the machine does falls on both."""

    ours: list[Sample] = field(default_factory=list)
    hand_made: list[Sample] = field(default_factory=list)


def in_turn(
    ours: Callable[[], object],
    hand_made: Callable[[], object],
    *,
    rounds: int,
    warm_up: int,
    watches: tuple[Stopwatch, Stopwatch],
    tick: Callable[[], None] = lambda: None,
) -> Duel:
    """Runs A B A B …; the first `warm_up` rounds do not count."""
    duel = Duel()
    for number in range(-warm_up, rounds):
        mine, other = watches[0].time(ours), watches[1].time(hand_made)
        if number >= 0:
            duel.ours.append(mine)
            duel.hand_made.append(other)
        tick()
    return duel


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def p99(values: Sequence[float]) -> float:
    """The value that 99 of 100 stay below; the greatest of fewer."""
    return sorted(values)[math.ceil(0.99 * len(values)) - 1]
