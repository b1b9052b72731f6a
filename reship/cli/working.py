"""Working in the background: one chunk of a job after the other, and the housekeeping."""

import gc
import threading
import time
from datetime import timedelta

import structlog
from django.db import InterfaceError, OperationalError, connections

from reship.cli.people import now
from reship.clients.access import Actor
from reship.clients.sessions import SessionStore
from reship.errors import Refusal
from reship.fulfilment.prune_answers import prune_answers
from reship.fulfilment.wait import allocate_waiting, clients_to_serve
from reship.jobs.work import Worker, delete_old_drafts

log = structlog.get_logger()

POLL_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0
HOUSEKEEPING_SECONDS = 3600.0
WAITING_SECONDS = 5.0
"""How long units that somebody let go may lie there before those who wait for them get them."""
_DRAFTS_ARE_KEPT = timedelta(days=1)


def work_until(ended: threading.Event, *, or_nothing_is_left: bool = False) -> int:
    """Works until `ended` is set, or until no job has work; answers how many chunks it did.

    Jobs are looked for when there is nothing to do, twice a second: their rows are the truth, and a message that says
    "look" could be lost. While the database is away it waits, and goes on as soon as it is back.
    """
    # What is loaded by now stays loaded: looking through it for rubbish is time in which a chunk holds its locks.
    gc.collect()
    gc.freeze()
    worker = Worker()
    chunks = 0
    pause = POLL_SECONDS
    housekeeping_at = serving_at = time.monotonic()
    while not ended.is_set():
        try:
            if time.monotonic() >= housekeeping_at:
                keep_house()
                housekeeping_at = time.monotonic() + HOUSEKEEPING_SECONDS
            if time.monotonic() >= serving_at:
                serve_those_who_wait()
                serving_at = time.monotonic() + WAITING_SECONDS
            if worker.work_once(at=now()):
                chunks += 1
                pause = POLL_SECONDS
                continue
            if or_nothing_is_left and not worker.is_anything_left():
                break
            pause = POLL_SECONDS
        except (OperationalError, InterfaceError, Refusal) as error:
            log.warning("The database is away or busy; the worker waits.", error=str(error).strip(), seconds=pause)
            connections.close_all()
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        ended.wait(pause)
    return chunks


def serve_those_who_wait() -> None:
    """Gives what became available to the shipments that wait for it; goods that arrive are given out at once."""
    for client in clients_to_serve():
        served = allocate_waiting(client=client, actor=Actor.program("Reship"), at=now())
        log.info("Stock came in for shipments that wait.", client=client.code, shipments=sorted(served))


def keep_house() -> None:
    """Takes away what nobody needs any more.

    Expired sessions, dry runs of yesterday that nobody confirmed, and answers of the API that were kept long enough.
    """
    SessionStore.clear_expired()
    delete_old_drafts(before=now() - _DRAFTS_ARE_KEPT)
    if pruned := prune_answers(at=now()):
        log.info("Answers that were kept long enough are forgotten.", answers=pruned)
    # A connection for ever would be a server process for ever, which remembers more and more.
    connections.close_all()
