"""The command line as a process: exit codes, refusals, `--json`, `serve`, `doctor`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from django.db import connection

from reship import __version__
from reship.cli.serving import free_port
from reship.errors import Refusal
from tests.databases import KIND, RealDatabase

RESHIP = Path(sys.executable).parent / "reship"


def reship(database: RealDatabase, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [RESHIP, *arguments],
        env=database.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_wrong_use_exits_with_2(real_database: RealDatabase) -> None:
    unknown = reship(real_database, "no-such-command")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "no command 'no-such-command'" in unknown.stderr
    assert reship(real_database, "doctor", "--no-such-option").returncode == 2


def test_help_lists_what_is_ours_and_says_what_each_does(real_database: RealDatabase) -> None:
    listed = reship(real_database, "help")
    assert (listed.returncode, listed.stderr) == (0, "")
    lines = [line.split(maxsplit=1) for line in listed.stdout.splitlines()[1:]]
    assert {"backup", "doctor", "migrate", "serve"} <= {name for name, _ in lines}
    assert all(text.endswith(".") for _, text in lines)
    assert reship(real_database, "version").stdout == f"Reship {__version__}\n"


def test_a_refusal_is_one_line_or_json_and_exits_with_1(real_database: RealDatabase, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    code = "file_exists" if KIND == "sqlite" else "not_embedded"
    said = reship(real_database, "backup", str(tmp_path / "there"))
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith(code)
    assert said.stderr.count("\n") == 1
    told = reship(real_database, "backup", str(tmp_path / "there"), "--json")
    assert (told.returncode, told.stderr) == (1, "")
    assert set(json.loads(told.stdout)) == {"code", "message", "figures"}
    assert json.loads(told.stdout)["code"] == code


def test_doctor_finds_a_missing_trigger(real_database: RealDatabase) -> None:
    well = reship(real_database, "doctor", "--json")
    if KIND == "sqlite":
        assert well.returncode == 0, well.stdout
    with connection.cursor() as cursor:
        on_table = " ON inventory_ledgerentry" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER inventory_ledgerentry_no_update{on_table}")
    ill = reship(real_database, "doctor")
    assert ill.returncode == 1
    assert "WRONG: trigger inventory_ledgerentry_no_update is missing" in ill.stdout
    assert reship(real_database, "migrate", "-v0").returncode == 0
    assert "is missing" not in reship(real_database, "doctor").stdout


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
    server.send_signal(signal.SIGTERM)
    assert server.wait(15) == 0
    server.stdout.close()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{url}healthz")


def test_workers_end_when_their_server_is_killed(real_database: RealDatabase, tmp_path: Path) -> None:
    server = subprocess.Popen(
        [RESHIP, "serve", "--port", "0"],
        env=real_database.environment | {"RESHIP_VAR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    url = server.stdout.readline().partition(" at ")[2].split()[0]
    server.kill()
    server.wait()
    server.stdout.close()
    give_up_at = time.monotonic() + 20
    while answers(url):
        assert time.monotonic() < give_up_at, "a worker goes on without its server"
        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}healthz", timeout=2):
            return True
    except OSError:
        return False


@pytest.mark.postgresql
def test_pages_have_a_limit_per_statement(real_database: RealDatabase, tmp_path: Path) -> None:
    code = (
        "import os, django; os.environ['RESHIP_STATEMENT_TIMEOUT'] = '10s'; django.setup();"
        " from django.db import connection; cursor = connection.cursor();"
        " cursor.execute('SHOW statement_timeout'); print(cursor.fetchone()[0])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], env=real_database.environment, capture_output=True, text=True, check=True
    )
    assert said.stdout == "10s\n"


def test_a_range_of_busy_ports_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reship.cli.serving._PORTS_TRIED", 1)
    with socket.create_server(("127.0.0.1", 0)) as busy, pytest.raises(Refusal) as refused:
        free_port(busy.getsockname()[1])
    assert refused.value.code == "no_free_port"
