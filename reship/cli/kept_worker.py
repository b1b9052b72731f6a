"""The worker that `serve` and `demo` keep beside the portal."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

RESTART_SECONDS = 1.0
END_SECONDS = 15.0


class KeptWorker:
    """Runs `reship worker` while the `with` block does, and starts it again when it dies.

    It has a session of its own, so that Ctrl-C reaches the server alone, which then ends it; if the server is killed
    outright, the worker sees that by itself (`parent.py`).
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = dict(environment)
        self._ended = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="reship-keep-worker", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        give_up_at = time.monotonic() + END_SECONDS
        while self._thread.is_alive():
            if self._process is not None:
                (self._process.terminate if time.monotonic() < give_up_at else self._process.kill)()
            self._thread.join(0.1)

    def _keep(self) -> None:
        while not self._ended.is_set():
            self._process = subprocess.Popen(
                [sys.executable, "-m", "reship.cli.main", "worker"],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
            self._process.wait()
            self._ended.wait(RESTART_SECONDS)
