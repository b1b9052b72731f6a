"""Settings → Shops: where orders come in from, what each shop said, and what it was told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from reship.catalog.models import Warehouse
from reship.channels.models import Outcome, Shop, ShopMessage, ShopState, ShopTracking, TrackingState
from reship.channels.queries import ListedShop, messages_of, shops_of, tracking_of, untold
from reship.channels.registry import KINDS
from reship.channels.shops import (
    change_shop,
    connect_shop,
    disconnect_shop,
    pause_shop,
    resume_shop,
    secret_to_enter,
    shop_of,
)
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.fulfilment.warehouses import all_warehouses
from reship.http_status import status_of
from reship.web.access import PortalRequest, address_of, client_of, needs
from reship.web.shop_forms import FORMS, ShopForm
from reship.web.windows import Paths, go_to, refused_in_window

MESSAGES_SHOWN = 50
TRACKING_SHOWN = 20
_STATES = {
    ShopState.CONNECTED: "green",
    ShopState.PAUSED: "amber",
    ShopState.BROKEN: "red",
    ShopState.DISCONNECTED: "grey",
}
_OUTCOMES = {
    Outcome.PLACED: "green",
    Outcome.EDITED: "blue",
    Outcome.CANCELLED: "grey",
    Outcome.NOTHING: "grey",
    Outcome.LEFT_OUT: "amber",
    Outcome.REFUSED: "red",
}
_TOLD = {TrackingState.PENDING: "amber", TrackingState.SENT: "green", TrackingState.REFUSED: "red"}


@dataclass(frozen=True, slots=True)
class ShopRow:
    """A shop in the list, with what it said last."""

    shop: Shop
    url: str
    kind: str
    tone: str
    last: ShopMessage | None
    last_outcome: str
    refused: int


@dataclass(frozen=True, slots=True)
class MessageRow:
    message: ShopMessage
    outcome: str
    tone: str
    order_url: str


@dataclass(frozen=True, slots=True)
class TrackingRow:
    tracking: ShopTracking
    state: str
    tone: str
    order_url: str


@dataclass(frozen=True, slots=True)
class ShopPage:
    """A shop: what to enter there, how it goes, and its settings."""

    client: Client
    shop: Shop
    kind: str
    state: str
    tone: str
    hook_url: str
    secret: str
    topics: Sequence[str]
    messages: Sequence[MessageRow]
    tracking: Sequence[TrackingRow]
    untold: int
    form: ShopForm
    is_paused: bool
    is_broken: bool


@needs(Right.SHOPS)
@require_http_methods(["GET", "HEAD", "POST"])
def shops(request: PortalRequest, client: str) -> HttpResponse:
    """The client's shops; or one more of them."""
    of_client = client_of(request, client)
    if request.method == "POST":
        return _connect(request, of_client)
    rows = [_row(listed, of_client) for listed in shops_of(of_client)]
    return render(request, "web/shops.html", {"client": of_client, "rows": rows, "kinds": _kinds()})


@needs(Right.SHOPS)
@require_safe
def shop_new(request: PortalRequest, client: str, kind: str) -> HttpResponse:
    """The form that connects a shop of one kind."""
    of_client = client_of(request, client)
    if kind not in FORMS:
        raise Http404
    return _show_new(request, of_client, kind, FORMS[kind](warehouses=_warehouses()))


@needs(Right.SHOPS)
@require_safe
def shop(request: PortalRequest, client: str, shop: str) -> HttpResponse:
    of_client, found = _find(request, client, shop)
    return _page(request, of_client, found, FORMS[found.kind](warehouses=_warehouses(), shop=found))


@needs(Right.SHOPS)
@require_http_methods(["GET", "HEAD", "POST"])
def shop_changes(request: PortalRequest, client: str, shop: str) -> HttpResponse:
    of_client, found = _find(request, client, shop)
    if request.method != "POST":
        return redirect(_url(of_client, found))
    form = FORMS[found.kind](request.POST, warehouses=_warehouses(), shop=found)
    try:
        changed = change_shop(
            found.public_id,
            form.wanted,
            form.secrets,
            client=of_client,
            actor=request.actor,
            at=timezone.now(),
            address=address_of(request),
        )
    except Refusal as refusal:
        if not form.field_of(refusal):
            raise
        form.show(refusal)
        return _page(request, of_client, found, form, status=status_of(refusal))
    messages.success(request, f"{changed.name} is changed.")
    return go_to(request, _url(of_client, changed))


@needs(Right.SHOPS)
@require_http_methods(["GET", "HEAD", "POST"])
def shop_pause(request: PortalRequest, client: str, shop: str) -> HttpResponse:
    return _enter(request, client, shop, pause_shop, "is paused: nothing comes in and nothing goes back.")


@needs(Right.SHOPS)
@require_http_methods(["GET", "HEAD", "POST"])
def shop_resumption(request: PortalRequest, client: str, shop: str) -> HttpResponse:
    return _enter(request, client, shop, resume_shop, "goes on. What it said meanwhile is asked for.")


