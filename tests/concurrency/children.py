"""Processes forked from this one, which has everything loaded but no connection open."""

import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


class Child:
    """A forked process that does one deed and ends; `answer` is what it says, None when it was killed before."""

    def __init__(self, deed: Callable[[], object]) -> None:
        connections.close_all()
        reading, writing = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(reading)
            self._act(deed, writing)
        os.close(writing)
        self._reading = reading

    def _act(self, deed: Callable[[], object], writing: int) -> None:
        """Never returns: this process must not go on with the tests of the other one."""
        status = 1
        try:
            answer = pickle.dumps(deed())
            connections.close_all()
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(answer)
            status = 0
        except BaseException:  # noqa: BLE001 (told, and the end of this process)
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(status)

    def kill(self) -> None:
        """Ends it where it is; nothing when it has ended already."""
        os.kill(self._pid, signal.SIGKILL)

    def answer(self) -> object:
        """Waits for the end. A child that fails instead of answering or being killed is an error."""
        with os.fdopen(self._reading, "rb") as pipe:
            said = pipe.read()
        _, status = os.waitpid(self._pid, 0)
        if os.WIFSIGNALED(status):
            return None
        assert os.waitstatus_to_exitcode(status) == 0, "a child ended with an error, which stands above"
        return pickle.loads(said)


def in_processes(deeds: Sequence[Callable[[], T]]) -> list[T]:
    """Starts all deeds at once, each in a process of its own, and gives their answers in order."""
    starting, start = os.pipe()

    def when_all_are_there(deed: Callable[[], T]) -> Callable[[], T]:
        def act() -> T:
            os.close(start)
            os.read(starting, 1)  # Ends when the last writer closes.
            return deed()

        return act

    children = [Child(when_all_are_there(deed)) for deed in deeds]
    os.close(start)
    os.close(starting)
    return [child.answer() for child in children]  # type: ignore[misc] # Each answers with its own T.
