"""Processes that must not outlive the server that started them."""

import os
import threading
import time

SERVER = "RESHIP_SERVED_BY"
"""The variable in which `reship serve` tells the processes that it starts who it is."""


def end_with_server() -> None:
    """Ends this process half a second after its server, however that one ended; without a server it does nothing.

    A server that is killed outright cannot end what it started, which would keep its port, or work on, for ever. One
    that was killed while this process was still starting is no longer the parent, and this process ends at once.
    """
    if SERVER in os.environ:
        server = int(os.environ[SERVER])
        threading.Thread(target=_watch, args=(server,), name="reship-end-with-server", daemon=True).start()


def _watch(server: int) -> None:
    while os.getppid() == server:
        time.sleep(0.5)
    os._exit(1)
