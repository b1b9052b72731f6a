"""Asking and telling the shops in the background, beside the jobs of a worker."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connections

from reship.channels.poll import poll_shop, shops_to_ask
from reship.channels.tracking import shops_to_tell, tell_tracking
from reship.cli.people import now
from reship.clients.models import Client
from reship.errors import Refusal

log = structlog.get_logger()

ROUND_SECONDS = 10.0


def start_shop_rounds(ended: threading.Event) -> threading.Thread:
    """Goes round until `ended` is set, in a thread of its own: a shop may take its time, jobs may not wait for it."""
    thread = threading.Thread(target=go_round_until, args=[ended], name="reship-shops", daemon=True)
    thread.start()
    return thread


def go_round_until(ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            go_round(ended)
        except (OperationalError, InterfaceError, Refusal) as error:
            log.warning("The database is away or busy; shops have to wait.", error=str(error).strip())
        except Exception:
            log.exception("A round of the shops ended early.")
        finally:
            connections.close_all()
        ended.wait(ROUND_SECONDS)


def go_round(ended: threading.Event) -> None:
    """Tells each shop what has departed, and asks those that it is time to ask."""
    for client, shop_id in shops_to_tell():
        with _for_itself(client, shop_id):
            told = tell_tracking(shop_id, client=client, at=now, is_ended=ended.is_set)
            if told.sent:
                log.info("Tracking was sent to a shop.", client=client.code, parcels=told.sent)
    if settings.SHOP_POLL_MINUTES <= 0:
        return
    for client, shop_id in shops_to_ask(at=now()):
        with _for_itself(client, shop_id):
            polled = poll_shop(shop_id, client=client, at=now, is_ended=ended.is_set)
            if polled.taken:
                log.info("A shop had news that no webhook brought.", client=client.code, orders=len(polled.taken))


@contextmanager
def _for_itself(client: Client, shop_id: int) -> Iterator[None]:
    """What nobody foresaw of one shop must not keep those after it from their turn, in this round and all others."""
    try:
        yield
    except (OperationalError, InterfaceError, Refusal):
        raise
    except Exception:
        log.exception("A shop could neither be told nor asked.", client=client.code, shop=shop_id)
