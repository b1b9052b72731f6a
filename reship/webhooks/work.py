"""What a worker does for webhooks: takes events off the history's list, and sends what is due, several at a time."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError

from reship.errors import Refusal
from reship.webhooks.deliver import Letter, Outcome, claim, endpoints_with_due, record, send
from reship.webhooks.fan_out import clients_with_events, fan_out

log = structlog.get_logger()

AT_ONCE = 32
"""Requests that a worker has under way."""
AT_ONCE_TO_ONE = 10
"""Of these to one endpoint; to one that fails, a single one, so that it does not keep the others waiting."""

STUCK_SECONDS = 60.0


class Sender:
    """Sends for one worker. Its threads only speak to endpoints: one thread, the caller's, speaks to the database."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="reship-webhook")
        self._under_way: dict[Future[Outcome], Letter] = {}
        self._stuck: dict[int, float] = {}

    def work_once(self) -> bool:
        """Records what was answered, and sends what is due; False when there was nothing to do."""
        recorded = self._record_answered()
        taken = sum(self._fan_out(client_id) for client_id in clients_with_events())
        return bool(self._send_due()) or bool(taken) or recorded

    def is_anything_under_way(self) -> bool:
        return bool(self._under_way)

    def wait(self, seconds: float) -> None:
        """Until an answer is there, at most so long."""
        wait(self._under_way, timeout=seconds, return_when=FIRST_COMPLETED)

    def close(self, seconds: float) -> None:
        """Records what is answered within these seconds. What is not is sent again by another worker."""
        wait(self._under_way, timeout=seconds)
        self._record_answered()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _fan_out(self, client_id: int) -> int:
        """An event that cannot be told keeps only its own client waiting, and is tried again each minute."""
        if self._stuck.get(client_id, 0.0) > time.monotonic():
            return 0
        try:
            return fan_out(client_id, at=self._now())
        except (DatabaseError, InterfaceError, Refusal):
            raise
        except Exception:
            log.exception("The events of a client cannot be told, and wait.", client=client_id)
            self._stuck[client_id] = time.monotonic() + STUCK_SECONDS
            return 0

    def _record_answered(self) -> bool:
        by_endpoint: defaultdict[int, list[Future[Outcome]]] = defaultdict(list)
        for future, letter in self._under_way.items():
            if future.done():
                by_endpoint[letter.endpoint_id].append(future)
        for endpoint_id, futures in by_endpoint.items():
            # Forgotten only afterwards: when the database is away, it is recorded as soon as it is back.
            try:
                record([(self._under_way[future], future.result()) for future in futures], at=self._now())
            except (OperationalError, InterfaceError, Refusal):
                raise
            except Exception:
                # What one endpoint answers must not stop the others. It is sent again when the lease ends.
                log.exception("Answers of an endpoint cannot be recorded.", endpoint=endpoint_id)
            for future in futures:
                del self._under_way[future]
        return bool(by_endpoint)

    def _send_due(self) -> int:
        """Answers how many it sent on their way; each endpoint has its turn."""
        if len(self._under_way) >= AT_ONCE:
            return 0
        busy = Counter(letter.endpoint_id for letter in self._under_way.values())
        sent = 0
        found = endpoints_with_due(at=self._now())
        random.shuffle(found)  # Nobody is always first when there are more endpoints than threads.
        for due in found:
            own = (1 if due.is_failing else AT_ONCE_TO_ONE) - busy[due.endpoint_id]
            most = min(own, AT_ONCE - len(self._under_way))
            if most <= 0:
                continue
            for letter in claim(due, most=most, at=self._now()):
                self._under_way[self._pool.submit(send, letter)] = letter
                sent += 1
        return sent
