"""What people look at: the shops of a client, what each said and what came of it, and the tracking that goes back."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, Subquery
from django_scopes import scope

from reship.channels.models import Outcome, Shop, ShopMessage, ShopOrder, ShopState, ShopTracking, TrackingState
from reship.clients.models import Client


@dataclass(frozen=True, slots=True)
class ListedShop:
    """A shop with the latest thing that it said, and how many of its orders are refused now."""

    shop: Shop
    last: ShopMessage | None
    refused: int


def shops_of(client: Client) -> list[ListedShop]:
    """Those that are connected, paused or broken, by name. Three statements."""
    with scope(client=client.pk):
        latest = ShopMessage.objects.filter(shop=OuterRef("pk")).order_by("-at", "-id").values("pk")[:1]
        shops = list(
            Shop.objects.exclude(state=ShopState.DISCONNECTED)
            .select_related("warehouse")
            .annotate(last_id=Subquery(latest))
            .order_by("name", "pk")
        )
        messages = ShopMessage.objects.in_bulk([shop.last_id for shop in shops if shop.last_id])
        refused = dict(
            ShopOrder.objects.filter(shop__in=[shop.pk for shop in shops], order__isnull=True)
            .values_list("shop_id")
            .annotate(refused=Count("pk", filter=Q(outcome=Outcome.REFUSED)))
        )
        return [ListedShop(shop, messages.get(shop.last_id), refused.get(shop.pk, 0)) for shop in shops]


def messages_of(shop: Shop, *, limit: int) -> Sequence[ShopMessage]:
    """What it said last, newest first."""
    with scope(client=shop.client_id):
        return list(ShopMessage.objects.filter(shop=shop).order_by("-at", "-id")[:limit])


def tracking_of(shop: Shop, *, limit: int) -> Sequence[ShopTracking]:
    """What it was told last, or will be, newest first."""
    with scope(client=shop.client_id):
        rows = ShopTracking.objects.filter(shop=shop).select_related("shipment", "shop_order__order")
        return list(rows.order_by("-departed_at", "-pk")[:limit])


def untold(shop: Shop) -> int:
    """How many tracking numbers it has still to be told."""
    with scope(client=shop.client_id):
        return ShopTracking.objects.filter(shop=shop, state=TrackingState.PENDING).count()
