"""One delivery after the other: claimed, sent outside every transaction, and what came of it recorded.

Whoever dies between these steps leaves a delivery that is due again when its lease ends, so a message arrives at
least once. Duplicates carry the same `webhook-id`.
"""

import random
import secrets
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import structlog
from django.db.models import Exists, Min, OuterRef
from django_scopes import scope, scopes_disabled

from reship import outgoing
from reship.clients.access import Actor
from reship.clients.models import Client
from reship.database.many import insert_many, update_many
from reship.database.retry import one_transaction
from reship.errors import Refusal
from reship.webhooks.endpoints import disable_endpoint, secret_lost
from reship.webhooks.models import DeliveryState, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from reship.webhooks.secrets import signature

log = structlog.get_logger()

DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After each failure, as Standard Webhooks recommends; the tenth ends it."""
MOST_JITTER = 0.2
"""The share by which a delay may be longer, so that what failed together is not tried again together."""
LONGEST_DELAY = timedelta(hours=24)
"""However long a Retry-After asks for."""
DISABLED_AFTER = timedelta(days=5)
"""Of nothing but failures."""
LEASE = timedelta(seconds=60)
ANSWER_SECONDS = 15.0
"""How long a request may take in all."""
_FRESH_SECONDS = 30.0
_LONGEST_ANSWER_KEPT = 1_000
_GONE = 410
_ASKS_FOR_PATIENCE = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Due:
    """An endpoint for which something is due."""

    client_id: int
    endpoint_id: int
    is_failing: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """A delivery that its holder alone may send, for a while. Without `signature` the secret cannot be read."""

    client_id: int
    endpoint_id: int
    delivery_id: int
    lease: str
    url: str
    reference: str
    body: str
    signed_at: datetime
    signature: str
    claimed: float

    @property
    def headers(self) -> dict[str, str]:
        return {
            "content-type": "application/json",
            "webhook-id": self.reference,
            "webhook-timestamp": str(int(self.signed_at.timestamp())),
            "webhook-signature": self.signature,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an endpoint answered: `status` 0 is no answer. `failure` is empty when it took the message."""

    status: int
    failure: str
    answer: str
    milliseconds: int
    retry_after: str = ""


Answered = tuple[Letter, Outcome]
_CHANGED = ("state", "next_at", "lease", "tries", "attempts", "last_status", "last_failure", "ended_at")


def endpoints_with_due(*, at: datetime) -> list[Due]:
    """All enabled endpoints for which something is due, of all clients; one statement."""
    with scopes_disabled():
        due = WebhookDelivery.objects.filter(
            client_id=OuterRef("client_id"), endpoint_id=OuterRef("pk"), next_at__lte=at
        )
        found = WebhookEndpoint.objects.filter(Exists(due), disabled_at__isnull=True, removed_at__isnull=True)
        rows = found.order_by("pk").values_list("client_id", "pk", "failing_since")
        return [Due(client_id, endpoint_id, since is not None) for client_id, endpoint_id, since in rows]


def claim(due: Due, *, most: int, at: datetime) -> list[Letter]:
    """Takes at most so many of the endpoint's due deliveries: they are this caller's to send until the lease ends."""

    def work() -> list[Letter]:
        endpoint = WebhookEndpoint.objects.get(pk=due.endpoint_id)
        if not endpoint.is_enabled:
            return []
        waiting = WebhookDelivery.objects.filter(endpoint_id=endpoint.pk, next_at__lte=at).select_related("message")
        locked = waiting.select_for_update(no_key=True, skip_locked=True, of=("self",)).order_by("next_at", "pk")
        taken = list(locked[:most])
        lease = secrets.token_hex(16)
        WebhookDelivery.objects.filter(pk__in=[delivery.pk for delivery in taken]).update(
            next_at=at + LEASE, lease=lease
        )
        return [_letter(endpoint, delivery, lease, at) for delivery in taken]

    with scope(client=due.client_id):
        return one_transaction(work)


