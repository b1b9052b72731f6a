"""Manage Orders."""

from dataclasses import dataclass
from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.keyset import Cursor
from reship.orders.models import OrderStatus
from reship.orders.queries import OrderPage, OrderSort, find_orders
from reship.web.access import PortalRequest, needs
from reship.web.addresses import ListAddress
from reship.web.forms import OrderListForm

ORDERS_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Tab:
    """A saved view of the list."""

    label: str
    address: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class SortLink:
    """The head of a column that can be sorted; `direction` is the one it has now, empty for none."""

    label: str
    address: str
    direction: str


@needs(Right.VIEW)
@require_safe
def orders(request: PortalRequest) -> HttpResponse:
    """The list of orders; the address holds its whole state. htmx gets the list without the page around it."""
    clients = list(Client.objects.order_by("name", "pk")) if request.actor.is_of_company else []
    form = OrderListForm(request.GET, clients=clients)
    address = ListAddress.of(reverse("web:orders"), form)
    found = _found(request, form, clients) if form.is_valid() else None
    context = {
        "form": form,
        "tabs": _tabs(address),
        "found": found,
        "number_head": _sort_link("Order Number", address, up=OrderSort.NUMBER, down=OrderSort.NUMBER_DOWN),
        "placed_head": _sort_link("Placed", address, up=OrderSort.OLDEST, down=OrderSort.NEWEST),
        "previous_url": address.having(page=found.previous.as_text()) if found and found.previous else "",
        "next_url": address.having(page=found.next.as_text()) if found and found.next else "",
        "page_text": _page_text(found) if found else "",
        "is_narrowed": bool(set(address.parameters) - {"sort"}) or "page" in request.GET,
        "shows_clients": bool(clients),
        "may_reship": request.actor.may(Right.RESHIP),
    }
    template = "web/_orders.html" if request.htmx else "web/orders.html"
    status = HTTPStatus.OK if form.is_valid() else HTTPStatus.UNPROCESSABLE_ENTITY
    response = render(request, template, context, status=status)
    if request.htmx and form.is_valid():
        response.headers["HX-Push-Url"] = str(address)
    return response


def _found(request: PortalRequest, form: OrderListForm, clients: list[Client]) -> OrderPage:
    page = request.GET.get("page", "")
    after = Cursor.from_text(page) if page else None
    return find_orders(form.wanted, client_ids=_client_ids(request, form, clients), limit=ORDERS_A_PAGE, after=after)


def _client_ids(request: PortalRequest, form: OrderListForm, clients: list[Client]) -> list[int]:
    """Whose orders are listed: the person's own client's, or those of the client chosen, or of all."""
    if request.user.client_id is not None:
        return [request.user.client_id]
    chosen = form.cleaned_data.get("client")
    return [client.pk for client in clients if not chosen or client.code == chosen]


def _page_text(page: OrderPage) -> str:
    number = len(page.rows)
    is_all = page.previous is None and page.next is None
    return f"{number} {'order' if number == 1 else 'orders'}{'' if is_all else ' on this page'}"


def _tabs(address: ListAddress) -> list[Tab]:
    status, is_reshipped = address.parameters.get("status", ""), address.parameters.get("reshipped") == "yes"
    return [
        Tab("All", address.having(status="", reshipped=""), is_current=not status and not is_reshipped),
        *(
            Tab(choice.label, address.having(status=choice, reshipped=""), is_current=status == choice)
            for choice in _TAB_ORDER
        ),
        Tab("Re-shipped", address.having(status="", reshipped="yes"), is_current=not status and is_reshipped),
    ]


_TAB_ORDER = (
    OrderStatus.AWAITING,
    OrderStatus.ON_HOLD,
    OrderStatus.RESHIPPING,
    OrderStatus.FULFILLED,
    OrderStatus.CANCELLED,
)


def _sort_link(label: str, address: ListAddress, *, up: OrderSort, down: OrderSort) -> SortLink:
    """A first click sorts downwards, another one upwards."""
    now = address.parameters.get("sort", OrderSort.NEWEST)
    direction = {down: "descending", up: "ascending"}.get(OrderSort(now), "")
    then = up if direction == "descending" else down
    return SortLink(label, address.having(sort="" if then is OrderSort.NEWEST else then), direction)
