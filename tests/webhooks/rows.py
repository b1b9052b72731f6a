"""One row of everything about webhooks."""

from django_scopes import scope

from reship.clients.models import Client
from reship.orders.models import EventToSend, Order
from reship.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookMessage
from tests.world import World


def add_webhook_rows(world: World, client: Client) -> None:
    """About the client's first order; written as they are, by no verb."""
    at = world.later()
    with scope(client=client.pk):
        order = Order.objects.order_by("pk")[0]
        EventToSend.objects.create(client=client, order=order, sequence=1)
        endpoint = WebhookEndpoint.objects.create(client=client, reference="we_1", url="https://a.example", made_at=at)
        of_order = {"client": client, "order": order}
        message = WebhookMessage.objects.create(
            **of_order, reference="msg_1", sequence=1, type="order.placed", body="{}", at=at
        )
        delivery = WebhookDelivery.objects.create(**of_order, endpoint=endpoint, message=message, made_at=at)
        WebhookAttempt.objects.create(client=client, delivery=delivery, number=1, at=at, url="", milliseconds=1)
