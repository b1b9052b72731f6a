"""Sending webhooks in the background, beside the jobs of a worker."""

import threading
import time

import structlog
from django.db import InterfaceError, OperationalError, connections

from reship.cli.people import now
from reship.errors import Refusal
from reship.webhooks.queries import KEPT, delete_old_deliveries
from reship.webhooks.work import Sender

log = structlog.get_logger()

POLL_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0
HOUSEKEEPING_SECONDS = 3600.0
LAST_ANSWERS_SECONDS = 5.0
"""How long a worker that ends waits for answers; what is not answered by then is sent again by the next one."""


def start_sending(ended: threading.Event) -> threading.Thread:
    """Sends until `ended` is set, in a thread of its own: a receiver may take its time, jobs may not wait for it."""
    thread = threading.Thread(target=send_until, args=[ended], name="reship-webhooks", daemon=True)
    thread.start()
    return thread


def send_until(ended: threading.Event, *, or_nothing_is_due: bool = False) -> None:
    """Sends what is due until `ended` is set, or until nothing is due any more."""
    sender = Sender(now)
    pause = POLL_SECONDS
    housekeeping_at = time.monotonic()
    try:
        while not ended.is_set():
            try:
                if time.monotonic() >= housekeeping_at:
                    delete_old_deliveries(before=now() - KEPT)
                    housekeeping_at = time.monotonic() + HOUSEKEEPING_SECONDS
                    connections.close_all()
                if sender.work_once():
                    continue
                if or_nothing_is_due and not sender.is_anything_under_way():
                    break
                pause = POLL_SECONDS
            except (OperationalError, InterfaceError, Refusal) as error:
                log.warning("The database is away or busy; webhooks wait.", error=str(error).strip(), seconds=pause)
                connections.close_all()
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                ended.wait(pause)
                continue
            except Exception:
                if or_nothing_is_due:
                    raise
                # Nobody would start this thread again, and the worker would go on without it.
                log.exception("A round of sending webhooks ended early.")
                connections.close_all()
                ended.wait(LONGEST_PAUSE_SECONDS)
                continue
            if sender.is_anything_under_way():
                sender.wait(pause)
            else:
                ended.wait(pause)
        sender.close(LAST_ANSWERS_SECONDS)
    except (OperationalError, InterfaceError, Refusal) as error:
        log.warning("The database is away; answers of webhooks are lost.", error=str(error).strip())
    finally:
        if not or_nothing_is_due:
            connections.close_all()
