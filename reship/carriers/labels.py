"""Buying a carrier's label for a parcel, and giving it back.

A carrier is asked outside every transaction, so a process can die between its answer and our row. Hence these steps: a
row says what is asked for; the quote is stored in it; the carrier sells; the row says what was sold. Whoever asks again
finds the row and goes on where it stopped: the same quote buys the same label, and is paid once.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db.models import Q

from reship import intake
from reship.carriers.port import NOTHING, BoughtLabel, Carrier, Consignment, Money, Parcel, Rate
from reship.carriers.registry import carrier_by_code, carriers
from reship.catalog.models import Warehouse
from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.floor.models import Label, LabelState
from reship.fulfilment.desk import Desk, at_desk
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.fulfilment.pack import PackRequest, check_contents, check_pack, pack_shipment
from reship.fulfilment.step import require_free_to_go, require_status
from reship.fulfilment.verify import VerifiedUnits
from reship.orders.addresses import ADDRESS_FIELDS, Address
from reship.orders.models import EventType, Shipment, ShipmentStatus

LIGHTEST, HEAVIEST = 1, 1_000_000
"""In grams, what a parcel may weigh."""
_DEAREST = 1_000_000
_CURRENCY = re.compile("[A-Z]{3}", re.ASCII)
_VALID = Q(state__in=[LabelState.ASKED, LabelState.BOUGHT])
_MAY_BE_VOIDED = (ShipmentStatus.OPEN, ShipmentStatus.PICKING, ShipmentStatus.PACKED, ShipmentStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """A label for a parcel: by which carrier (its code), with which of its services (the cheapest, if none is named).

    A carrier that sells nothing has a label of its own, whose carrier, number and cost somebody types. `by_hand` is for
    a parcel whose units were not all scanned, as it is for packing.
    """

    shipment: str
    carrier: str
    service: str = ""
    grams: int = 1_000
    typed: "TypedLabel | None" = None
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class TypedLabel:
    """What a label says that was bought elsewhere."""

    tracking_number: str = ""
    carrier: str = ""
    cost: Money = NOTHING


@dataclass(frozen=True, slots=True)
class Offer:
    """What a carrier would take, or why it does not say."""

    carrier: str
    name: str
    rates: tuple[Rate, ...]
    refusal: Refusal | None = None


class _Asked(NamedTuple):
    """A label's row as it was read, and what the carrier has to know."""

    label: Label
    consignment: Consignment


class _No(NamedTuple):
    """Which quote a carrier did not sell, empty when it gave none, and why."""

    quote: str
    problem: str


def offers(shipment: str, *, grams: int = 1_000, client: Client, actor: Actor, at: datetime) -> list[Offer]:
    """What each carrier that sells labels would take for a parcel that may have one now; nothing is bought.

    Refuses as `buy_label` does before a carrier is asked.
    """

    def look(desk: Desk) -> Consignment:
        facts, of_shipment = _open(desk, shipment)
        _check_label(facts, of_shipment)
        return _consignment(desk, facts, of_shipment, grams, _reference(of_shipment))

    consignment = at_desk(look, client=client, actor=actor, at=at)
    found = []
    for carrier in carriers().values():
        if not carrier.sells:
            continue
        try:
            found.append(Offer(carrier.code, carrier.name, tuple(carrier.rates(consignment))))
        except Refusal as refusal:
            found.append(Offer(carrier.code, carrier.name, (), refusal))
    return found