def send(letter: Letter) -> Outcome:
    """Asks the endpoint to take the message; whatever happens is an outcome. Touches no database."""
    started = time.monotonic()
    if not letter.signature:
        return Outcome(0, secret_lost().message, "", 0)
    if started - letter.claimed > _FRESH_SECONDS:
        return Outcome(0, "This worker was held up for so long that it left the message to another one.", "", 0)
    try:
        answer = outgoing.request(
            "POST", letter.url, headers=letter.headers, content=letter.body.encode(), timeout=ANSWER_SECONDS
        )
    except outgoing.Unreachable as error:
        return Outcome(0, error.message, "", _milliseconds_since(started))
    except Exception:  # Whatever else it is must not end the worker, which sends for everybody.
        log.exception("A webhook could not be sent.", message=letter.reference)
        return Outcome(0, "This failed here, not at the endpoint.", "", _milliseconds_since(started))
    return Outcome(
        answer.status,
        _failure_of(answer.status),
        _printable(answer.text),
        _milliseconds_since(started),
        answer.headers.get("retry-after", "") if answer.status in _ASKS_FOR_PATIENCE else "",
    )


def record(answered: Sequence[Answered], *, at: datetime, jitter: Callable[[], float] = random.random) -> None:
    """Logs attempts of one endpoint, and decides what is next: the orders' next messages, other attempts, or the end.

    As many statements for many of them as for one, but for failures.
    """
    client_id, endpoint_id = answered[0][0].client_id, answered[0][0].endpoint_id

    def work() -> str:
        endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
        ids = [letter.delivery_id for letter, _ in answered]
        locked = WebhookDelivery.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
        deliveries = {delivery.pk: delivery for delivery in locked}
        # What is not there any more was too old to be kept.
        there = [(deliveries[a[0].delivery_id], *a) for a in answered if a[0].delivery_id in deliveries]
        attempts = [_attempt(delivery, letter, outcome) for delivery, letter, outcome in there]
        for delivery, letter, outcome in there:
            _settle(delivery, letter, outcome, at, jitter)
        insert_many(client_id, attempts)
        rows = [(pk, *(getattr(row, name) for name in _CHANGED)) for pk, row in deliveries.items()]
        update_many(WebhookDelivery, client_id, _CHANGED, rows)
        ended = {row.order_id for row in deliveries.values() if row.order_id and row.state != DeliveryState.PENDING}
        if ended:
            line_up(endpoint_id, ended, at=at)
        failures = [outcome for _, outcome in answered if outcome.failure]
        failing_since = (endpoint.failing_since or at) if len(failures) == len(answered) else None
        if failing_since != endpoint.failing_since:
            endpoint.failing_since = failing_since
            endpoint.save(update_fields=["failing_since"])
        return _why_disabled(endpoint, failures, at)

    with scope(client=client_id):
        why = one_transaction(work)
    if why:
        _disable(client_id, endpoint_id, why, at)


def line_up(endpoint_id: int, order_ids: Collection[int], *, at: datetime) -> None:
    """Lets the first pending delivery of each of these orders go, and the others wait behind it.

    The caller holds the endpoint's lock, so that nothing is added meanwhile.
    """
    pending = WebhookDelivery.objects.filter(
        endpoint_id=endpoint_id, order_id__in=sorted(order_ids), state=DeliveryState.PENDING
    )
    first = [row["first"] for row in pending.order_by().values("order_id").annotate(first=Min("pk"))]
    pending.filter(pk__in=first, next_at__isnull=True).update(next_at=at)
    pending.exclude(pk__in=first).filter(next_at__isnull=False).update(next_at=None)


def _letter(endpoint: WebhookEndpoint, delivery: WebhookDelivery, lease: str, at: datetime) -> Letter:
    message = delivery.message
    return Letter(
        client_id=endpoint.client_id,
        endpoint_id=endpoint.pk,
        delivery_id=delivery.pk,
        lease=lease,
        url=endpoint.url,
        reference=message.reference,
        body=message.body,
        signed_at=at,
        signature=signature(endpoint, message.reference, message.body, at=at) or "",
        claimed=time.monotonic(),
    )


