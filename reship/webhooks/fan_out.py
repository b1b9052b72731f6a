"""From the history to deliveries: what was committed is on its way to everybody who wants it, or still waits here."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef
from django_scopes import scope, scopes_disabled

from reship.clients.models import Client
from reship.database.many import insert_many
from reship.database.retry import one_transaction
from reship.orders.models import EventToSend, Order, OrderEvent
from reship.webhooks.event_types import body_of, messages_of
from reship.webhooks.models import DeliveryState, WebhookDelivery, WebhookEndpoint, WebhookMessage

CHUNK = 100
"""Events that one transaction takes."""


def clients_with_events() -> list[int]:
    """Whose history has something to send; one statement."""
    with scopes_disabled():
        events = EventToSend.objects.filter(client_id=OuterRef("pk"))
        return list(Client.objects.filter(Exists(events)).order_by("pk").values_list("pk", flat=True))


def fan_out(client_id: int, *, at: datetime) -> int:
    """Makes deliveries of the client's oldest events, and takes these away; answers how many it took.

    Events of one order are committed one after the other, so those that are there are taken in order.
    """
    with scope(client=client_id):
        return one_transaction(lambda: _chunk(client_id, at))


def new_message(
    client_id: int, kind: str, body: str, *, at: datetime, event: OrderEvent | None = None
) -> WebhookMessage:
    return WebhookMessage(
        client_id=client_id,
        reference=f"msg_{secrets.token_hex(12)}",
        order_id=event.order_id if event else None,
        sequence=event.sequence if event else None,
        type=kind,
        body=body,
        at=at,
    )


def _chunk(client_id: int, at: datetime) -> int:
    # The lock keeps workers behind one another, so that nobody puts a later event on its way before an earlier one.
    kept = WebhookEndpoint.objects.filter(removed_at__isnull=True).order_by("pk")
    everybody = list(kept.select_for_update(no_key=True))
    taken = list(EventToSend.objects.order_by("pk")[:CHUNK])
    if not taken:
        return 0
    endpoints = [endpoint for endpoint in everybody if endpoint.is_enabled]
    messages = _messages(client_id, taken) if endpoints else []
    messages = [message for message in messages if any(_wants(endpoint, message) for endpoint in endpoints)]
    insert_many(client_id, messages)
    busy = set(_busy({event.order_id for event in taken}))
    deliveries = []
    for message in messages:
        for endpoint in endpoints:
            if not _wants(endpoint, message):
                continue
            queue = (endpoint.pk, message.order_id)
            deliveries.append(
                WebhookDelivery(
                    client_id=client_id,
                    endpoint=endpoint,
                    message=message,
                    order_id=message.order_id,
                    made_at=at,
                    next_at=None if queue in busy else at,
                )
            )
            busy.add(queue)
    insert_many(client_id, deliveries)
    EventToSend.objects.filter(pk__in=[event.pk for event in taken]).delete()
    return len(taken)


def _messages(client_id: int, taken: Sequence[EventToSend]) -> list[WebhookMessage]:
    """The messages of these events, order by order, in the order of its history."""
    wanted = {(event.order_id, event.sequence) for event in taken}
    order_ids = {order_id for order_id, _ in wanted}
    events = OrderEvent.objects.filter(
        order_id__in=order_ids, sequence__in={sequence for _, sequence in wanted}
    ).order_by("order_id", "sequence")
    numbers = dict(Order.objects.filter(pk__in=order_ids).values_list("pk", "number"))
    made = []
    for event in events:
        if (event.order_id, event.sequence) not in wanted:
            continue
        for part, told in enumerate(messages_of(event)):
            body = body_of(told, event, order=numbers[event.order_id])
            message = new_message(client_id, told.type.value, body, at=event.at, event=event)
            message.part = part
            made.append(message)
    return made


def _wants(endpoint: WebhookEndpoint, message: WebhookMessage) -> bool:
    return not endpoint.event_types or message.type in endpoint.event_types


def _busy(order_ids: set[int]) -> list[tuple[int, int | None]]:
    """The pairs of endpoint and order of which something is on its way: what comes now waits behind it."""
    pending = WebhookDelivery.objects.filter(order_id__in=order_ids, state=DeliveryState.PENDING)
    return list(pending.order_by().values_list("endpoint_id", "order_id").distinct())
