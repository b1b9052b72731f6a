"""Asking shops for what their webhooks did not bring: orders that changed since, and those that were refused.

Where it has come to is kept in the shop's row after each page, so that a worker that ends goes on there. No transaction
is open while a shop is asked.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import F
from django_scopes import scope, scopes_disabled

from reship.channels.models import Outcome, Shop, ShopMessage, ShopOrder, ShopState
from reship.channels.port import Page, ShopApi, ShopsOrder
from reship.channels.shops import api_of, break_shop
from reship.channels.take_order import is_taken, take_order
from reship.clients.models import Client
from reship.errors import Refusal

log = structlog.get_logger()

OVERLAP = timedelta(minutes=10)
"""Asked for once more: its clock and ours differ, and what it writes down late is dated early."""
LEASE = timedelta(minutes=10)
"""How long other workers leave a shop alone that somebody asks."""
RETRIED_FOR = timedelta(days=14)
MOST_RETRIED = 50
MESSAGES_ARE_KEPT = timedelta(days=90)
_LONGEST_PAUSE = timedelta(hours=6)
_MOST_PAGES = 200


@dataclass(slots=True)
class Polled:
    """What came of it: how many orders were read, and what became of those that were news."""

    orders: int = 0
    taken: list[tuple[str, Outcome]] = field(default_factory=list)
    refusal: Refusal | None = None


def shops_to_ask(*, at: datetime) -> list[tuple[Client, int]]:
    """The shops of all clients that are to be asked now. One statement, and one for the clients."""
    with scopes_disabled():
        due = Shop.objects.filter(state=ShopState.CONNECTED, polls_at__lte=at).order_by("polls_at", "pk")
        ids = list(due.values_list("client_id", "pk")[:100])
    clients = Client.objects.in_bulk(sorted({client_id for client_id, _ in ids}))
    return [(clients[client_id], shop_id) for client_id, shop_id in ids]


def poll_shop(
    shop_id: int, *, client: Client, at: Callable[[], datetime], is_ended: Callable[[], bool] = lambda: False
) -> Polled:
    """Asks one shop, unless another worker does. Nothing is refused: `refusal` says why it ended before its end."""
    polled = Polled()
    with scope(client=client.pk):
        began = at()
        shop = _claimed(shop_id, began)
        if shop is None:
            return polled
        try:
            api = api_of(shop)
            if api is None:
                break_shop(shop.pk, "Its keys cannot be read any more: give them once more.", client=client, at=began)
                return polled
            _read_pages(shop, api, client, polled, at, is_ended)
            _read_again(shop, api, client, polled, at)
            _rest(shop, timedelta(minutes=settings.SHOP_POLL_MINUTES), at(), tries=0)
        except Refusal as refusal:
            polled.refusal = refusal
            _put_off(shop, refusal, client, at())
        _forget_old_messages(shop, at())
    return polled


def _claimed(shop_id: int, at: datetime) -> Shop | None:
    """The shop, which nobody else asks for a while; None when somebody does, or it is not to be asked."""
    due = Shop.objects.filter(pk=shop_id, state=ShopState.CONNECTED, polls_at__lte=at)
    if not due.update(polls_at=at + LEASE, tries=F("tries") + 1):
        return None
    return Shop.objects.select_related("warehouse").get(pk=shop_id)


def _read_pages(
    shop: Shop, api: ShopApi, client: Client, polled: Polled, at: Callable[[], datetime], is_ended: Callable[[], bool]
) -> None:
    began = shop.sync_began_at if shop.cursor and shop.sync_began_at else at()
    cursor = shop.cursor
    for _ in range(_MOST_PAGES):
        page = api.fetch_orders(shop.synced_until - OVERLAP, cursor)
        _take_page(page, shop, client, polled, at)
        cursor = page.cursor
        # Somebody may have paused the shop, or given it other keys, meanwhile: only where we are is written.
        here = Shop.objects.filter(pk=shop.pk)
        if not cursor:
            here.update(cursor="", sync_began_at=None, synced_until=began)
            return
        here.update(cursor=cursor[:500], sync_began_at=began, polls_at=at() + LEASE)
        if is_ended() or not here.filter(state=ShopState.CONNECTED).exists():
            return


def _read_again(shop: Shop, api: ShopApi, client: Client, polled: Polled, at: Callable[[], datetime]) -> None:
    rows = ShopOrder.objects.filter(shop=shop, is_retried=True)
    rows.filter(seen_at__lt=at() - RETRIED_FOR).update(is_retried=False)
    remote_ids = list(rows.order_by("seen_at", "pk").values_list("remote_id", flat=True)[:MOST_RETRIED])
    if remote_ids:
        _take_page(api.fetch_again(remote_ids), shop, client, polled, at, again=True)


def _take_page(
    page: Page, shop: Shop, client: Client, polled: Polled, at: Callable[[], datetime], *, again: bool = False
) -> None:
    client.hear_of_listeners()
    for said in page.orders:
        polled.orders += 1
        if isinstance(said, ShopsOrder):
            if not again and is_taken(said, shop=shop):
                continue
            version = said.changed_at.isoformat() if said.changed_at else ""
            # Asked for again, it is tried again: a time of ours makes it another message.
            message_id = f"poll {said.remote_id} {version}{f' {at().isoformat()}' if again else ''}"[:140]
        else:
            message_id = f"poll {said.figures.get('remote_id')} {said.figures.get('problem')}"[:140]
        taken = take_order(said, shop=shop, client=client, message_id=message_id, topic="poll", at=at())
        if not taken.is_repeated:
            polled.taken.append((taken.order, taken.outcome))


def _put_off(shop: Shop, refusal: Refusal, client: Client, at: datetime) -> None:
    log.warning("A shop could not be read.", client=client.code, shop=shop.name, refusal=str(refusal))
    if refusal.code == "shop_credentials_refused":
        break_shop(shop.pk, refusal.message, client=client, at=at)
        return
    if refusal.code == "shop_busy":
        _rest(shop, timedelta(seconds=int(str(refusal.figures["retry_after"]))), at)
        return
    pause = timedelta(minutes=max(1.0, settings.SHOP_POLL_MINUTES)) * 2 ** min(shop.tries, 8)
    _rest(shop, min(pause, _LONGEST_PAUSE), at)


def _rest(shop: Shop, pause: timedelta, at: datetime, **changes: int) -> None:
    Shop.objects.filter(pk=shop.pk, state=ShopState.CONNECTED).update(polls_at=at + pause, **changes)


def _forget_old_messages(shop: Shop, at: datetime) -> None:
    ShopMessage.objects.filter(shop=shop, at__lt=at - MESSAGES_ARE_KEPT).delete()
