"""Telling shops the tracking of parcels that departed: each once, in the order in which they left.

What is to be told is found in committed rows and kept as rows of its own, so nothing is lost. The shop is asked outside
of every transaction, and looks first whether it knows the number: told twice, it stands there once.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django_scopes import scope, scopes_disabled

from reship.channels.models import Shop, ShopOrder, ShopState, ShopTracking, TrackingState
from reship.channels.port import Parcel, ShopApi
from reship.channels.shops import api_of, break_shop
from reship.clients.models import Client
from reship.database.many import insert_columns
from reship.database.retry import one_transaction
from reship.errors import Refusal
from reship.orders.history import Item
from reship.orders.models import OrderStatus, Reshipment, Shipment, ShipmentLine

log = structlog.get_logger()

LEASE = timedelta(minutes=5)
"""How long other workers leave a parcel alone that somebody tells; longer than any shop takes to answer."""
LOOKS_BACK = timedelta(hours=1)
"""Before the last look: a reship is committed soon after its time; nothing that takes an hour would be let finish."""
MOST_AT_ONCE = 200
MOST_TRIES = 25
_LONGEST_PAUSE = timedelta(hours=6)
_DONE = (OrderStatus.FULFILLED, OrderStatus.CANCELLED)


@dataclass(slots=True)
class Told:
    """What came of it, by the numbers of the parcels; `refusal` says why the shop was left alone before the end."""

    sent: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    refusal: Refusal | None = None


def shops_to_tell() -> list[tuple[Client, int]]:
    """The shops of all clients that can be told something. One statement, and one for the clients."""
    with scopes_disabled():
        ids = list(Shop.objects.filter(state=ShopState.CONNECTED).order_by("pk").values_list("client_id", "pk"))
    clients = Client.objects.in_bulk(sorted({client_id for client_id, _ in ids}))
    return [(clients[client_id], shop_id) for client_id, shop_id in ids]


def tell_tracking(
    shop_id: int, *, client: Client, at: Callable[[], datetime], is_ended: Callable[[], bool] = lambda: False
) -> Told:
    """Tells one shop what has departed. Several workers at once are safe: each takes other parcels."""
    told = Told()
    with scope(client=client.pk):
        shop = Shop.objects.filter(pk=shop_id, state=ShopState.CONNECTED).first()
        if shop is None:
            return told
        _find_departed(shop, client, at())
        api: ShopApi | None = None
        while not is_ended() and told.refusal is None and (row := _claimed(shop, at())) is not None:
            api = api or api_of(shop)
            if api is None:
                break_shop(shop.pk, "Its keys cannot be read any more: give them once more.", client=client, at=at())
                break
            _tell(row, api, shop, client, told, at)
        _settle(shop)
    return told


def _find_departed(shop: Shop, client: Client, at: datetime) -> None:
    """Writes down the parcels of the shop's orders that departed with a number and were not written down yet."""

    def work() -> None:
        mine = ShopOrder.objects.filter(shop=shop)
        again = Reshipment.objects.filter(made_at__gte=shop.looked_at - LOOKS_BACK).values("order")
        woken = mine.filter(is_watched=False, order__in=again).filter(~Q(order__status__in=_DONE) | Exists(_new()))
        if ids := list(woken.values_list("pk", flat=True)):
            ShopOrder.objects.filter(pk__in=ids).update(is_watched=True)
        if at - shop.looked_at > LOOKS_BACK / 6:
            Shop.objects.filter(pk=shop.pk).update(looked_at=at)
        departed = (
            Shipment.objects.filter(order__in=mine.filter(is_watched=True).values("order"), departed_at__isnull=False)
            .exclude(tracking_number="")
            .filter(~Exists(ShopTracking.objects.filter(shipment=OuterRef("pk"))))
            .order_by("departed_at", "pk")[:MOST_AT_ONCE]
        )
        shipments = list(departed)
        by_order = dict(
            mine.filter(order__in=[shipment.order_id for shipment in shipments]).values_list("order_id", "pk")
        )
        columns: dict[str, list[object]] = {
            "client_id": [client.pk for _ in shipments],
            "shop_id": [shop.pk for _ in shipments],
            "shop_order_id": [by_order[shipment.order_id] for shipment in shipments],
            "shipment_id": [shipment.pk for shipment in shipments],
            "departed_at": [shipment.departed_at for shipment in shipments],
            "carrier": [shipment.carrier for shipment in shipments],
            "tracking_number": [shipment.tracking_number for shipment in shipments],
            "state": [TrackingState.PENDING.value for _ in shipments],
            "tries": [0 for _ in shipments],
            "next_at": [at for _ in shipments],
            "reference": ["" for _ in shipments],
            "code": ["" for _ in shipments],
            "message": ["" for _ in shipments],
        }
        insert_columns(ShopTracking, client.pk, columns, conflict="(client_id, shipment_id) DO NOTHING")

    one_transaction(work)


