"""EasyPost, which speaks for many carriers, over its own library: the extra `easypost`.

EasyPost sells a label only once for each of its shipments, and making one of these costs nothing. So a quote names both
the shipment and the rate: whoever buys it again, after a crash or at the same moment, gets the label that is there.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from easypost.easypost_client import EasyPostClient
from easypost.easypost_object import EasyPostObject
from easypost.errors.api.api_error import ApiError
from easypost.errors.api.not_found_error import NotFoundError
from easypost.errors.api.timeout_error import TimeoutError as TookTooLong
from easypost.errors.general.easypost_error import EasyPostError
from pydantic import BaseModel, Field, ValidationError
from requests.adapters import HTTPAdapter

from reship.carriers.port import (
    BoughtLabel,
    Consignment,
    Money,
    Parcel,
    Rate,
    carrier_refused,
    carrier_unreachable,
    printable,
)
from reship.errors import Refusal
from reship.fulfilment.track import Tracked
from reship.fulfilment.tracking import TrackingStatus
from reship.orders.addresses import Address

_LARGEST_LABEL = 4_000_000
"""In bytes; labels have some ten thousand."""
_OUNCE_GRAMS = Decimal("28.349523125")
_INCH_MM = Decimal("25.4")
_BUSY = frozenset({408, 429})

_STATUSES = {
    "pre_transit": TrackingStatus.ANNOUNCED,
    "in_transit": TrackingStatus.IN_TRANSIT,
    "out_for_delivery": TrackingStatus.OUT_FOR_DELIVERY,
    "available_for_pickup": TrackingStatus.TO_COLLECT,
    "delivered": TrackingStatus.DELIVERED,
    # On its way to us, not here: what is in the building can be sold again.
    "return_to_sender": TrackingStatus.RETURNING,
    "failure": TrackingStatus.EXCEPTION,
    "cancelled": TrackingStatus.EXCEPTION,
    "error": TrackingStatus.EXCEPTION,
}
_LOST_FOR_GOOD = frozenset({"lost", "destroyed"})


class _Rate(BaseModel):
    id: str = Field(max_length=90)
    carrier: str = ""
    service: str = ""
    rate: Decimal = Field(ge=0, lt=1_000_000, allow_inf_nan=False)
    currency: str = Field(pattern="^[A-Z]{3}$")
    delivery_days: int | None = None


class _PostageLabel(BaseModel):
    label_url: str
    label_pdf_url: str | None = None


class _Message(BaseModel):
    carrier: str | None = None
    message: str | None = None


class _Shipment(BaseModel):
    id: str = Field(max_length=90, pattern="^[A-Za-z0-9_-]+$")
    rates: list[_Rate] = []
    messages: list[_Message] = []
    tracking_code: str | None = Field(default=None, max_length=80)
    selected_rate: _Rate | None = None
    postage_label: _PostageLabel | None = None
    refund_status: str | None = None


class _Place(BaseModel):
    city: str | None = None
    state: str | None = None
    country: str | None = None


class _Detail(BaseModel):
    status: str
    status_detail: str | None = None
    message: str | None = None
    at: datetime = Field(alias="datetime")
    tracking_location: _Place | None = None


class _Tracker(BaseModel):
    tracking_details: list[_Detail] = []


class _Trackers(BaseModel):
    trackers: list[_Tracker] = []


Answer = TypeVar("Answer", bound=BaseModel)


class EasyPost:
    """`url` and `timeout_seconds` are for every question; without a URL, the library's own."""

    code = "easypost"
    name = "EasyPost"
    sells = True
    can_track = True

    def __init__(self, key: str, *, url: str = "", timeout_seconds: float = 20.0) -> None:
        self._timeout = timeout_seconds
        self._is_local = urlsplit(url).scheme == "http"
        where = {"api_base": url.rstrip("/")} if url else {}
        # The library hands the time on to `requests`, which takes parts of a second as well.
        self._client = EasyPostClient(key, timeout=timeout_seconds, **where)  # type: ignore[arg-type]
        # It would wait four times as long as it is told to before it gave up, with a packer at the bench.
        self._client._requests_session.mount(self._client.api_base, HTTPAdapter(max_retries=0))

    def rates(self, consignment: Consignment) -> Sequence[Rate]:
        what = "say what it costs"
        shipment = self._ask(
            what,
            _Shipment,
            lambda: self._client.shipment.create(
                reference=consignment.reference,
                to_address=_address(consignment.to),
                from_address=_address(consignment.sender),
                parcel=_parcel(consignment.parcel),
                options={"label_format": "PDF", "print_custom_1": consignment.shipment},
            ),
        )
        if not shipment.rates:
            why = "; ".join(message.message for message in shipment.messages if message.message)
            raise carrier_refused(self.name, what, problem=why or "it has no service for this parcel")
        rates = [
            Rate(_service(rate), _money(rate), quote=f"{shipment.id}/{rate.id}", days=rate.delivery_days)
            for rate in shipment.rates
        ]
        return sorted(rates, key=lambda rate: (rate.price.amount, rate.service))

    def buy(self, consignment: Consignment, quote: str) -> BoughtLabel:
        what = "sell the label"
        shipment_id, _, rate_id = quote.partition("/")
        shipment = self._find(what, shipment_id)
        if shipment.postage_label is None:
            try:
                shipment = self._ask(
                    what, _Shipment, lambda: self._client.shipment.buy(shipment_id, rate={"id": rate_id})
                )
            except Refusal:
                # It may have been sold to a twin of ours, or the answer was lost after the deed.
                shipment = self._find(what, shipment_id)
                if shipment.postage_label is None:
                    raise
        label, rate = shipment.postage_label, shipment.selected_rate
        if label is None or rate is None or not shipment.tracking_code:
            raise carrier_unreachable(self.name, what, problem="its answer has no label")
        return BoughtLabel(
            reference=shipment.id,
            carrier=printable(rate.carrier)[:60] or self.name,
            service=_service(rate),
            tracking_number=shipment.tracking_code,
            cost=_money(rate),
            format="PDF",
            content=self._download(what, label.label_pdf_url or label.label_url),
        )

    def void(self, reference: str) -> None:
        what = "take the label back"
        shipment_id = reference.partition("/")[0]
        shipment = self._find(what, shipment_id)
        if shipment.postage_label is None or shipment.refund_status in {"submitted", "refunded"}:
            return
        self._ask(what, _Shipment, lambda: self._client.shipment.refund(shipment_id))

    def track(self, tracking_number: str) -> Sequence[Tracked]:
        found = self._ask(
            "say where the parcel is", _Trackers, lambda: self._client.tracker.all(tracking_code=tracking_number)
        )
        details = [detail for tracker in found.trackers for detail in tracker.tracking_details]
        return [
            Tracked(tracking_number, status, _utc(detail.at), printable(detail.message or ""), _place(detail))
            for detail in details
            if (status := _status(detail)) is not None
        ]

    def _find(self, what: str, shipment_id: str) -> _Shipment:
        return self._ask(what, _Shipment, lambda: self._client.shipment.retrieve(shipment_id))

    def _ask(self, what: str, answer: type[Answer], question: Callable[[], Any]) -> Answer:
        """One question, and its answer in the form that we need; whatever goes wrong is one of the port's refusals."""
        try:
            said = question()
            return answer.model_validate(said.to_dict() if isinstance(said, EasyPostObject) else said)
        except NotFoundError as error:
            raise carrier_refused(self.name, what, problem="it knows nothing of it", http_status=404) from error
        except ApiError as error:
            status = error.http_status
            if status is None:
                problem = "it took too long" if isinstance(error, TookTooLong) else "there is no connection to it"
                raise carrier_unreachable(self.name, what, problem=problem) from error
            if 400 <= status < 500 and status not in _BUSY:
                raise carrier_refused(self.name, what, problem=error.message, http_status=status) from error
            raise carrier_unreachable(self.name, what, problem=error.message, http_status=status) from error
        except EasyPostError as error:
            raise carrier_unreachable(self.name, what, problem=str(error)) from error
        except (
            ValidationError,
            ArithmeticError,
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
            RecursionError,
        ) as error:
            # The library trusts what it is told, and so it stumbles over an answer that is no such thing.
            raise carrier_unreachable(self.name, what, problem="its answer cannot be understood") from error

    def _download(self, what: str, url: str) -> bytes:
        """The label's file. The label is paid for by now: when this fails, buying it again comes back to here."""
        if urlsplit(url).scheme != "https" and not self._is_local:
            raise carrier_unreachable(self.name, what, problem="the label's address is not a safe one")
        try:
            with requests.get(url, timeout=self._timeout, stream=True, allow_redirects=False) as answer:
                content = answer.raw.read(_LARGEST_LABEL + 1, decode_content=True)
        except (requests.RequestException, OSError, ValueError) as error:
            raise carrier_unreachable(self.name, what, problem="the label cannot be fetched") from error
        if answer.status_code != requests.codes.ok or not content.startswith(b"%PDF-") or len(content) > _LARGEST_LABEL:
            raise carrier_unreachable(self.name, what, problem="what it sent for the label is no PDF")
        return bytes(content)


