"""Sending again what did not arrive, and a test of whether anything does."""

from datetime import datetime

from django.db.models import QuerySet
from django_scopes import scope

from reship import intake
from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.retry import one_transaction
from reship.errors import Refusal
from reship.webhooks.deliver import line_up
from reship.webhooks.endpoints import endpoint_not_found
from reship.webhooks.event_types import WebhookType, as_body
from reship.webhooks.fan_out import new_message
from reship.webhooks.models import DeliveryState, WebhookDelivery, WebhookEndpoint

_CHUNK = 500


def send_test_event(reference: str, *, client: Client, actor: Actor, at: datetime) -> WebhookDelivery:
    """A message of the type `webhook.test`, whatever types the endpoint chose.

    Refuses `not_allowed`, `endpoint_not_found`, `endpoint_disabled`.
    """

    def work() -> WebhookDelivery:
        endpoint = _locked(reference)
        text = f"{actor.name} sent a test to {endpoint.reference}."
        body = as_body(WebhookType.TEST, at, {"endpoint": endpoint.reference, "by": actor.name, "text": text})
        message = new_message(client.pk, WebhookType.TEST, body, at=at)
        message.save(force_insert=True)
        return WebhookDelivery.objects.create(client=client, endpoint=endpoint, message=message, made_at=at, next_at=at)

    _require(actor, client)
    with scope(client=client.pk):
        return one_transaction(work)


def resend_delivery(reference: str, message: str, *, client: Client, actor: Actor, at: datetime) -> WebhookDelivery:
    """Sends a message to the endpoint once more, now, with all its times of being tried before it; the id is the same.

    A message that still waits for its turn goes on waiting for it. Refuses `not_allowed`, `endpoint_not_found`,
    `delivery_not_found`, `endpoint_disabled`.
    """

    def work() -> WebhookDelivery:
        endpoint = _locked(reference)
        known = intake.can_be_stored(message)
        deliveries = WebhookDelivery.objects.filter(endpoint=endpoint, message__reference=message)
        delivery = deliveries.select_related("message").first() if known else None
        if delivery is None:
            raise delivery_not_found(message)
        _again(WebhookDelivery.objects.filter(pk=delivery.pk), at)
        if delivery.order_id is not None:
            line_up(endpoint.pk, {delivery.order_id}, at=at)
        delivery.refresh_from_db()
        return delivery

    _require(actor, client)
    with scope(client=client.pk):
        return one_transaction(work)


def resend_failed(reference: str, *, since: datetime, client: Client, actor: Actor, at: datetime) -> int:
    """Sends again all that was given up of what was made since then, in its order; answers how many these are.

    Refuses `not_allowed`, `endpoint_not_found`, `endpoint_disabled`.
    """

    def work() -> int:
        endpoint = _locked(reference)
        failed = WebhookDelivery.objects.filter(endpoint=endpoint, state=DeliveryState.GIVEN_UP, made_at__gte=since)
        some = list(failed.order_by("made_at", "pk").values_list("pk", "order_id")[:_CHUNK])
        _again(WebhookDelivery.objects.filter(pk__in=[pk for pk, _ in some]), at)
        line_up(endpoint.pk, set(filter(None, (order_id for _, order_id in some))), at=at)
        return len(some)

    _require(actor, client)
    total = 0
    with scope(client=client.pk):
        while True:
            resent = one_transaction(work)
            total += resent
            if resent < _CHUNK:
                return total


def delivery_not_found(message: str) -> Refusal:
    name = intake.named(message)
    return Refusal("delivery_not_found", f"The message {name} was not made for this endpoint.", message_id=name)


def _again(deliveries: QuerySet[WebhookDelivery], at: datetime) -> None:
    deliveries.update(state=DeliveryState.PENDING, tries=0, next_at=at, lease="", ended_at=None)


def _require(actor: Actor, client: Client) -> None:
    require(actor, Right.WEBHOOKS)
    if not actor.sees(client.pk):
        raise Refusal("client_not_found", f"There is no client {client.code}.", client=client.code)


def _locked(reference: str) -> WebhookEndpoint:
    known = WebhookEndpoint.objects.filter(removed_at__isnull=True) if intake.can_be_stored(reference) else None
    endpoint = known.select_for_update(no_key=True).filter(reference=reference).first() if known is not None else None
    if endpoint is None:
        raise endpoint_not_found(reference)
    if endpoint.disabled_at is not None:
        raise Refusal(
            "endpoint_disabled",
            f"{endpoint.url} is disabled, so nothing is sent there. Enable it first.",
            endpoint=endpoint.reference,
        )
    return endpoint