def buy_label(request: LabelRequest, *, client: Client, actor: Actor, at: datetime) -> Label:
    """Buys the label of a parcel in picking, or of a packed one that has none; asked again, the one that is there.

    A label that was asked for before, and of which nobody knows what became, is bought first, whatever is asked now.
    Refuses `shipment_not_found`, `not_allowed`, `carrier_not_found`, `wrong_status`, `on_hold`, `units_added_back`,
    `waits_for_stock`, `working_on_it`, `not_verified`, `invalid_weight`, `invalid_text`, `invalid_price`,
    `service_not_offered`, `label_exists` for another carrier's, `carrier_refused`, and `carrier_unreachable`: then
    nobody knows, and the same request finds it out.
    """
    wanted = carrier_by_code(request.carrier)
    if not wanted.sells and request.typed is None:
        raise _not_offered(wanted, request.shipment, request.service, [])
    asked = at_desk(lambda desk: _ask(desk, request), client=client, actor=actor, at=at)
    if asked.label.state == LabelState.BOUGHT:
        return asked.label
    carrier = carrier_by_code(asked.label.carrier)
    quote = asked.label.carrier_reference
    try:
        quote = quote or _quote(carrier, asked, client=client, actor=actor, at=at)
        bought = carrier.buy(asked.consignment, quote)
    except Refusal as refusal:
        if refusal.code != "carrier_unreachable":
            no = _No(quote, refusal.message)
            at_desk(lambda desk: _give_up(desk, asked.label, no), client=client, actor=actor, at=at)
        raise
    if not carrier.sells and request.typed is not None:
        bought = _typed(request.typed)
    label = at_desk(lambda desk: _store(desk, asked.label, bought), client=client, actor=actor, at=at)
    if label.state != LabelState.BOUGHT:
        carrier.void(bought.reference)
        raise Refusal(
            "label_voided",
            f"The label of {request.shipment} was given back while it was bought.",
            shipment=request.shipment,
            carrier=carrier.name,
        )
    return label


def pack_with_label(request: LabelRequest, *, client: Client, actor: Actor, at: datetime) -> Label:
    """Buys the label of a parcel in picking and closes it. When closing is refused, the label stays for the next time.

    Refuses as `buy_label` and `pack_shipment` do.
    """
    label = buy_label(request, client=client, actor=actor, at=at)
    if label.shipment.status == ShipmentStatus.PICKING:
        pack_shipment(PackRequest(request.shipment, by_hand=request.by_hand), client=client, actor=actor, at=at)
    return label


def void_label(shipment: str, *, client: Client, actor: Actor, at: datetime) -> Label:
    """Gives the label of a parcel back that has not left; it may have another one then.

    Refuses `shipment_not_found`, `not_allowed`, `wrong_status`, `no_label`, `carrier_not_found`, `carrier_refused`,
    `carrier_unreachable`.
    """

    def find(desk: Desk) -> Label:
        _, of_shipment = _open(desk, shipment)
        require_status(of_shipment, *_MAY_BE_VOIDED)
        label = _valid_label(of_shipment.shipment)
        if label is None:
            raise Refusal("no_label", f"{shipment} has no label.", shipment=shipment)
        return label

    found = at_desk(find, client=client, actor=actor, at=at)
    if found.carrier_reference:
        carrier_by_code(found.carrier).void(found.carrier_reference)
    return at_desk(lambda desk: _mark_voided(desk, found), client=client, actor=actor, at=at)


def _ask(desk: Desk, request: LabelRequest) -> _Asked:
    """The parcel's label: bought, asked for before, or asked for now."""
    facts, of_shipment = _open(desk, request.shipment)
    service = intake.text(request.service, field="service", longest=80)
    if request.typed is not None:
        _typed(request.typed)
    label = _valid_label(of_shipment.shipment)
    if label is not None and label.state == LabelState.BOUGHT:
        if label.carrier != request.carrier:
            raise _label_exists(of_shipment.shipment, label.carrier, label.tracking_number)
    else:
        _check_label(facts, of_shipment)
        if of_shipment.shipment.status == ShipmentStatus.PICKING:
            check_contents(VerifiedUnits(), desk, of_shipment, by_hand=request.by_hand)
        label = _row(desk, of_shipment, label, carrier=request.carrier, service=service)
    return _Asked(label, _consignment(desk, facts, of_shipment, request.grams, label.reference))