def _address(address: Address) -> dict[str, str]:
    return {
        "name": address.recipient,
        "company": address.company,
        "street1": address.street_1,
        "street2": address.street_2,
        "city": address.city,
        "state": address.region,
        "zip": address.postal_code,
        "country": address.country,
        "phone": address.phone,
    }


def _parcel(parcel: Parcel) -> dict[str, float]:
    """Ounces and inches, to a tenth, never less than it is."""
    sides = {"length": parcel.length_mm, "width": parcel.width_mm, "height": parcel.height_mm}
    inches = {name: float(_tenths(mm / _INCH_MM)) for name, mm in sides.items() if all(sides.values())}
    return {"weight": float(_tenths(parcel.grams / _OUNCE_GRAMS)), **inches}


def _tenths(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), rounding="ROUND_UP")


def _service(rate: _Rate) -> str:
    return printable(f"{rate.carrier} {rate.service}")[:80]


def _money(rate: _Rate) -> Money:
    return Money(rate.rate.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP), rate.currency)


def _status(detail: _Detail) -> TrackingStatus | None:
    if detail.status_detail in _LOST_FOR_GOOD:
        return TrackingStatus.LOST
    return _STATUSES.get(detail.status)


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _place(detail: _Detail) -> str:
    place = detail.tracking_location or _Place()
    return printable(", ".join(part for part in (place.city, place.state, place.country) if part))
