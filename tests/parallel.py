"""Several people at the same instant: threads with connections of their own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


def in_threads(deeds: Sequence[Callable[[], T]], *, within_seconds: float = 120) -> list[T | Exception]:
    """Starts all deeds at once, each on a connection of its own, and answers what each answered or raised, in order."""
    start = threading.Barrier(len(deeds))

    def act(deed: Callable[[], T]) -> T | Exception:
        try:
            start.wait()
            return deed()
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(act, deeds, timeout=within_seconds))
