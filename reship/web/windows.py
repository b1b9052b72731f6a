"""Windows: pages of their own without a script, fragments for the page's dialog with htmx."""

from http import HTTPStatus

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from reship.orders.models import Order
from reship.web.access import PortalRequest


def window(request: PortalRequest, fragment: str, content: object, *, title: str, status: int = 200) -> HttpResponse:
    """Shows `content` with the template `fragment`: alone for the dialog, or with a page around it."""
    context = {"window": content, "window_title": title, "fragment": fragment}
    return render(request, fragment if request.htmx else "web/window.html", context, status=status)


def go_to(request: PortalRequest, address: str) -> HttpResponse:
    """After a deed: the page that shows it, so that a reload repeats nothing."""
    if request.htmx:
        return HttpResponseClientRedirect(address)
    response = HttpResponseRedirect(address)
    response.status_code = HTTPStatus.SEE_OTHER
    return response


def order_url(client_code: str, number: str, *, shipment: str = "") -> str:
    """Order Details, with one of its shipments in view and marked."""
    address = reverse("web:order", args=[client_code, number])
    return f"{address}?{urlencode({'shown': shipment})}#{anchor_of(shipment, number)}" if shipment else address


def anchor_of(shipment: str, order: str) -> str:
    """The id of a shipment's card: `shipment-R1` for 1042-R1."""
    return f"shipment-{shipment.removeprefix(f'{order}-')}"


def order_urls(client_code: str, order: Order) -> "OrderUrls":
    return OrderUrls(client_code, order.number)


class OrderUrls:
    """The addresses below one order."""

    def __init__(self, client_code: str, number: str) -> None:
        self._names = [client_code, number]
        self.order = self._url("order")
        self.reshipment_new = self._url("reshipment_new")
        self.reshipment_preview = self._url("reshipment_preview")
        self.reshipments = self._url("reshipments")
        self.hold_new = self._url("hold_new")
        self.holds = self._url("holds")
        self.hold_lift = self._url("hold_lift")

    def _url(self, name: str, *more: str) -> str:
        return reverse(f"web:{name}", args=[*self._names, *more])

    def shown(self, shipment: str) -> str:
        """Order Details with one of its shipments in view and marked."""
        return f"{self.order}?{urlencode({'shown': shipment})}#{self.anchor(shipment)}"
