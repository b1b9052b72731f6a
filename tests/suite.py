"""The whole test command: every check, and pytest on SQLite and on PostgreSQL side by side.

`python3 run.py test` calls it in the environment that it made. With arguments, which go to pytest, only pytest runs.
Each part's output is kept apart and printed whole, pytest last, so that the end of the output is pytest's own.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NoReturn

PROJECT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


@dataclass
class Part:
    """One command of the suite, with its output in a file until it is its turn to be printed."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    output: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    process: subprocess.Popen[bytes] | None = None
    seconds: float = 0

    def start(self) -> None:
        self.seconds = time.monotonic()
        # A session of its own: the part and all that it starts can be ended together.
        self.process = subprocess.Popen(
            self.command,
            cwd=PROJECT,
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def has_ended(self) -> bool:
        assert self.process is not None
        return self.process.poll() is not None

    @property
    def has_failed(self) -> bool:
        assert self.process is not None
        return self.process.returncode != 0

    def say_how_it_ended(self) -> None:
        self.seconds = time.monotonic() - self.seconds
        say(f"{'FAILED' if self.has_failed else 'ok':<6} {self.name} ({self.seconds:.0f} s)")

    def print_output(self) -> None:
        say(f"\n──── {self.name}: {' '.join(self.command)}")
        self.output.seek(0)
        sys.stdout.buffer.write(self.output.read())
        sys.stdout.flush()

    def end(self) -> None:
        if self.process is None or self.has_ended:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def checks() -> list[Part]:
    """What is true of the code without running it."""
    python = [sys.executable, "-m"]
    return [
        Part("lint", [str(BIN / "ruff"), "check", "."]),
        Part("format", [str(BIN / "ruff"), "format", "--check", "."]),
        Part("templates", [*python, "djlint", "reship", "--lint", "--quiet"]),
        Part("imports", [str(BIN / "lint-imports"), "--no-cache"]),
        Part("migrations", [str(BIN / "reship"), "makemigrations", "--check", "--dry-run"]),
        Part("types", [*python, "mypy"]),
    ]


def pytest_on(database: str, arguments: list[str]) -> Part:
    colour = "yes" if sys.stdout.isatty() else "no"
    command = [sys.executable, "-m", "pytest", f"--color={colour}", "--durations=25", *arguments]
    return Part(f"pytest on {database}", command, {"RESHIP_TEST_DATABASE": database})


def run(arguments: list[str]) -> int:
    """0 when every part passed."""
    tests = [pytest_on("sqlite", arguments), pytest_on("postgresql", arguments)]
    rest = [] if arguments else checks()
    with compiled_once(), ended_with_us([*tests, *rest]):
        for part in tests:
            part.start()
        # The checks go one by one beside the two, on whatever processor time they leave.
        running = list(tests)
        waiting = list(rest)
        while running or waiting:
            if waiting and not any(part in rest for part in running):
                running.append(waiting.pop(0))
                running[-1].start()
            for part in [part for part in running if part.has_ended]:
                part.say_how_it_ended()
                running.remove(part)
            time.sleep(0.1)
    for part in [part for part in rest if part.has_failed] + tests:
        part.print_output()
    failed = [part.name for part in [*rest, *tests] if part.has_failed]
    if failed:
        sys.stderr.write(f"\nFAILED: {', '.join(failed)}\n")
    return 1 if failed else 0


@contextlib.contextmanager
def compiled_once() -> Iterator[None]:
    """Where Python is told to keep nothing that it compiled, as in many containers, it does for the time of the run.

    Every process of ours, and the suite starts dozens, compiles Django and everything else again otherwise: a second
    of processor time each.
    """
    if not sys.dont_write_bytecode:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="reship-compiled-", ignore_cleanup_errors=True) as folder:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        yield


@contextlib.contextmanager
def ended_with_us(parts: list[Part]) -> Iterator[None]:
    """However this process ends (but for SIGKILL), nothing that it started goes on."""
    signal.signal(signal.SIGTERM, _end)
    try:
        yield
    except BaseException:
        cut_off = [part for part in parts if part.process is not None and not part.has_ended]
        for part in cut_off:
            part.end()
            part.print_output()
        say(f"\nTOLD TO END before {', '.join(part.name for part in cut_off) or 'anything'} had ended")
        raise
    finally:
        for part in parts:
            part.end()


def _end(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 (a command's own output)


if __name__ == "__main__":
    try:
        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
