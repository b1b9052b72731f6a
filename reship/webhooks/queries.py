"""What the pages and the API show of webhooks."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django_scopes import scope, scopes_disabled

from reship import intake
from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.keyset import Cursor, Keyset, Part
from reship.database.retry import one_transaction
from reship.errors import Refusal
from reship.webhooks.deliver import line_up
from reship.webhooks.endpoints import endpoint_not_found
from reship.webhooks.models import DeliveryState, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookMessage
from reship.webhooks.resend import delivery_not_found

KEPT = timedelta(days=30)
"""How long the log is kept, and what waits for an endpoint that is disabled."""
_NEWEST = Keyset("deliveries", "made_at", datetime, is_descending=True)
_CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """An endpoint, and how many deliveries wait for it or were given up."""

    endpoint: WebhookEndpoint
    pending: int
    given_up: int


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries; what is empty does not narrow."""

    state: str = ""
    type: str = ""
    order: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeliveryFound:
    """A delivery with its message, and its attempts, the oldest first."""

    delivery: WebhookDelivery
    attempts: Sequence[WebhookAttempt]


def endpoints_of(client: Client, *, actor: Actor) -> list[EndpointRow]:
    """The client's endpoints, the newest first; two statements. Refuses `not_allowed`, `client_not_found`."""
    _require(actor, client)
    with scope(client=client.pk):
        endpoints = list(WebhookEndpoint.objects.filter(removed_at__isnull=True).order_by("-made_at", "-pk"))
        open_ones = WebhookDelivery.objects.exclude(state=DeliveryState.DELIVERED).order_by()
        counted = open_ones.values("endpoint_id").annotate(
            pending=Count("pk", filter=Q(state=DeliveryState.PENDING)),
            given_up=Count("pk", filter=Q(state=DeliveryState.GIVEN_UP)),
        )
        counts = {row["endpoint_id"]: row for row in counted}
    none = {"pending": 0, "given_up": 0}
    rows = [(endpoint, counts.get(endpoint.pk, none)) for endpoint in endpoints]
    return [EndpointRow(endpoint, count["pending"], count["given_up"]) for endpoint, count in rows]


def endpoint_of(reference: str, *, client: Client, actor: Actor) -> WebhookEndpoint:
    """Refuses `not_allowed`, `client_not_found`, `endpoint_not_found`."""
    _require(actor, client)
    with scope(client=client.pk):
        known = WebhookEndpoint.objects.filter(removed_at__isnull=True)
        endpoint = known.filter(reference=reference).first() if intake.can_be_stored(reference) else None
    if endpoint is None:
        raise endpoint_not_found(reference)
    return endpoint


def find_deliveries(
    endpoint: WebhookEndpoint, wanted: DeliveryFilter, *, limit: int, after: Cursor | None = None
) -> Part[WebhookDelivery]:
    """Deliveries to an endpoint, the newest first, each with its message and order; one statement.

    Refuses `invalid_cursor`.
    """
    with scope(client=endpoint.client_id):
        deliveries = WebhookDelivery.objects.filter(endpoint_id=endpoint.pk).select_related("message", "order")
        if wanted.state:
            deliveries = deliveries.filter(state=wanted.state)
        if wanted.type:
            deliveries = deliveries.filter(message__type=wanted.type)
        if wanted.order:
            known = intake.can_be_stored(wanted.order)
            deliveries = deliveries.filter(order__number=wanted.order) if known else deliveries.none()
        if wanted.since:
            deliveries = deliveries.filter(made_at__gte=wanted.since)
        return _NEWEST.part_of(deliveries, limit=limit, after=after)


def delivery_of(endpoint: WebhookEndpoint, message: str) -> DeliveryFound:
    """Two statements. Refuses `delivery_not_found`."""
    with scope(client=endpoint.client_id):
        deliveries = WebhookDelivery.objects.filter(endpoint_id=endpoint.pk).select_related("message", "order")
        known = intake.can_be_stored(message)
        delivery = deliveries.filter(message__reference=message).first() if known else None
        if delivery is None:
            raise delivery_not_found(message)
        attempts = list(WebhookAttempt.objects.filter(delivery_id=delivery.pk).order_by("number"))
    return DeliveryFound(delivery, attempts)


def delete_old_deliveries(*, before: datetime) -> int:
    """Forgets what was made before then, with its messages and attempts; answers how many deliveries these were."""
    with scopes_disabled():
        clients = list(WebhookEndpoint.objects.order_by("client_id").values_list("client_id", flat=True).distinct())
    return sum(_delete_of(client_id, before) for client_id in clients)


def _delete_of(client_id: int, before: datetime) -> int:
    def work() -> int:
        # Whoever records, adds or lines up deliveries holds these, too: nothing comes to what is taken away meanwhile.
        list(WebhookEndpoint.objects.select_for_update(no_key=True).order_by("pk"))
        old = WebhookDelivery.objects.filter(made_at__lt=before).order_by("made_at", "pk")
        rows = list(old.values_list("pk", "message_id", "endpoint_id", "order_id", "state")[:_CHUNK])
        ids = [pk for pk, *_ in rows]
        messages = {message_id for _, message_id, *_ in rows}
        WebhookAttempt.objects.filter(delivery_id__in=ids).delete()
        WebhookDelivery.objects.filter(pk__in=ids).delete()
        needed = WebhookDelivery.objects.filter(message_id__in=messages).values_list("message_id", flat=True)
        WebhookMessage.objects.filter(pk__in=messages.difference(needed)).delete()
        behind: defaultdict[int, set[int]] = defaultdict(set)
        for _, _, endpoint_id, order_id, state in rows:
            if order_id and state == DeliveryState.PENDING:
                behind[endpoint_id].add(order_id)
        for endpoint_id, order_ids in behind.items():
            # What waited behind a message that is gone would wait for ever, and all that comes after it: it is due.
            line_up(endpoint_id, order_ids, at=before)
        return len(rows)

    total = 0
    with scope(client=client_id):
        while deleted := one_transaction(work):
            total += deleted
    return total


def _require(actor: Actor, client: Client) -> None:
    require(actor, Right.WEBHOOKS)
    if not actor.sees(client.pk):
        raise Refusal("client_not_found", f"There is no client {client.code}.", client=client.code)