def _row(desk: Desk, of_shipment: ShipmentFacts, label: Label | None, *, carrier: str, service: str) -> Label:
    """What is asked for, in the database before a carrier hears of it. A stored quote may be paid for: it stays."""
    if label is None:
        return desk.add(
            Label(
                client_id=desk.client.pk,
                shipment=of_shipment.shipment,
                reference=_reference(of_shipment),
                carrier=carrier,
                service=service,
                asked_by=desk.actor.name,
                user_id=desk.actor.user_id,
                asked_at=desk.at,
            )
        )
    if not label.carrier_reference:
        desk.change(label, carrier=carrier, service=service)
    return label


def _quote(carrier: Carrier, asked: _Asked, *, client: Client, actor: Actor, at: datetime) -> str:
    """Chooses a rate and stores its quote before anything is paid; of two who choose, the first one's is bought."""
    if not carrier.sells:
        return ""
    wanted = asked.label.service
    rates = carrier.rates(asked.consignment)
    chosen = next((rate for rate in rates if wanted in {"", rate.service}), None)
    if chosen is None:
        raise _not_offered(carrier, asked.consignment.shipment, wanted, rates)
    return at_desk(lambda desk: _store_quote(desk, asked.label, chosen), client=client, actor=actor, at=at)


def _not_offered(carrier: Carrier, shipment: str, service: str, rates: Sequence[Rate]) -> Refusal:
    what = intake.named(service) if service else "any service"
    return Refusal(
        "service_not_offered",
        f"{carrier.name} does not offer {what} for {shipment}.",
        shipment=shipment,
        service=intake.named(service) if service else "",
        offered=[f"{rate.service}: {rate.price}" for rate in rates],
    )


def _store_quote(desk: Desk, asked: Label, chosen: Rate) -> str:
    _, _, label = _again(desk, asked)
    if label.state == LabelState.ASKED and not label.carrier_reference:
        desk.change(label, carrier_reference=chosen.quote, service=chosen.service)
    return label.carrier_reference


def _store(desk: Desk, asked: Label, bought: BoughtLabel) -> Label:
    facts, of_shipment, label = _again(desk, asked)
    if label.state != LabelState.ASKED:
        return label
    sold: dict[str, object] = {
        "state": LabelState.BOUGHT,
        "carrier_reference": bought.reference,
        "service": bought.service or label.service,
        "tracking_number": bought.tracking_number,
        "cost": bought.cost.amount,
        "currency": bought.cost.currency,
        "format": bought.format,
        "content": bought.content,
        "bought_at": desk.at,
    }
    for name, value in sold.items():
        setattr(label, name, value)
    # By itself, and not among the desk's changes: a list of values for many rows knows neither bytes nor decimals.
    Label.objects.filter(pk=label.pk).update(**sold)
    shipment = of_shipment.shipment
    if shipment.status in {ShipmentStatus.PICKING, ShipmentStatus.PACKED}:
        desk.change(shipment, carrier=bought.carrier, tracking_number=bought.tracking_number)
    desk.touch(facts)
    desk.history.record(
        EventType.LABEL_BOUGHT,
        facts.order,
        shipment=shipment,
        carrier=bought.carrier or label.carrier,
        service=bought.service.removeprefix(bought.carrier).strip(),
        tracking_number=bought.tracking_number,
        cost=f"{bought.cost.amount:.2f}" if bought.cost.amount else "",
        currency=bought.cost.currency,
    )
    return label


def _give_up(desk: Desk, asked: Label, no: _No) -> None:
    """The carrier said no to this quote, so nothing was sold by it: the parcel may have another label."""
    _, _, label = _again(desk, asked)
    if label.state == LabelState.ASKED and label.carrier_reference == no.quote:
        desk.change(label, state=LabelState.REFUSED, problem=no.problem[:500])


def _mark_voided(desk: Desk, found: Label) -> Label:
    facts, of_shipment, label = _again(desk, found)
    if label.state not in {LabelState.ASKED, LabelState.BOUGHT}:
        return label
    shipment = of_shipment.shipment
    carrier = shipment.carrier or label.carrier
    desk.change(label, state=LabelState.VOIDED, voided_at=desk.at)
    if not shipment.has_left_warehouse and shipment.tracking_number == label.tracking_number:
        desk.change(shipment, carrier="", tracking_number="")
    desk.touch(facts)
    desk.history.record(
        EventType.LABEL_VOIDED,
        facts.order,
        shipment=shipment,
        carrier=carrier,
        tracking_number=label.tracking_number,
    )
    return label


