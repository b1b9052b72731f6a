"""Manage Orders."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import tzinfo
from http import HTTPStatus
from typing import TypedDict

from django.db import OperationalError
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import get_current_timezone
from django.views.decorators.http import require_safe

from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.keyset import Cursor
from reship.database.retry import took_too_long
from reship.orders.models import HoldKind, OrderStatus, ShipmentStatus
from reship.orders.queries import OrderPage, OrderRow, OrderSort, count_each, find_orders
from reship.web.access import PortalRequest, clients_seen_by, needs
from reship.web.addresses import ListAddress
from reship.web.chosen_client import chosen_client, list_query
from reship.web.forms import OrderListForm
from reship.web.saved_views import views_of
from reship.web.selections import MOST_COUNTED, count_in_words, ticked_as
from reship.web.windows import Paths

ORDERS_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Tab:
    """A view of the list, of ours or saved by the person; `count` in words, empty while nobody counted."""

    label: str
    address: str
    is_current: bool
    is_saved: bool = False
    count: str = ""


@dataclass(frozen=True, slots=True)
class SortLink:
    """The head of a column that can be sorted; `direction` is the one it has now, empty for none."""

    label: str
    address: str
    direction: str


class ListRow(TypedDict):
    """A row of the list as it is written down. A dictionary, because a template looks there first: fifty rows of it are
    most of what a page costs.
    """

    number: str
    url: str
    reship_url: str
    ticked_as: str
    client_code: str
    client_name: str
    status: str
    status_label: str
    holds: tuple[str, ...]
    placed_iso: str
    placed_in_full: str
    placed: str
    customer_name: str
    customer_email: str
    shipment: str
    shipment_status: str
    reshipped: str
    units: str


def _list_row(row: OrderRow, zone: tzinfo, below_order: str) -> ListRow:
    """`below_order` leads from an order's address to its Re-Ship window."""
    order, latest = row.order, row.latest_shipment
    placed = order.placed_at.astimezone(zone)
    url = Paths(order.client.code, order.number).to("order")
    return ListRow(
        number=order.number,
        url=url,
        reship_url=f"{url}{below_order}",
        ticked_as=ticked_as(order.client.code, order.number),
        client_code=order.client.code,
        client_name=order.client.name,
        status=order.status,
        status_label=_LABELS[order.status],
        holds=tuple(_LABELS[kind] for kind in row.holds),
        placed_iso=placed.isoformat(),
        placed_in_full=f"{placed:%A} {placed.day} {placed:%B %Y, %H:%M:%S %Z}",
        placed=f"{placed.day} {placed:%b %Y, %H:%M}",
        customer_name=order.customer_name,
        customer_email=order.customer_email,
        shipment=latest.number if latest else "",
        shipment_status=_LABELS[latest.status] if latest else "",
        reshipped=f"Re-shipped {row.reshipments} ×" if row.reshipments > 1 else "Re-shipped" * row.reshipments,
        units=str(row.units),
    )


def _list_rows(found: OrderPage) -> list[ListRow]:
    anywhere = Paths("client", "order")
    below_order = anywhere.to("reshipment_new").removeprefix(anywhere.to("order"))
    zone = get_current_timezone()
    return [_list_row(row, zone, below_order) for row in found.rows]


# Looked up once: a choice composes its label anew each time.
_LABELS = {choice.value: str(choice.label) for kind in (OrderStatus, ShipmentStatus, HoldKind) for choice in kind}


@needs(Right.VIEW)
@require_safe
def orders(request: PortalRequest) -> HttpResponse:
    """The list of orders; the address holds its whole state. htmx gets the list without the page around it."""
    clients = clients_seen_by(request)
    form = _form(request, request.GET, clients)
    address = ListAddress.of(reverse("web:orders"), form)
    found = _found(request, form, clients) if form.is_valid() else None
    is_narrowed = bool(set(address.parameters) - {"sort", *form.kept})
    tabs = _tabs(request, address)
    context = {
        "form": form,
        "tabs": tabs,
        "has_views": any(tab.is_saved for tab in tabs),
        "counts_url": ListAddress(reverse("web:order_counts"), address.parameters),
        "save_url": _save_url(address)
        if is_narrowed and not any(tab.is_saved and tab.is_current for tab in tabs)
        else "",
        "found": found,
        "rows": _list_rows(found) if found else [],
        "number_head": _sort_link("Order Number", address, up=OrderSort.NUMBER, down=OrderSort.NUMBER_DOWN),
        "placed_head": _sort_link("Placed", address, up=OrderSort.OLDEST, down=OrderSort.NEWEST),
        "previous_url": address.having(page=found.previous.as_text()) if found and found.previous else "",
        "next_url": address.having(page=found.next.as_text()) if found and found.next else "",
        "page_text": _page_text(found) if found else "",
        "is_narrowed": is_narrowed or "page" in request.GET,
        "shows_clients": form.shows_clients,
        "may_reship": request.actor.may(Right.RESHIP),
        "may_bulk": request.actor.may(Right.BULK),
        "filter": str(address).partition("?")[2],
    }
    template = "web/_orders.html" if request.htmx else "web/orders.html"
    status = HTTPStatus.OK if form.is_valid() else HTTPStatus.UNPROCESSABLE_ENTITY
    response = render(request, template, context, status=status)
    if request.htmx and form.is_valid():
        response.headers["HX-Push-Url"] = str(address)
    return response


