"""WooCommerce over its REST API v3.

What is known of it is from woocommerce.github.io/woocommerce-rest-api-docs and WooCommerce's own source, as of 2026:
- A consumer key and secret prove who asks, by HTTP Basic over https. Lists have pages, `X-WP-TotalPages` of them;
  `modified_after` with `dates_are_gmt` is there since version 5.8.
- `X-WC-Webhook-Signature` is the HMAC-SHA256 of the body in base64. A delivery is tried once, and five failures in a
  row turn the webhook off: so what we cannot use is answered with 200 as well, and polls bring what was missed. Saving
  a webhook sends a ping, `webhook_id=…` as a form without a signature, and wants 200.
- An order has no field for tracking. The official extension Shipment Tracking (and others in its place) adds
  `wc-shipment-tracking/v3/orders/…/shipment-trackings`, a list to which entries are added. Without it, a note to the
  customer is what there is.
"""

import base64
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from pydantic import BaseModel, Field

from reship.channels.asking import Asking, moment, read_order
from reship.channels.port import Page, Parcel, ShopsOrder, invalid_shop_order
from reship.errors import Refusal
from reship.fulfilment.place_order import NewLine
from reship.orders.addresses import Address

NAME = "WooCommerce"
ORDERS_OF_A_PAGE = 50
TOPICS = frozenset({"order.created", "order.updated", "order.deleted", "order.restored"})
_API = "/wp-json/wc/v3"
_TRACKING_API = "/wp-json/wc-shipment-tracking/v3"
# What is read of an order, and no more: extensions put a great deal beside it.
_FIELDS = (
    "id,number,status,currency,date_created_gmt,date_modified_gmt,customer_note,billing,shipping,line_items,"
    "shipping_lines,date_paid_gmt"
)
_PAID = frozenset({"processing", "completed"})
_GONE = frozenset({"cancelled", "refunded", "failed", "trash"})
_DRAFT = frozenset({"checkout-draft", "auto-draft", "draft"})
_HUNDREDTH_OF_A_CENT = Decimal("0.0001")


class _Address(BaseModel):
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    address_1: str = ""
    address_2: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    country: str = ""
    email: str | None = ""
    phone: str | None = ""

    @property
    def name(self) -> str:
        return f"{self.first_name.strip()} {self.last_name.strip()}".strip()

    @property
    def is_there(self) -> bool:
        return bool(self.address_1.strip() or self.city.strip() or self.postcode.strip())


class _Line(BaseModel):
    sku: str | None = ""
    name: str | None = ""
    quantity: int
    price: Decimal = Field(default=Decimal(0), gt=-(10**10), lt=10**10, allow_inf_nan=False)


class _ShippingLine(BaseModel):
    method_title: str | None = ""


class _Order(BaseModel):
    id: int
    number: str | int
    status: str
    currency: str
    date_created_gmt: datetime | None = None
    date_modified_gmt: datetime
    date_paid_gmt: datetime | None = None
    customer_note: str | None = ""
    billing: _Address = _Address()
    shipping: _Address = _Address()
    line_items: list[_Line]
    shipping_lines: list[_ShippingLine] = []


class _Gone(BaseModel):
    id: int


class _Tracking(BaseModel):
    id: str = Field(alias="tracking_id", default="")
    number: str = Field(alias="tracking_number", default="")


class _Trackings(BaseModel):
    entries: list[_Tracking]


class _Note(BaseModel):
    id: int
    note: str = ""


class _Notes(BaseModel):
    entries: list[_Note]


class _Status(BaseModel):
    status: str


def order_from(payload: object) -> ShopsOrder:
    """The order of a webhook or a list. Refuses `invalid_shop_order`."""
    if isinstance(payload, dict) and "line_items" not in payload and "status" not in payload:
        gone = read_order(_Gone, payload, shop=NAME)
        return ShopsOrder(str(gone.id), "", None, is_cancelled=True)
    order = read_order(_Order, payload, shop=NAME)
    to = order.shipping if order.shipping.is_there else order.billing
    return ShopsOrder(
        remote_id=str(order.id),
        number=str(order.number).removeprefix("#"),
        changed_at=moment(order.date_modified_gmt, shop=NAME),
        placed_at=moment(order.date_created_gmt or order.date_modified_gmt, shop=NAME),
        is_cancelled=order.status in _GONE,
        is_paid=order.status in _PAID or order.date_paid_gmt is not None,
        is_sent=order.status == "completed",
        is_draft=order.status in _DRAFT,
        customer_name=to.name or order.billing.name or to.company or order.billing.email or "",
        customer_email=order.billing.email or "",
        currency=order.currency,
        method=next((line.method_title for line in order.shipping_lines if line.method_title), ""),
        note=order.customer_note or "",
        address=Address(
            recipient=to.name,
            company=to.company,
            street_1=to.address_1,
            street_2=to.address_2,
            city=to.city,
            region=to.state,
            postal_code=to.postcode,
            country=to.country,
            phone=to.phone or order.billing.phone or "",
        ),
        lines=tuple(
            # The price is what a discount left of a line, divided: it has as many decimals as the machine has.
            NewLine(line.sku or "", line.quantity, line.price.quantize(_HUNDREDTH_OF_A_CENT), (line.name or "")[:300])
            for line in order.line_items
            if line.quantity > 0
        ),
    )


