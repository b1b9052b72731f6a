"""The portal as a running server, for `serve` and `demo`."""

import contextlib
import multiprocessing
import os
import socket
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable

from django.core.management import call_command
from django.db import connection, connections
from granian.constants import Interfaces
from granian.server import Server

from reship.cli.kept_worker import KeptWorker
from reship.cli.parent import SERVER
from reship.errors import Refusal

LOOPBACK = "127.0.0.1"
PORT = 8000
_PORTS_TRIED = 100
_THREADS = 16


def serve(
    *,
    port: int,
    host: str = LOOPBACK,
    processes: int | None = None,
    worker: bool = True,
    opened: Callable[[str], None],
    browser: bool = False,
) -> None:
    """Serves until SIGTERM or Ctrl-C, which also end the processes that it started.

    A busy `port` means the next free one. `worker` keeps a `reship worker` beside it. `opened` is told the address once
    it answers; `browser` opens it as well.
    """
    port = free_port(port, host)
    call_command("collectstatic", interactive=False, verbosity=0)
    # Workers start afresh on every system, and read the environment: a fork would carry settings and locks along.
    multiprocessing.set_start_method("spawn", force=True)
    os.environ[SERVER] = str(os.getpid())
    kept_worker = KeptWorker() if worker else contextlib.nullcontext()
    # People wait for pages; nobody waits for the worker.
    os.environ.setdefault("RESHIP_STATEMENT_TIMEOUT", "10s")
    # One process writes to SQLite at a time anyway, and one is enough for a small team; PostgreSQL gets every core.
    processes = processes or (1 if connection.vendor == "sqlite" else min(os.cpu_count() or 1, 8))
    connections.close_all()
    threading.Thread(target=_say_when_open, args=(f"http://{host}:{port}/", opened, browser), daemon=True).start()
    server = Server(
        "reship.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=_THREADS,
        log_enabled=False,
        workers_kill_timeout=10,
        respawn_failed_workers=True,
    )
    with kept_worker:
        server.serve()


def free_port(wanted: int, host: str = LOOPBACK) -> int:
    """The first port from `wanted` on that nobody listens on; 0 leaves the choice to the system."""
    for port in range(wanted, wanted + _PORTS_TRIED):
        with socket.socket() as candidate:
            # As servers do, so that a connection that has just ended does not look like somebody listening. Without
            # asking here, the server would share a port with another of its kind and get every second visitor.
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind((host, port))
            except PermissionError as error:
                raise Refusal("port_not_allowed", f"Port {port} needs more rights.", port=port) from error
            except OSError:
                continue
            return int(candidate.getsockname()[1])
    last = wanted + _PORTS_TRIED - 1
    raise Refusal("no_free_port", f"Every port from {wanted} to {last} is in use.", first=wanted, last=last)


def _say_when_open(url: str, opened: Callable[[str], None], browser: bool) -> None:
    host, _, port = url.removeprefix("http://").rstrip("/").rpartition(":")
    loopback = f"http://{LOOPBACK if host == '0.0.0.0' else host}:{port}/"  # noqa: S104 (compared, not bound)
    while not _answers(loopback):
        time.sleep(0.05)
    opened(url)
    if browser:
        webbrowser.open(loopback)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}healthz", timeout=5):  # noqa: S310 (our own address)
            return True
    except urllib.error.HTTPError:
        return True  # It answers, if only that this name is not among RESHIP_ALLOWED_HOSTS.
    except OSError:
        return False