def _new() -> QuerySet[Shipment]:
    """Parcels of a shop's order that departed with a number and are not written down; for a query over such orders."""
    departed = Shipment.objects.filter(order=OuterRef("order"), departed_at__isnull=False).exclude(tracking_number="")
    return departed.filter(~Exists(ShopTracking.objects.filter(shipment=OuterRef("pk"))))


def _claimed(shop: Shop, at: datetime) -> ShopTracking | None:
    """A parcel to tell now, which nobody else takes for a while. Of each order, the one that left first."""
    pending = ShopTracking.objects.filter(shop=shop, state=TrackingState.PENDING)
    at_once = Q(departed_at=OuterRef("departed_at"), pk__lt=OuterRef("pk"))
    earlier = ShopTracking.objects.filter(
        Q(departed_at__lt=OuterRef("departed_at")) | at_once,
        shop_order=OuterRef("shop_order"),
        state=TrackingState.PENDING,
    )
    due: QuerySet[ShopTracking] = pending.filter(~Exists(earlier), next_at__lte=at).order_by("next_at", "pk")
    for row_id in due.values_list("pk", flat=True)[:5]:
        if pending.filter(pk=row_id, next_at__lte=at).update(next_at=at + LEASE, tries=F("tries") + 1):
            return ShopTracking.objects.select_related("shop_order", "shipment", "shop_order__order").get(pk=row_id)
    return None


def _tell(row: ShopTracking, api: ShopApi, shop: Shop, client: Client, told: Told, at: Callable[[], datetime]) -> None:
    parcel = _parcel(row)
    try:
        reference = api.send_tracking(parcel)
    except Refusal as refusal:
        _not_told(row, refusal, shop, client, told, at())
        return
    row.state, row.sent_at, row.reference, row.code, row.message = TrackingState.SENT, at(), reference[:120], "", ""
    row.save(update_fields=["state", "sent_at", "reference", "code", "message"])
    told.sent.append(parcel.shipment)


def _parcel(row: ShopTracking) -> Parcel:
    """What the shop has to know of it, read now: whether it is a reshipment, and what was told of its source."""
    lines = ShipmentLine.objects.filter(shipment=row.shipment, quantity__gt=0).order_by("position")
    reshipment = Reshipment.objects.filter(shipment=row.shipment).first()
    source = (
        ShopTracking.objects.filter(shipment=reshipment.source_id, state=TrackingState.SENT).first()
        if reshipment
        else None
    )
    order = row.shop_order.order
    assert order is not None
    return Parcel(
        remote_id=row.shop_order.remote_id,
        shipment=row.shipment.number,
        carrier=row.carrier,
        tracking_number=row.tracking_number,
        departed_at=row.departed_at,
        items=tuple(Item(line.sku, line.quantity) for line in lines),
        is_again=source is not None,
        source_reference=source.reference if source else "",
        is_last=order.status == OrderStatus.FULFILLED,
    )


def _not_told(row: ShopTracking, refusal: Refusal, shop: Shop, client: Client, told: Told, at: datetime) -> None:
    log.warning("A shop did not take a tracking number.", client=client.code, shop=shop.name, refusal=str(refusal))
    row.code, row.message = refusal.code, refusal.message[:500]
    pause = min(timedelta(minutes=1) * 2 ** min(row.tries - 1, 9), _LONGEST_PAUSE)
    if refusal.code == "shop_busy":
        # That is no failure of this parcel, which has its turn as soon as the shop takes more.
        pause = timedelta(seconds=int(str(refusal.figures["retry_after"])))
        row.tries -= 1
    elif refusal.code == "shop_credentials_refused":
        break_shop(shop.pk, refusal.message, client=client, at=at)
        pause = timedelta(0)
        row.tries -= 1
    elif refusal.code == "shop_refused" or row.tries >= MOST_TRIES:
        row.state = TrackingState.REFUSED
        told.refused.append(row.shipment.number)
    row.next_at = at + pause
    row.save(update_fields=["state", "code", "message", "next_at", "tries"])
    if row.state == TrackingState.PENDING:
        # What this parcel hears now, the next one would hear too.
        told.refusal = refusal


def _settle(shop: Shop) -> None:
    """Looks no longer after orders of which all has left and all is told; a further reship wakes them again."""
    pending = ShopTracking.objects.filter(shop_order=OuterRef("pk"), state=TrackingState.PENDING)
    watched = ShopOrder.objects.filter(shop=shop, is_watched=True, order__status__in=_DONE)
    done = list(watched.filter(~Exists(pending), ~Exists(_new())).values_list("pk", flat=True)[:MOST_AT_ONCE])
    if done:
        ShopOrder.objects.filter(pk__in=done).update(is_watched=False)