def _attempt(delivery: WebhookDelivery, letter: Letter, outcome: Outcome) -> WebhookAttempt:
    """What the log keeps of it, in the delivery's row as well."""
    delivery.attempts += 1
    delivery.last_status, delivery.last_failure = outcome.status, outcome.failure[:300]
    return WebhookAttempt(
        client_id=letter.client_id,
        delivery=delivery,
        number=delivery.attempts,
        at=letter.signed_at,
        url=letter.url,
        signature=letter.signature,
        status=outcome.status,
        failure=outcome.failure[:300],
        answer=outcome.answer,
        milliseconds=outcome.milliseconds,
    )


def _settle(
    delivery: WebhookDelivery, letter: Letter, outcome: Outcome, at: datetime, jitter: Callable[[], float]
) -> None:
    """What the attempt means for the delivery, unless it was settled without it."""
    if delivery.state != DeliveryState.PENDING:
        return
    if not outcome.failure:
        _end(delivery, DeliveryState.DELIVERED, at)
        return
    if delivery.lease != letter.lease:  # It took too long, and another worker is at it by now.
        return
    delivery.tries += 1
    if outcome.status == _GONE or delivery.tries > len(DELAYS):
        _end(delivery, DeliveryState.GIVEN_UP, at)
        return
    delay = DELAYS[delivery.tries - 1] * (1 + MOST_JITTER * jitter())
    asked = _asked_for(outcome.retry_after, at)
    delivery.lease = ""
    delivery.next_at = None if _is_behind(delivery) else at + max(delay, min(asked, LONGEST_DELAY))


def _end(delivery: WebhookDelivery, state: DeliveryState, at: datetime) -> None:
    delivery.state, delivery.ended_at, delivery.next_at, delivery.lease = state, at, None, ""


def _is_behind(delivery: WebhookDelivery) -> bool:
    """Whether an earlier message of the order was sent on its way again meanwhile, and comes first."""
    if delivery.order_id is None:
        return False
    earlier = WebhookDelivery.objects.filter(
        endpoint_id=delivery.endpoint_id, order_id=delivery.order_id, state=DeliveryState.PENDING, pk__lt=delivery.pk
    )
    return earlier.exists()


def _why_disabled(endpoint: WebhookEndpoint, failures: Sequence[Outcome], at: datetime) -> str:
    if not endpoint.is_enabled or not failures:
        return ""
    if any(failure.status == _GONE for failure in failures):
        return "It answered 410 Gone."
    if endpoint.failing_since is not None and at - endpoint.failing_since >= DISABLED_AFTER:
        return f"Nothing arrived for {DISABLED_AFTER.days} days. Lastly: {failures[-1].failure}"
    return ""


def _disable(client_id: int, endpoint_id: int, why: str, at: datetime) -> None:
    with scope(client=client_id):
        endpoint = WebhookEndpoint.objects.get(pk=endpoint_id)
    client = Client.objects.get(pk=client_id)
    try:
        disable_endpoint(endpoint.reference, client=client, actor=Actor.program("Reship"), at=at, address="", why=why)
    except Refusal as refusal:  # Somebody removed it meanwhile.
        if refusal.code != "endpoint_not_found":
            raise


def _failure_of(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"It answered {status}, and redirects are not followed."
    return f"It answered {status}."


def _asked_for(retry_after: str, at: datetime) -> timedelta:
    """What a Retry-After asks for: seconds, or a date; nothing when it is neither."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), LONGEST_DELAY.total_seconds()))
    try:
        asked = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # The latter for a zone that is further away than any.
        return timedelta(0)
    return max(asked - at, timedelta(0)) if asked.tzinfo is not None else timedelta(0)


def _printable(text: str) -> str:
    kept = text[:_LONGEST_ANSWER_KEPT]
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in kept)


def _milliseconds_since(started: float) -> int:
    return round(1000 * (time.monotonic() - started))
