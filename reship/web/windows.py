"""Windows: pages of their own without a script, fragments for the page's dialog with htmx."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from reship.errors import Refusal
from reship.http_status import status_of
from reship.web.access import PortalRequest
from reship.web.refusals import FigureInWords, figures_in_words


@dataclass(frozen=True, slots=True)
class Paths:
    """The addresses of one order and of what lies below it."""

    client: str
    order: str

    def to(self, page: str, *names: str) -> str:
        return reverse(f"web:{page}", args=[self.client, self.order, *names])

    def shown(self, shipment: str) -> str:
        """Order Details with one of its shipments in view and marked."""
        return f"{self.to('order')}?{urlencode({'shown': shipment})}#{self.anchor(shipment)}"

    def anchor(self, shipment: str) -> str:
        """The id of a shipment's card: `shipment-R1` for 1042-R1."""
        return f"shipment-{shipment.removeprefix(f'{self.order}-')}"


@dataclass(frozen=True, slots=True)
class RefusedInWindow:
    """What a window tells of a refusal above everything else; `is_placed` when a field below says why."""

    refusal: Refusal
    figures: tuple[FigureInWords, ...]
    is_placed: bool


def refused_in_window(refusal: Refusal | None, *, is_placed: bool) -> RefusedInWindow | None:
    return RefusedInWindow(refusal, tuple(figures_in_words(refusal)), is_placed) if refusal else None


def window(
    request: PortalRequest,
    fragment: str,
    content: object,
    *,
    title: str,
    paths: Paths,
    refusal: Refusal | None = None,
) -> HttpResponse:
    """Shows `content` with the template `fragment`: alone for the dialog, or with a page around it.

    A window that opens is found, whatever it has to say; what was posted and refused answers with the refusal's status.
    """
    status = status_of(refusal) if refusal and request.method == "POST" else HTTPStatus.OK
    context = {"window": content, "title": title, "order": paths.order, "order_url": paths.to("order")}
    if request.htmx:
        return render(request, fragment, context, status=status)
    return render(request, "web/window.html", context | {"fragment": fragment}, status=status)


def posted(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For addresses that take forms: whoever comes there otherwise, after signing in or by hand, gets the order."""

    @wraps(view)
    def answer(request: PortalRequest, client: str, number: str, **names: str) -> HttpResponse:
        if request.method != "POST":
            return redirect(Paths(client, number).to("order"))
        return view(request, client, number, **names)

    return answer


def go_to(request: PortalRequest, address: str) -> HttpResponse:
    """After a deed, the page that shows it: loading that again repeats nothing."""
    if request.htmx:
        return HttpResponseClientRedirect(address)
    response = HttpResponseRedirect(address)
    response.status_code = HTTPStatus.SEE_OTHER
    return response