def is_ping(body: bytes) -> bool:
    """Whether this is what WooCommerce sends when a webhook is saved: unsigned, and about no order."""
    name, _, number = body.partition(b"=")
    return name == b"webhook_id" and number.isdigit() and len(number) < 20


class WooCommerce:
    """One shop, at the address of its site. `credentials` are a REST API key: `key` and `secret`."""

    def __init__(self, address: str, credentials: Mapping[str, str]) -> None:
        proof = f"{credentials.get('key', '')}:{credentials.get('secret', '')}".encode()
        headers = {"Authorization": f"Basic {base64.b64encode(proof).decode()}"}
        self._asking = Asking(NAME, address.rstrip("/"), headers)

    def fetch_orders(self, since: datetime, cursor: str) -> Page:
        number = int(cursor) if cursor.isdigit() else 1
        said = self._asking.ask(
            "GET",
            f"{_API}/orders",
            what="read the orders",
            query={
                "modified_after": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
                "dates_are_gmt": "true",
                # In an order that does not change while we turn the pages.
                "orderby": "id",
                "order": "asc",
                "per_page": str(ORDERS_OF_A_PAGE),
                "page": str(number),
                "_fields": _FIELDS,
            },
        )
        pages = said.headers.get("x-wp-totalpages", "")
        is_last = number >= int(pages) if pages.isdigit() else len(said.value) < ORDERS_OF_A_PAGE
        return Page(_read(said.value), "" if is_last else str(number + 1))

    def fetch_again(self, remote_ids: Sequence[str]) -> Page:
        found: list[ShopsOrder | Refusal] = []
        for page in range(math.ceil(len(remote_ids) / ORDERS_OF_A_PAGE)):
            some = remote_ids[page * ORDERS_OF_A_PAGE : (page + 1) * ORDERS_OF_A_PAGE]
            query = {"include": ",".join(some), "per_page": str(ORDERS_OF_A_PAGE), "_fields": _FIELDS}
            said = self._asking.ask("GET", f"{_API}/orders", what="read orders again", query=query)
            found += _read(said.value)
        return Page(found)

    def send_tracking(self, parcel: Parcel) -> str:
        what = f"take the tracking of {parcel.shipment}"
        entry = self._entry(parcel, what)
        # With the extension, the first parcel's tracking is in the shop's own mail; of a further one nobody would hear.
        reference = entry if entry and not parcel.is_again else self._note(parcel, what)
        if parcel.is_last and not parcel.is_again:
            self._complete(parcel, what)
        return entry or reference

    def _entry(self, parcel: Parcel, what: str) -> str:
        """Adds an entry to the list of the extension; empty when the shop has no such list."""
        path = f"{_TRACKING_API}/orders/{parcel.remote_id}/shipment-trackings"
        try:
            said = self._asking.ask("GET", path, what=what)
        except Refusal as refusal:
            if refusal.code == "shop_refused" and refusal.figures.get("status") == 404:
                return ""
            raise
        there = self._asking.read(_Trackings, {"entries": said.value}, what=what)
        for entry in there.entries:
            if entry.number == parcel.tracking_number:
                return f"tracking {entry.id}"
        body = {
            "custom_tracking_provider": parcel.carrier,
            "tracking_number": parcel.tracking_number,
            "date_shipped": parcel.departed_at.astimezone(UTC).strftime("%Y-%m-%d"),
        }
        made = self._asking.ask("POST", path, what=what, body=body)
        return f"tracking {self._asking.read(_Tracking, made.value, what=what).id}"

    def _note(self, parcel: Parcel, what: str) -> str:
        path = f"{_API}/orders/{parcel.remote_id}/notes"
        said = self._asking.ask("GET", path, what=what, query={"type": "customer"})
        for note in self._asking.read(_Notes, {"entries": said.value}, what=what).entries:
            if re.search(rf"(?<!\w){re.escape(parcel.tracking_number)}(?!\w)", note.note):
                return f"note {note.id}"
        which = "A further parcel" if parcel.is_again else "Your parcel"
        by = f" with {parcel.carrier}" if parcel.carrier else ""
        text = f"{which} is on its way{by}. Tracking number: {parcel.tracking_number}"
        made = self._asking.ask("POST", path, what=what, body={"note": text, "customer_note": True})
        return f"note {self._asking.read(_Note, made.value, what=what).id}"

    def _complete(self, parcel: Parcel, what: str) -> None:
        """Says that the order is done, as its merchant would; but only from the state of one that is being done."""
        path = f"{_API}/orders/{parcel.remote_id}"
        said = self._asking.ask("GET", path, what=what, query={"_fields": "status"})
        if self._asking.read(_Status, said.value, what=what).status == "processing":
            self._asking.ask("PUT", path, what=what, body={"status": "completed"})


def _read(listed: object) -> list[ShopsOrder | Refusal]:
    if not isinstance(listed, list):
        return [invalid_shop_order(NAME, problem="not a list")]
    found: list[ShopsOrder | Refusal] = []
    for payload in listed:
        try:
            found.append(order_from(payload))
        except Refusal as refusal:
            found.append(refusal)
    return found
