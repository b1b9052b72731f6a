"""The window in which a carrier's label is bought for a parcel away from the bench, and given back."""

from dataclasses import dataclass
from typing import NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_scopes import scope

from reship import intake
from reship.carriers.labels import HEAVIEST, LIGHTEST, LabelRequest, Offer, buy_label, offers, void_label
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.floor.models import Label, LabelState
from reship.floor.tracking import carried
from reship.orders.models import Shipment
from reship.web.access import PortalRequest, client_of, needs
from reship.web.order_details import order_response
from reship.web.windows import Paths, RefusedInWindow, go_to, posted, refused_in_window, window

USUAL_GRAMS = 1_000


class Found(NamedTuple):
    """A shipment of the order in the address, with the label that it has or is to get."""

    client: Client
    shipment: Shipment
    label: Label | None
    paths: Paths

    @property
    def number(self) -> str:
        return self.shipment.number


@dataclass(frozen=True, slots=True)
class RateRow:
    """One service to choose; `value` is what is posted."""

    value: str
    service: str
    price: str
    days: int | None
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class CarrierRows:
    """A carrier with its services, or why it names none."""

    name: str
    rates: tuple[RateRow, ...]
    refused: str


@dataclass(frozen=True, slots=True)
class BoughtLabelRow:
    carrier: str
    service: str
    tracking_number: str
    cost: str
    picture_url: str


@dataclass(frozen=True, slots=True)
class LabelWindow:
    """The label that the parcel has, or what it may get. `is_asked_for` while a carrier's answer is not known."""

    shipment: str
    post_url: str
    void_url: str
    bought: BoughtLabelRow | None
    is_asked_for: bool
    grams: str
    grams_refused: str
    carriers: tuple[CarrierRows, ...]
    refused: RefusedInWindow | None


@needs(Right.WAREHOUSE_WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def shipment_label(request: PortalRequest, client: str, number: str, shipment: str) -> HttpResponse:
    """What each carrier would take, or the label that is there; posted, buys one."""
    found = _find(request, client, number, shipment)
    if request.method != "POST" or "prices" in request.POST:
        return _show(request, found)
    carrier, _, service = request.POST.get("rate", "").partition("/")
    try:
        asked = LabelRequest(shipment, carrier, service, _grams(request), by_hand=request.actor.may(Right.PACK_BY_HAND))
        label = buy_label(asked, client=found.client, actor=request.actor, at=timezone.now())
    except Refusal as refusal:
        return _show(request, _find(request, client, number, shipment), refusal)
    messages.success(request, f"{shipment} has the label {label.tracking_number} of {label.service or label.carrier}.")
    return go_to(request, found.paths.shown(shipment))


@needs(Right.WAREHOUSE_WORK)
@posted
def shipment_label_void(request: PortalRequest, client: str, number: str, shipment: str) -> HttpResponse:
    """Gives the label back to its carrier."""
    found = _find(request, client, number, shipment)
    try:
        void_label(shipment, client=found.client, actor=request.actor, at=timezone.now())
    except Refusal as refusal:
        if request.htmx:
            return _show(request, found, refusal)
        return order_response(request, found.client, number, refusal=refusal, shipment=shipment)
    messages.success(request, f"The label of {shipment} is given back.")
    return go_to(request, found.paths.shown(shipment))


def _find(request: PortalRequest, client: str, number: str, shipment: str) -> Found:
    """A 404 for a shipment that is not one of this order."""
    of_client = client_of(request, client)
    with scope(client=of_client.pk):
        found = Shipment.objects.filter(number=shipment, order__number=number).first()
    if found is None:
        raise Http404
    return Found(of_client, found, carried(of_client, [found.pk])[found.pk].label, Paths(client, number))


def _grams(request: PortalRequest) -> int:
    """Refuses `invalid_weight` for what is no whole number of grams."""
    typed = request.POST.get("grams", str(USUAL_GRAMS)).strip()
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 7):
        raise Refusal(
            "invalid_weight",
            f"The weight is a whole number of grams, {LIGHTEST} to {HEAVIEST:,}, not {intake.shown(typed)}.",
            given=intake.shown(typed),
            smallest=LIGHTEST,
            largest=HEAVIEST,
        )
    return int(typed)


def _show(request: PortalRequest, found: Found, refusal: Refusal | None = None) -> HttpResponse:
    bought = found.label is not None and found.label.state == LabelState.BOUGHT
    offered: list[Offer] = []
    if not bought:
        try:
            offered = offers(
                found.number, grams=_grams(request), client=found.client, actor=request.actor, at=timezone.now()
            )
        except Refusal as of_offers:
            refusal = refusal or of_offers
    is_about_weight = refusal is not None and refusal.code == "invalid_weight"
    content = LabelWindow(
        shipment=found.number,
        post_url=found.paths.to("shipment_label", found.number),
        void_url=found.paths.to("shipment_label_void", found.number),
        bought=_bought(found) if bought else None,
        is_asked_for=found.label is not None and not bought,
        grams=request.POST.get("grams", str(USUAL_GRAMS)),
        grams_refused=refusal.message if refusal is not None and is_about_weight else "",
        carriers=_rows(offered, request.POST.get("rate", "")),
        refused=refused_in_window(refusal, is_placed=is_about_weight),
    )
    title = f"Label of {found.number}"
    return window(request, "web/_shipment_label.html", content, title=title, paths=found.paths, refusal=refusal)


def _bought(found: Found) -> BoughtLabelRow:
    label = found.label
    assert label is not None, f"{found.number} has no label"
    return BoughtLabelRow(
        carrier=found.shipment.carrier or label.carrier,
        service=label.service,
        tracking_number=label.tracking_number,
        cost=f"{label.cost:,.2f} {label.currency}" if label.cost else "",
        picture_url=reverse("web:label", args=[found.client.code, found.number]) if label.format else "",
    )


def _rows(offered: list[Offer], chosen: str) -> tuple[CarrierRows, ...]:
    """The cheapest of all is chosen, until somebody chooses another."""
    values = [f"{offer.carrier}/{rate.service}" for offer in offered for rate in offer.rates]
    chosen = chosen if chosen in values else next(iter(values), "")
    return tuple(
        CarrierRows(
            offer.name,
            tuple(
                RateRow(value, rate.service, str(rate.price), rate.days, value == chosen)
                for rate in offer.rates
                for value in [f"{offer.carrier}/{rate.service}"]
            ),
            offer.refusal.message if offer.refusal else "",
        )
        for offer in offered
    )
