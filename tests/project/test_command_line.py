"""The command line: exit codes, refusals, `--json`, `serve`, `doctor`."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection

from reship import __version__
from reship.cli.main import main
from reship.cli.serving import free_port
from reship.config.settings import _database
from reship.errors import Refusal
from tests.databases import KIND, RealDatabase

RESHIP = Path(sys.executable).parent / "reship"


@dataclass(frozen=True)
class Ended:
    returncode: object
    stdout: str
    stderr: str


Reship = Callable[..., Ended]


@pytest.fixture
def reship(real_database: RealDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Reship:
    """Runs a command as its process would, in this one: a process of its own takes a second and a half."""

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr("sys.argv", ["reship", *arguments])
        code: object = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return run


def test_wrong_use_exits_with_2(reship: Reship) -> None:
    unknown = reship("no-such-command")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "no command 'no-such-command'" in unknown.stderr
    assert reship("doctor", "--no-such-option").returncode == 2


def test_help_lists_what_is_ours_and_says_what_each_does(reship: Reship) -> None:
    listed = reship("help")
    assert (listed.returncode, listed.stderr) == (0, "")
    lines = [line.split(maxsplit=1) for line in listed.stdout.splitlines()[1:]]
    assert {"backup", "doctor", "migrate", "serve"} <= {name for name, _ in lines}
    assert all(text.endswith(".") for _, text in lines)
    assert reship("version").stdout == f"Reship {__version__}\n"


def test_a_refusal_is_one_line_or_json_and_exits_with_1(reship: Reship, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    code = "file_exists" if KIND == "sqlite" else "not_embedded"
    said = reship("backup", str(tmp_path / "there"))
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith(code)
    assert said.stderr.count("\n") == 1
    told = reship("backup", str(tmp_path / "there"), "--json")
    assert (told.returncode, told.stderr) == (1, "")
    assert set(json.loads(told.stdout)) == {"code", "message", "figures"}
    assert json.loads(told.stdout)["code"] == code


def test_doctor_finds_a_missing_trigger(reship: Reship) -> None:
    well = reship("doctor", "--json")
    if KIND == "sqlite":
        assert well.returncode == 0, well.stdout
    with connection.cursor() as cursor:
        on_table = " ON inventory_ledgerentry" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER inventory_ledgerentry_no_update{on_table}")
    ill = reship("doctor")
    assert ill.returncode == 1
    assert "WRONG: trigger inventory_ledgerentry_no_update is missing" in ill.stdout
    assert reship("migrate", "-v0").returncode == 0
    assert "is missing" not in reship("doctor").stdout


def test_doctor_never_shows_a_password(tmp_path: Path) -> None:
    environment = os.environ | {
        "DATABASE_URL": "postgresql://someone:secret@127.0.0.1:1/reship",
        "DJANGO_SETTINGS_MODULE": "reship.config.settings",
    }
    result = subprocess.run([RESHIP, "doctor"], env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "postgresql://someone@127.0.0.1:1/reship" in result.stdout
    assert "secret" not in result.stdout + result.stderr


def test_serve_takes_the_next_free_port_and_ends_on_sigterm(real_database: RealDatabase, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        server = subprocess.Popen(
            [RESHIP, "serve", "--port", str(port), "--json"],
            env=real_database.environment | {"RESHIP_VAR": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        answer = "".join(iter(server.stdout.readline, "}\n")) + "}"
    url = json.loads(answer)["url"]
    assert url != f"http://127.0.0.1:{port}/"
    with urllib.request.urlopen(f"{url}healthz") as page:
        assert page.read() == b"ok\n"
    first = the_worker_of(server.pid)
    os.kill(first, signal.SIGKILL)
    second = the_worker_of(server.pid, but_not=first)
    server.send_signal(signal.SIGTERM)
    assert server.wait(30) == 0
    server.stdout.close()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{url}healthz")
    assert not is_running(second)


def test_all_that_a_server_started_ends_when_it_is_killed(real_database: RealDatabase, tmp_path: Path) -> None:
    server = subprocess.Popen(
        [RESHIP, "serve", "--port", "0"],
        env=real_database.environment | {"RESHIP_VAR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    url = server.stdout.readline().partition(" at ")[2].split()[0]
    worker = the_worker_of(server.pid)
    server.kill()
    server.wait()
    server.stdout.close()
    give_up_at = time.monotonic() + 20
    while answers(url) or is_running(worker):
        assert time.monotonic() < give_up_at, "a process goes on without its server"
        time.sleep(0.1)


def the_worker_of(server: int, *, but_not: int = 0) -> int:
    """The process that works on jobs beside this server, as soon as there is one."""
    give_up_at = time.monotonic() + 20
    while time.monotonic() < give_up_at:
        for process, parent, command in processes():
            if parent == server and process != but_not and command.endswith("reship.cli.main worker"):
                return process
        time.sleep(0.1)
    raise AssertionError("the server keeps no worker")


def is_running(wanted: int) -> bool:
    return any(process == wanted for process, _, _ in processes())


def processes() -> list[tuple[int, int, str]]:
    """Every process of the machine that has not ended: its number, its parent's, and what was called."""
    if not Path("/proc/self/stat").exists():
        command = ["ps", "-axo", "pid=,ppid=,stat=,args="]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        split = [line.split(maxsplit=3) for line in listed.splitlines()]
        return [(int(pid), int(parent), called) for pid, parent, state, called in split if state[0] != "Z"]
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # It has just ended.
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            called = (folder / "cmdline").read_text().strip("\0").replace("\0", " ")
            if state != "Z":
                found.append((int(folder.name), int(parent), called))
    return found


@pytest.mark.parametrize(("options", "kept"), [([], ["kept", "served", "ended"]), (["--no-worker"], ["served"])])
def test_serve_keeps_a_worker_unless_it_is_told_not_to(
    reship: Reship, monkeypatch: pytest.MonkeyPatch, options: list[str], kept: list[str]
) -> None:
    happened: list[str] = []

    @contextlib.contextmanager
    def keeping() -> Iterator[None]:
        happened.append("kept")
        yield
        happened.append("ended")

    class Served:
        def __init__(self, *arguments: object, **options: object) -> None:
            pass

        def serve(self) -> None:
            happened.append("served")

    monkeypatch.setenv("RESHIP_SERVED_BY", "")
    monkeypatch.setenv("RESHIP_STATEMENT_TIMEOUT", "10s")
    for name, stand_in in (("KeptWorker", keeping), ("Server", Served)):
        monkeypatch.setattr(f"reship.cli.serving.{name}", stand_in)
    for name in ("call_command", "multiprocessing.set_start_method", "_say_when_open"):
        monkeypatch.setattr(f"reship.cli.serving.{name}", lambda *arguments, **options: None)
    reship("serve", "--port", "0", *options)
    assert happened == kept


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}healthz", timeout=2):
            return True
    except OSError:
        return False


def test_pages_have_a_limit_per_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reship.config.settings.environment.statement_timeout", "10s")
    database = _database("postgresql://someone@somewhere/reship")
    assert database["OPTIONS"]["session"] == {"statement_timeout": "10s"}


def test_a_range_of_busy_ports_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reship.cli.serving._PORTS_TRIED", 1)
    with socket.create_server(("127.0.0.1", 0)) as busy, pytest.raises(Refusal) as refused:
        free_port(busy.getsockname()[1])
    assert refused.value.code == "no_free_port"
