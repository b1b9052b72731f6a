"""One row of each record of a shop, for tests of what every table has in common."""

from django_scopes import scope

from reship.channels.models import Shop, ShopKind, ShopMessage, ShopOrder, ShopTracking
from reship.clients.models import Client
from reship.orders.models import Shipment
from tests.world import World


def add_shop_rows(world: World, client: Client) -> None:
    """About the client's first shipment; written as they are, by no verb."""
    at = world.later()
    with scope(client=client.pk):
        shipment = Shipment.objects.select_related("order").order_by("pk")[0]
        times = {"state_since": at, "connected_at": at, "synced_until": at, "polls_at": at, "looked_at": at}
        shop = Shop.objects.create(
            client=client, kind=ShopKind.SHOPIFY, name="Mugs", address="mugs.myshopify.com", public_id="a", **times
        )
        of = {"client": client, "shop": shop}
        order = ShopOrder.objects.create(**of, remote_id="1", order=shipment.order, seen_at=at)
        ShopMessage.objects.create(**of, message_id="webhook 1", at=at)
        number = {"departed_at": at, "tracking_number": "T1", "next_at": at}
        ShopTracking.objects.create(**of, shop_order=order, shipment=shipment, **number)