@needs(Right.SHOPS)
@require_http_methods(["GET", "HEAD", "POST"])
def shop_disconnection(request: PortalRequest, client: str, shop: str) -> HttpResponse:
    """Asks; posted, disconnects."""
    of_client, found = _find(request, client, shop)
    if request.method == "POST":
        at = timezone.now()
        disconnect_shop(found.public_id, client=of_client, actor=request.actor, at=at, address=address_of(request))
        messages.success(request, f"{found.name} is disconnected. Its keys are forgotten; its orders stay.")
        return go_to(request, reverse("web:shops", args=[of_client.code]))
    context = {"client": of_client, "shop": found, "back": _url(of_client, found), "untold": untold(found)}
    return render(request, "web/_shop_disconnect.html" if request.htmx else "web/shop_window.html", context)


def _connect(request: PortalRequest, client: Client) -> HttpResponse:
    kind = request.POST.get("kind", "")
    form = FORMS[kind if kind in FORMS else next(iter(FORMS))](request.POST, warehouses=_warehouses())
    try:
        connected = connect_shop(
            kind,
            form.wanted,
            form.secrets,
            client=client,
            actor=request.actor,
            at=timezone.now(),
            address=address_of(request),
        )
    except Refusal as refusal:
        if kind not in FORMS:
            raise
        form.show(refusal)
        return _show_new(request, client, kind, form, refusal=refusal)
    messages.success(request, f"{connected.name} is connected. Enter its webhooks there now, as this page says.")
    return go_to(request, _url(client, connected))


def _enter(request: PortalRequest, client: str, shop: str, verb: Callable[..., Shop], told: str) -> HttpResponse:
    of_client, found = _find(request, client, shop)
    if request.method == "POST":
        at = timezone.now()
        verb(found.public_id, client=of_client, actor=request.actor, at=at, address=address_of(request))
        messages.success(request, f"{found.name} {told}")
    return go_to(request, _url(of_client, found))


def _find(request: PortalRequest, client: str, public_id: str) -> tuple[Client, Shop]:
    of_client = client_of(request, client)
    return of_client, shop_of(public_id, client=of_client)


def _show_new(
    request: PortalRequest, client: Client, kind: str, form: ShopForm, *, refusal: Refusal | None = None
) -> HttpResponse:
    refused = refused_in_window(refusal, is_placed=bool(refusal and form.field_of(refusal)))
    context = {"client": client, "kind": kind, "kind_name": KINDS[kind].name, "form": form, "refused": refused}
    return render(request, "web/shop_new.html", context, status=status_of(refusal) if refusal else HTTPStatus.OK)


def _page(
    request: PortalRequest, client: Client, shop: Shop, form: ShopForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    page = ShopPage(
        client=client,
        shop=shop,
        kind=KINDS[shop.kind].name,
        state=ShopState(shop.state).label,
        tone=_STATES[ShopState(shop.state)],
        hook_url=request.build_absolute_uri(reverse("web:shop_hook", args=[shop.kind, shop.public_id])),
        secret=secret_to_enter(shop),
        topics=sorted(KINDS[shop.kind].topics),
        messages=[
            MessageRow(
                message,
                Outcome(message.outcome).label,
                _OUTCOMES[Outcome(message.outcome)],
                _order_url(client, message.order_number),
            )
            for message in messages_of(shop, limit=MESSAGES_SHOWN)
        ],
        tracking=[
            TrackingRow(
                tracking,
                TrackingState(tracking.state).label,
                _TOLD[TrackingState(tracking.state)],
                _order_url(client, tracking.shop_order.order.number if tracking.shop_order.order else ""),
            )
            for tracking in tracking_of(shop, limit=TRACKING_SHOWN)
        ],
        untold=untold(shop),
        form=form,
        is_paused=shop.state == ShopState.PAUSED,
        is_broken=shop.state == ShopState.BROKEN,
    )
    return render(request, "web/shop.html", {"page": page}, status=status)


def _row(listed: ListedShop, client: Client) -> ShopRow:
    shop = listed.shop
    return ShopRow(
        shop=shop,
        url=_url(client, shop),
        kind=KINDS[shop.kind].name,
        tone=_STATES[ShopState(shop.state)],
        last=listed.last,
        last_outcome=Outcome(listed.last.outcome).label if listed.last else "",
        refused=listed.refused,
    )


def _kinds() -> list[tuple[str, str]]:
    return [(kind, KINDS[kind].name) for kind in FORMS]


def _warehouses() -> list[Warehouse]:
    return list(all_warehouses())


def _url(client: Client, shop: Shop) -> str:
    return reverse("web:shop", args=[client.code, shop.public_id])


def _order_url(client: Client, number: str) -> str:
    return Paths(client.code, number).to("order") if number else ""