@needs(Right.VIEW)
@require_safe
def order_counts(request: PortalRequest) -> HttpResponse:
    """The tabs of the list with their counts, and how many orders match. Asked for once the list is there."""
    clients = clients_seen_by(request)
    form = _form(request, request.GET, clients)
    address = ListAddress.of(reverse("web:orders"), form)
    tabs = _tabs(request, address)
    counts = _counts(request, [tab.address for tab in tabs] + [str(address)], clients)
    context = {
        "tabs": [
            replace(tab, count="" if count is None else count_in_words(count))
            for tab, count in zip(tabs, counts, strict=False)
        ],
        "matching": _matching_in_words(counts[-1] if form.is_valid() else None),
    }
    return render(request, "web/_order_counts.html", context)


def _form(request: PortalRequest, asked: QueryDict, clients: list[Client]) -> OrderListForm:
    return OrderListForm(list_query(request, asked), clients=clients, chosen=chosen_client(request))


def _found(request: PortalRequest, form: OrderListForm, clients: list[Client]) -> OrderPage:
    page = request.GET.get("page", "")
    after = Cursor.from_text(page) if page else None
    client_ids = _client_ids(request, form, clients)
    return find_orders(form.wanted, client_ids=client_ids, limit=ORDERS_A_PAGE, after=after)


def _client_ids(request: PortalRequest, form: OrderListForm, clients: list[Client]) -> list[int]:
    """Whose orders are listed: the person's own client's, or those of the client chosen, or of all."""
    wanted = form.client_ids(request.user)
    return [client.pk for client in clients] if wanted is None else wanted


def _page_text(page: OrderPage) -> str:
    number = len(page.rows)
    is_all = page.previous is None and page.next is None
    return f"{number} {'order' if number == 1 else 'orders'}{'' if is_all else ' on this page'}"


def _tabs(request: PortalRequest, address: ListAddress) -> list[Tab]:
    status, is_reshipped = address.parameters.get("status", ""), address.parameters.get("reshipped") == "yes"
    views = views_of(request.user)
    here = {str(address)}
    if address.parameters.get("client") == chosen_client(request):
        here.add(address.having(client=""))
    saved = [Tab(view.name, url := f"{address.path}?{view.query}", url in here, is_saved=True) for view in views]
    is_saved = any(tab.is_current for tab in saved)
    ours = [
        Tab("All", address.having(status="", reshipped=""), not status and not is_reshipped),
        *(Tab(_LABELS[choice], address.having(status=choice, reshipped=""), status == choice) for choice in _TAB_ORDER),
        Tab("Re-shipped", address.having(status="", reshipped="yes"), not status and is_reshipped),
    ]
    return [*(replace(tab, is_current=tab.is_current and not is_saved) for tab in ours), *saved]


_TAB_ORDER = (
    OrderStatus.AWAITING,
    OrderStatus.ON_HOLD,
    OrderStatus.RESHIPPING,
    OrderStatus.FULFILLED,
    OrderStatus.CANCELLED,
)


def _counts(request: PortalRequest, addresses: Iterable[str], clients: list[Client]) -> list[int | None]:
    """How many orders each of these lists has; None for one that cannot be understood any more, and for all of them
    when counting takes too long: the list does not need them.
    """
    forms = [_form(request, QueryDict(address.partition("?")[2]), clients) for address in addresses]
    asked = [(form.wanted, _client_ids(request, form, clients)) for form in forms if form.is_valid()]
    try:
        counted = iter(count_each(asked, limit=MOST_COUNTED))
    except OperationalError as error:
        if not took_too_long(error):
            raise
        return [None for _ in forms]
    return [next(counted) if form.is_valid() else None for form in forms]


def _matching_in_words(count: int | None) -> str:
    return f"{count_in_words(count)} {'order matches' if count == 1 else 'orders match'}" if count else ""


def _save_url(address: ListAddress) -> str:
    return str(ListAddress(reverse("web:view_new"), address.parameters))


def _sort_link(label: str, address: ListAddress, *, up: OrderSort, down: OrderSort) -> SortLink:
    """A first click sorts downwards, another one upwards."""
    now = address.parameters.get("sort", OrderSort.NEWEST)
    direction = {down: "descending", up: "ascending"}.get(OrderSort(now), "")
    then = up if direction == "descending" else down
    return SortLink(label, address.having(sort="" if then is OrderSort.NEWEST else then), direction)
