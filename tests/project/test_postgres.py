"""The PostgreSQL of a test run is nobody else's and does not outlive the run."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.postgres import PostgreSQL, find_binaries

RUN = """
import time
from tests.postgres import PostgreSQL
with PostgreSQL() as server:
    print(server.folder, flush=True)
    time.sleep(60)
"""


def is_gone(folder: Path) -> bool:
    give_up_at = time.monotonic() + 15
    while folder.exists() and time.monotonic() < give_up_at:
        time.sleep(0.05)
    return not folder.exists()


@pytest.mark.postgresql
def test_it_answers_this_user_only_and_is_not_root() -> None:
    with PostgreSQL() as server:
        assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700
        owner = (server.folder / "data/postmaster.pid").stat().st_uid
        assert owner == (os.geteuid() or owner)
        assert owner != 0
        with psycopg.connect(server.url("postgres")) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert not server.folder.exists()


@pytest.mark.postgresql
def test_it_ends_when_its_run_is_killed() -> None:
    run = subprocess.Popen([sys.executable, "-c", RUN], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    folder = Path(run.stdout.readline().strip())
    server = int((folder / "data/postmaster.pid").read_text().split()[0])
    run.send_signal(signal.SIGKILL)
    run.wait()
    run.stdout.close()
    assert is_gone(folder)
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)


def test_binaries_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGBIN", "/somewhere/bin")
    assert find_binaries() == Path("/somewhere/bin")


def test_without_any_installed_the_wheel_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGBIN", raising=False)
    monkeypatch.setattr("tests.postgres._PLACES", ())
    assert (find_binaries() / "initdb").exists()
