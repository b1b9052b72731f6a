"""Asking the carriers in the background, beside the jobs of a worker."""

import threading

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connections

from reship.carriers.poll import poll_tracking
from reship.carriers.registry import carriers
from reship.cli.people import now
from reship.clients.models import Client
from reship.errors import Refusal

log = structlog.get_logger()


def start_polling(ended: threading.Event) -> threading.Thread | None:
    """Polls until `ended` is set, in a thread of its own: a carrier may take its time, jobs may not wait for it.

    None when there is nobody to ask, or the settings say never. Each worker polls; what is said twice is kept once.
    """
    if settings.TRACKING_POLL_MINUTES <= 0 or not any(carrier.can_track for carrier in carriers().values()):
        return None
    thread = threading.Thread(target=poll_until, args=[ended], name="reship-poll", daemon=True)
    thread.start()
    return thread


def poll_until(ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            poll_all(ended)
        except (OperationalError, InterfaceError, Refusal) as error:
            log.warning("The database is away or busy; carriers are asked again later.", error=str(error).strip())
        finally:
            connections.close_all()
        ended.wait(60 * settings.TRACKING_POLL_MINUTES)


def poll_all(ended: threading.Event) -> None:
    for client in Client.objects.order_by("code"):
        polled = poll_tracking(client=client, at=now, is_ended=ended.is_set)
        for refusal in polled.refusals:
            log.warning("A carrier did not say where a parcel is.", client=client.code, refusal=str(refusal))
        if polled.moved:
            log.info("Carriers moved parcels on.", client=client.code, moved=len(polled.moved))
