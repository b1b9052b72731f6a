"""A carrier that exists in this program only, to try everything with: the same question always has the same answer.

It keeps nothing: prices follow from weight and countries, and a label's number from our reference, so that a label that
is bought twice is the same one. What it says of a parcel is said by `reship sandbox-track`. Two postal codes let people
see what goes wrong: it refuses to carry anything to 00000, and is never reached about 99999.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django_scopes import scope

from reship import intake
from reship.carriers.port import BoughtLabel, Consignment, Money, Rate, carrier_refused, carrier_unreachable
from reship.clients.access import Actor
from reship.clients.models import Client
from reship.errors import Refusal, result_of
from reship.fulfilment.desk import shipment_not_found
from reship.fulfilment.track import Recorded, Tracked, record_tracking
from reship.fulfilment.tracking import TrackingStatus
from reship.orders.models import Shipment
from reship.papers.shipping_label import ShippingLabel, shipping_label

REFUSED_POSTAL_CODE = "00000"
UNREACHABLE_POSTAL_CODE = "99999"
_CURRENCY = "EUR"
_SERVICES = (("Standard", Decimal("4.90"), 4), ("Express", Decimal("11.90"), 1))
_EACH_KILOGRAM = Decimal("0.80")
_ABROAD = 2


class Sandbox:
    code = "sandbox"
    name = "Sandbox"
    sells = True
    can_track = False

    def rates(self, consignment: Consignment) -> Sequence[Rate]:
        self._answer(consignment, "say what it costs")
        kilograms = -(-consignment.parcel.grams // 1000)
        is_abroad = consignment.to.country != consignment.sender.country and bool(consignment.sender.country)
        rates = []
        for service, base, days in _SERVICES:
            amount = (base + kilograms * _EACH_KILOGRAM) * (_ABROAD if is_abroad else 1)
            rates.append(Rate(service, Money(amount, _CURRENCY), quote=f"{service}/{amount}", days=days))
        return rates

    def buy(self, consignment: Consignment, quote: str) -> BoughtLabel:
        self._answer(consignment, "sell the label")
        service, _, amount = quote.partition("/")
        number = f"SB{int(hashlib.sha256(consignment.reference.encode()).hexdigest(), 16) % 10**12:012}"
        return BoughtLabel(
            reference=number,
            carrier=self.name,
            service=service,
            tracking_number=number,
            cost=Money(Decimal(amount), _CURRENCY),
            format="PDF",
            content=_picture(consignment, service=service, number=number),
        )

    def void(self, reference: str) -> None:
        """It takes every label back."""

    def track(self, tracking_number: str) -> Sequence[Tracked]:
        return ()

    def _answer(self, consignment: Consignment, what: str) -> None:
        if consignment.to.postal_code == UNREACHABLE_POSTAL_CODE:
            raise carrier_unreachable(self.name, what, problem=f"nobody answers about {UNREACHABLE_POSTAL_CODE}")
        if consignment.to.postal_code == REFUSED_POSTAL_CODE:
            raise carrier_refused(self.name, what, problem=f"there is no way to {REFUSED_POSTAL_CODE}")


def say(
    shipment: str,
    status: TrackingStatus,
    *,
    said_at: datetime,
    client: Client,
    at: datetime,
    place: str = "",
    detail: str = "",
) -> Recorded:
    """Says something of a parcel that has a label of the sandbox, into the same intake as every other carrier.

    Refuses `shipment_not_found`, `not_of_the_sandbox`, and what `record_tracking` refuses.
    """
    with scope(client=client.pk):
        of_shipment = Shipment.objects.filter(number=shipment).first() if intake.can_be_stored(shipment) else None
    if of_shipment is None:
        raise shipment_not_found(shipment)
    if of_shipment.carrier != Sandbox.name or not of_shipment.tracking_number:
        raise Refusal(
            "not_of_the_sandbox",
            f"{shipment} has no label of the sandbox, which can say nothing of it.",
            shipment=shipment,
            carrier=of_shipment.carrier,
        )
    event = Tracked(of_shipment.tracking_number, status, said_at, detail, place, carrier=Sandbox.name)
    actor = Actor.program(f"carrier {Sandbox.name}")
    return result_of(record_tracking([event], client=client, actor=actor, at=at))


def _picture(consignment: Consignment, *, service: str, number: str) -> bytes:
    return shipping_label(
        ShippingLabel(
            shipment=consignment.shipment,
            order=consignment.order,
            sender=consignment.sender.lines,
            recipient=consignment.to.lines,
            method=service,
            carrier="SANDBOX – no postage",
            tracking_number=number,
        )
    )