def _open(desk: Desk, number: str) -> tuple[OrderFacts, ShipmentFacts]:
    desk.open_orders_of([number])
    facts, of_shipment = desk.shipment(number)
    require(desk.actor, Right.WAREHOUSE_WORK)
    return facts, of_shipment


def _again(desk: Desk, label: Label) -> tuple[OrderFacts, ShipmentFacts, Label]:
    """The label as it is now, under the lock of its order, like everything about its parcel."""
    facts, of_shipment = _open(desk, label.shipment.number)
    return facts, of_shipment, Label.objects.select_related("shipment").get(pk=label.pk)


def _check_label(facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
    """Who may be packed may have a label, and so may a packed parcel whose label was given back."""
    require_status(of_shipment, ShipmentStatus.PICKING, ShipmentStatus.PACKED)
    if of_shipment.shipment.status == ShipmentStatus.PICKING:
        check_pack(facts, of_shipment)
    require_free_to_go(facts, of_shipment)
    if of_shipment.shipment.tracking_number:
        raise _label_exists(of_shipment.shipment, of_shipment.shipment.carrier, of_shipment.shipment.tracking_number)


def _label_exists(shipment: Shipment, carrier: str, tracking_number: str) -> Refusal:
    of_carrier = f" of {carrier}" if carrier else ""
    return Refusal(
        "label_exists",
        f"{shipment.number} has a label{of_carrier} already, with the tracking number {tracking_number or '–'}.",
        shipment=shipment.number,
        carrier=carrier,
        tracking_number=tracking_number,
    )


def _valid_label(shipment: Shipment) -> Label | None:
    return Label.objects.select_related("shipment").filter(_VALID, shipment=shipment).first()


def _reference(of_shipment: ShipmentFacts) -> str:
    """Names the next label of a parcel, for ever."""
    shipment = of_shipment.shipment
    return f"{shipment.number}-L{Label.objects.filter(shipment=shipment).count() + 1}"


def _consignment(desk: Desk, facts: OrderFacts, of_shipment: ShipmentFacts, grams: int, reference: str) -> Consignment:
    if not LIGHTEST <= grams <= HEAVIEST:
        raise Refusal(
            "invalid_weight",
            f"A parcel weighs {LIGHTEST} to {HEAVIEST:,} g, not {grams:,} g.",
            given=grams,
            smallest=LIGHTEST,
            largest=HEAVIEST,
        )
    shipment = of_shipment.shipment
    return Consignment(
        # Two clients may have the same numbers, and one carrier.
        reference=f"{desk.client.code}/{reference}",
        shipment=shipment.number,
        order=facts.order.number,
        sender=sender_of(shipment.warehouse, desk.client),
        to=shipment.address,
        parcel=Parcel(grams),
    )


def sender_of(warehouse: Warehouse, client: Client) -> Address:
    """Where the installation's settings say that the warehouse is; the client's name stands for an empty recipient."""
    said = settings.SENDERS.get(warehouse.code, {})
    known = {name: said.get(name, "") for name in ADDRESS_FIELDS}
    return Address(**(known | {"recipient": known["recipient"] or client.name}))


def _typed(typed: TypedLabel) -> BoughtLabel:
    cost = typed.cost
    is_price = cost.amount.is_finite() and 0 <= cost.amount < _DEAREST and cost.amount == round(cost.amount, 2)
    if not is_price or (cost.amount and not _CURRENCY.fullmatch(cost.currency)):
        raise Refusal("invalid_price", f"{intake.shown(cost)} is no price of a label.", given=intake.shown(cost))
    return BoughtLabel(
        reference="",
        carrier=intake.text(typed.carrier, field="carrier", longest=60),
        service="",
        tracking_number=intake.text(typed.tracking_number, field="tracking number", longest=80),
        cost=Money(round(cost.amount, 2), cost.currency if cost.amount else ""),
    )
