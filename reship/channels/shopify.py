"""Shopify over its GraphQL Admin API; its webhooks bring orders in the older REST form.

What is known of it is from shopify.dev, as it was in 2026:
- "REST Admin API": legacy since October 2024, so that everything is asked of GraphQL; an API version lives a year.
- "Verify webhook deliveries": `X-Shopify-Hmac-SHA256` is of the body alone, in base64. Topic and id are not signed, and
  a delivery may come twice or late: so an order counts by its own `updated_at`, whatever the headers say.
- "API limits": too much is answered with 429, or with 200 and an error THROTTLED that tells the points left.
- "Using the client credentials grant": apps made since January 2026 have no token to copy, and fetch one for a day.
- `fulfillmentCreate` fulfils what remains of fulfilment orders of one location. What is fulfilled cannot be fulfilled
  again: a further parcel's number goes into the fulfilment that is there, by `fulfillmentTrackingInfoUpdate`, which
  replaces all of its tracking. So what is there is read first, and sent again before what is new.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, Field

from reship.channels.asking import Asking, moment, read_order
from reship.channels.port import (
    Page,
    Parcel,
    ShopsOrder,
    shop_busy,
    shop_credentials_refused,
    shop_refused,
    shop_unreachable,
)
from reship.errors import Refusal
from reship.fulfilment.place_order import NewLine
from reship.orders.addresses import Address

NAME = "Shopify"
API_VERSION = "2026-01"
ORDERS_OF_A_PAGE = 5
"""Points are counted per object that may come: orders times their lines stay below the 1,000 of one question."""
LINES_OF_AN_ORDER = 150
_PAID = frozenset({"paid", "partially_refunded", "refunded"})
_OPEN = frozenset({"OPEN", "IN_PROGRESS"})
TOPICS = frozenset(
    {
        *("orders/create", "orders/updated", "orders/paid", "orders/cancelled", "orders/delete"),
        *("orders/fulfilled", "orders/partially_fulfilled"),
    }
)


class _Address(BaseModel):
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province: str | None = None
    province_code: str | None = None
    country_code: str | None = None
    zip: str | None = None
    phone: str | None = None


class _Customer(BaseModel):
    first_name: str | None = None
    last_name: str | None = None


class _Line(BaseModel):
    sku: str | None = None
    name: str | None = None
    title: str | None = None
    quantity: int
    current_quantity: int | None = None
    price: Decimal = Decimal(0)
    requires_shipping: bool = True


class _ShippingLine(BaseModel):
    title: str | None = None


class _Order(BaseModel):
    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None = None
    financial_status: str | None = None
    fulfillment_status: str | None = None
    currency: str
    email: str | None = None
    note: str | None = None
    test: bool | None = False
    customer: _Customer | None = None
    shipping_address: _Address | None = None
    billing_address: _Address | None = None
    shipping_lines: list[_ShippingLine] = []
    line_items: list[_Line]


class _Gone(BaseModel):
    id: int


def order_from(payload: object) -> ShopsOrder:
    """The order of a webhook. Refuses `invalid_shop_order`."""
    if isinstance(payload, dict) and "line_items" not in payload and "updated_at" not in payload:
        gone = read_order(_Gone, payload, shop=NAME)
        return ShopsOrder(str(gone.id), "", None, is_cancelled=True)
    order = read_order(_Order, payload, shop=NAME)
    address = order.shipping_address or order.billing_address or _Address()
    name = _name(address) or (_words(order.customer.first_name, order.customer.last_name) if order.customer else "")
    return ShopsOrder(
        remote_id=str(order.id),
        number=order.name.removeprefix("#"),
        changed_at=moment(order.updated_at, shop=NAME),
        placed_at=moment(order.created_at, shop=NAME),
        is_cancelled=order.cancelled_at is not None,
        is_paid=(order.financial_status or "").lower() in _PAID,
        is_sent=(order.fulfillment_status or "").lower() == "fulfilled",
        is_test=bool(order.test),
        customer_name=name or address.company or order.email or "",
        customer_email=order.email or "",
        currency=order.currency,
        method=next((line.title for line in order.shipping_lines if line.title), ""),
        note=order.note or "",
        address=Address(
            recipient=name,
            company=address.company or "",
            street_1=address.address1 or "",
            street_2=address.address2 or "",
            city=address.city or "",
            region=address.province_code or address.province or "",
            postal_code=address.zip or "",
            country=address.country_code or "",
            phone=address.phone or "",
        ),
        lines=tuple(_line(line) for line in order.line_items if line.requires_shipping and _left(line) > 0),
    )


def _line(line: _Line) -> NewLine:
    return NewLine(line.sku or "", _left(line), line.price, (line.name or line.title or "")[:300])


def _left(line: _Line) -> int:
    """What the customer still wants: less what was refunded or removed since."""
    return line.quantity if line.current_quantity is None else line.current_quantity


def _name(address: _Address) -> str:
    return (address.name or "").strip() or _words(address.first_name, address.last_name)


def _words(*parts: str | None) -> str:
    return " ".join(part.strip() for part in parts if part and part.strip())


class _Tracking(BaseModel):
    company: str | None = None
    number: str | None = None
    url: str | None = None


class _Fulfilment(BaseModel):
    id: str = Field(max_length=120)
    status: str
    created_at: datetime = Field(alias="createdAt")
    tracking: list[_Tracking] = Field(alias="trackingInfo", default=[])


class _OpenLine(BaseModel):
    id: str
    sku: str | None = None
    remaining: int = Field(alias="remainingQuantity")


class _OpenLines(BaseModel):
    nodes: list[_OpenLine] = []


class _Location(BaseModel):
    id: str = ""


class _Assigned(BaseModel):
    location: _Location | None = None


class _FulfilmentOrder(BaseModel):
    id: str
    status: str
    assigned: _Assigned | None = Field(alias="assignedLocation", default=None)
    lines: _OpenLines = Field(alias="lineItems")


class _FulfilmentOrders(BaseModel):
    nodes: list[_FulfilmentOrder] = []


class _Parcels(BaseModel):
    fulfillments: list[_Fulfilment] = []
    orders: _FulfilmentOrders = Field(alias="fulfillmentOrders", default=_FulfilmentOrders())

    @property
    def good(self) -> list[_Fulfilment]:
        """Those that count, the first one first."""
        return sorted(
            (each for each in self.fulfillments if each.status == "SUCCESS"), key=lambda each: each.created_at
        )


_LINE_FIELDS = (
    "nodes { sku name quantity currentQuantity requiresShipping originalUnitPriceSet { shopMoney { amount } } }"
)
_ADDRESS_FIELDS = "name company address1 address2 city provinceCode countryCodeV2 zip phone"
_ORDER_FIELDS = f"""
    id name createdAt updatedAt cancelledAt displayFinancialStatus displayFulfillmentStatus currencyCode email note test
    customer {{ firstName lastName }}
    shippingAddress {{ {_ADDRESS_FIELDS} }} billingAddress {{ {_ADDRESS_FIELDS} }} shippingLine {{ title }}
    lineItems(first: {LINES_OF_AN_ORDER}) {{ {_LINE_FIELDS} pageInfo {{ hasNextPage endCursor }} }}
"""
_ORDERS = f"""
query ReshipOrders($first: Int!, $after: String, $query: String!) {{
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    nodes {{ {_ORDER_FIELDS} }} pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""
_ORDERS_AGAIN = f"""
query ReshipOrdersAgain($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Order {{ {_ORDER_FIELDS} }} }} }}
"""
_MORE_LINES = f"""
query ReshipMoreLines($id: ID!, $first: Int!, $after: String!) {{
  order(id: $id) {{
    lineItems(first: $first, after: $after) {{ {_LINE_FIELDS} pageInfo {{ hasNextPage endCursor }} }}
  }}
}}
"""
_PARCELS = """
query ReshipParcels($id: ID!) {
  order(id: $id) {
    fulfillments(first: 50) { id status createdAt trackingInfo(first: 50) { company number url } }
    fulfillmentOrders(first: 10) {
      nodes {
        id status assignedLocation { location { id } }
        lineItems(first: 60) { nodes { id sku remainingQuantity } }
      }
    }
  }
}
"""
_FULFIL = """
mutation ReshipFulfil($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id status createdAt trackingInfo(first: 50) { company number url } } userErrors { field message }
  }
}
"""
_APPEND = """
mutation ReshipAppend($id: ID!, $tracking: FulfillmentTrackingInput!, $notify: Boolean) {
  fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $tracking, notifyCustomer: $notify) {
    fulfillment { id status createdAt trackingInfo(first: 50) { company number url } } userErrors { field message }
  }
}
"""


class Shopify:
    """One shop. `credentials` are an Admin API `token`, or the `client_id` and `client_secret` of an app."""

    def __init__(self, address: str, credentials: Mapping[str, str]) -> None:
        self._url = address if "://" in address else f"https://{address}"
        self._credentials = credentials
        self._token = credentials.get("token", "")

    def fetch_orders(self, since: datetime, cursor: str) -> Page:
        # The list is of what changed in this second or later, so that nothing is missed at its edge.
        changed = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        said = self._ask(
            "ReshipOrders",
            _ORDERS,
            {"first": ORDERS_OF_A_PAGE, "after": cursor or None, "query": f"updated_at:>='{changed}'"},
            what="read the orders",
        )
        orders = self._part(said, "orders", what="read the orders")
        info = orders.get("pageInfo") or {}
        following = str(info.get("endCursor") or "") if info.get("hasNextPage") else ""
        return Page([self._read(node) for node in orders.get("nodes") or []], following)

    def fetch_again(self, remote_ids: Sequence[str]) -> Page:
        ids = [f"gid://shopify/Order/{remote_id}" for remote_id in remote_ids]
        found: list[ShopsOrder | Refusal] = []
        for start in range(0, len(ids), ORDERS_OF_A_PAGE):
            asked = {"ids": ids[start : start + ORDERS_OF_A_PAGE]}
            said = self._ask("ReshipOrdersAgain", _ORDERS_AGAIN, asked, what="read orders again")
            found += [self._read(node) for node in said.get("nodes") or [] if node]
        return Page(found)

    def send_tracking(self, parcel: Parcel) -> str:
        what = f"take the tracking of {parcel.shipment}"
        said = self._ask("ReshipParcels", _PARCELS, {"id": f"gid://shopify/Order/{parcel.remote_id}"}, what=what)
        if said.get("order") is None:
            raise shop_refused(NAME, what, problem="it has no such order any more")
        there = self._asking.read(_Parcels, said["order"], what=what)
        for fulfilment in there.good:
            if any(each.number == parcel.tracking_number for each in fulfilment.tracking):
                return fulfilment.id
        source = next((each for each in there.good if each.id == parcel.source_reference), None)
        if source is None:
            groups = _open_lines(there, parcel)
            made = [self._fulfil(lines, parcel, what) for lines in groups.values()]
            if made:
                return made[0]
        if not there.good:
            raise shop_refused(NAME, what, problem="nothing of the order is left to fulfil, and nothing was fulfilled")
        return self._append(source or there.good[0], parcel, what)

    def _fulfil(self, lines: list[dict[str, Any]], parcel: Parcel, what: str) -> str:
        tracking = {"number": parcel.tracking_number} | ({"company": parcel.carrier} if parcel.carrier else {})
        fulfilment = {"lineItemsByFulfillmentOrder": lines, "trackingInfo": tracking, "notifyCustomer": True}
        return self._changed("ReshipFulfil", _FULFIL, {"fulfillment": fulfilment}, "fulfillmentCreate", what).id

    def _append(self, fulfilment: _Fulfilment, parcel: Parcel, what: str) -> str:
        """Sends the tracking that is there once more, as it is and in its order, and the new number after it."""
        before = [each for each in fulfilment.tracking if each.number]
        tracking: dict[str, object] = {"numbers": [*(each.number for each in before), parcel.tracking_number]}
        # There is one company for all numbers: the first parcel's, which shall not change.
        company = next((each.company for each in before if each.company), None) or ("" if before else parcel.carrier)
        if company:
            tracking["company"] = company
        # Links belong to the numbers by their places. Without them, one that somebody entered would be lost.
        urls = [each.url for each in before]
        if all(urls):
            tracking["urls"] = urls
        asked = {"id": fulfilment.id, "tracking": tracking, "notify": True}
        after = self._changed("ReshipAppend", _APPEND, asked, "fulfillmentTrackingInfoUpdate", what)
        if [each.number for each in after.tracking] != tracking["numbers"] or any(
            was.url and was.url != now.url for was, now in zip(before, after.tracking, strict=False)
        ):
            raise shop_refused(
                NAME, what, problem="after it, the earlier tracking is not what it was; look at the order there"
            )
        return after.id

    def _changed(self, operation: str, text: str, variables: object, name: str, what: str) -> _Fulfilment:
        answer = self._part(self._ask(operation, text, variables, what=what), name, what=what)
        if errors := answer.get("userErrors"):
            raise shop_refused(NAME, what, problem="; ".join(str(error.get("message")) for error in errors))
        return self._asking.read(_Fulfilment, answer.get("fulfillment"), what=what)

    def _read(self, node: dict[str, Any]) -> ShopsOrder | Refusal:
        try:
            return order_from(self._as_webhook(node))
        except (AttributeError, KeyError, TypeError, ValueError):
            return _invalid_node(node)
        except Refusal as refusal:
            if refusal.code != "invalid_shop_order":
                raise
            return refusal

    def _as_webhook(self, node: dict[str, Any]) -> dict[str, Any]:
        """An order of GraphQL in the words of the webhook, so that there is one way to read both."""
        lines = list(node["lineItems"]["nodes"])
        info = node["lineItems"].get("pageInfo") or {}
        while info.get("hasNextPage"):
            asked = {"id": node["id"], "first": 250, "after": info["endCursor"]}
            said = self._ask("ReshipMoreLines", _MORE_LINES, asked, what="read an order's lines")
            lines += said["order"]["lineItems"]["nodes"]
            info = said["order"]["lineItems"]["pageInfo"]
        customer = node.get("customer")
        return {
            "id": int(node["id"].rpartition("/")[2]),
            "name": node["name"],
            "created_at": node["createdAt"],
            "updated_at": node["updatedAt"],
            "cancelled_at": node.get("cancelledAt"),
            "financial_status": node.get("displayFinancialStatus"),
            "fulfillment_status": node.get("displayFulfillmentStatus"),
            "currency": node["currencyCode"],
            "email": node.get("email"),
            "note": node.get("note"),
            "test": node.get("test"),
            "customer": customer and {"first_name": customer.get("firstName"), "last_name": customer.get("lastName")},
            "shipping_address": _address(node.get("shippingAddress")),
            "billing_address": _address(node.get("billingAddress")),
            "shipping_lines": [node["shippingLine"]] if node.get("shippingLine") else [],
            "line_items": [
                {
                    "sku": line.get("sku"),
                    "name": line.get("name"),
                    "quantity": line["quantity"],
                    "current_quantity": line.get("currentQuantity"),
                    "price": line["originalUnitPriceSet"]["shopMoney"]["amount"],
                    "requires_shipping": line.get("requiresShipping", True),
                }
                for line in lines
            ],
        }

    @property
    def _asking(self) -> Asking:
        return Asking(NAME, self._url, {"X-Shopify-Access-Token": self._token} if self._token else {})

    def _ask(self, operation: str, text: str, variables: object, *, what: str) -> dict[str, Any]:
        if not self._token:
            self._token = self._fetched_token(what)
        body = {"operationName": operation, "query": text, "variables": variables}
        said = self._asking.ask("POST", f"/admin/api/{API_VERSION}/graphql.json", what=what, body=body)
        value = said.value if isinstance(said.value, dict) else {}
        if errors := value.get("errors"):
            raise _refusal(errors, value, what)
        return self._part(value, "data", what=what)

    def _fetched_token(self, what: str) -> str:
        body = {
            "client_id": self._credentials.get("client_id", ""),
            "client_secret": self._credentials.get("client_secret", ""),
            "grant_type": "client_credentials",
        }
        try:
            said = self._asking.ask("POST", "/admin/oauth/access_token", what=what, body=body)
        except Refusal as refusal:
            if refusal.code == "shop_refused":
                # OAuth says 400 for a client that it does not know.
                raise shop_credentials_refused(
                    NAME, status=int(str(refusal.figures["status"])), problem=str(refusal.figures["problem"])
                ) from refusal
            raise
        token = said.value.get("access_token") if isinstance(said.value, dict) else None
        if not isinstance(token, str) or not token:
            raise shop_unreachable(NAME, what, problem="it gave no access token")
        return token

    def _part(self, value: dict[str, Any], name: str, *, what: str) -> dict[str, Any]:
        part = value.get(name)
        if not isinstance(part, dict):
            raise shop_unreachable(NAME, what, problem=f"the answer has no {name}")
        return part


def _invalid_node(node: object) -> Refusal:
    known = str(node.get("id", "")) if isinstance(node, dict) else ""
    return Refusal(
        "invalid_shop_order",
        f"What {NAME} sent is no order that can be read: it is not as documented.",
        shop=NAME,
        problem="not as documented",
        remote_id=known.rpartition("/")[2][:64],
    )


def _open_lines(there: _Parcels, parcel: Parcel) -> dict[str, list[dict[str, Any]]]:
    """Which open lines of the order the parcel carries, by location: one fulfilment is of one location."""
    wanted = {item.sku: item.quantity for item in parcel.items}
    groups: dict[str, list[dict[str, Any]]] = {}
    for order in there.orders.nodes:
        if order.status not in _OPEN:
            continue
        taken = []
        for line in order.lines.nodes:
            quantity = min(line.remaining, wanted.get(line.sku or "", 0))
            if quantity > 0:
                wanted[line.sku or ""] -= quantity
                taken.append({"id": line.id, "quantity": quantity})
        if taken:
            location = order.assigned.location.id if order.assigned and order.assigned.location else ""
            lines = {"fulfillmentOrderId": order.id, "fulfillmentOrderLineItems": taken}
            groups.setdefault(location, []).append(lines)
    return groups


def _refusal(errors: object, value: dict[str, Any], what: str) -> Refusal:
    """An error of GraphQL, which comes with the status 200."""
    listed = [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    codes = {str((error.get("extensions") or {}).get("code")) for error in listed}
    said = "; ".join(str(error.get("message")) for error in listed) or str(errors)
    if "THROTTLED" in codes:
        return shop_busy(NAME, seconds=_pause((value.get("extensions") or {}).get("cost") or {}))
    if "ACCESS_DENIED" in codes:
        return shop_credentials_refused(NAME, status=200, problem=said)
    if "INTERNAL_SERVER_ERROR" in codes:
        return shop_unreachable(NAME, what, problem=said)
    return shop_refused(NAME, what, problem=said)


def _pause(cost: dict[str, Any]) -> int:
    """How many seconds it takes until there are points enough for the question again."""
    status = cost.get("throttleStatus") or {}
    try:
        missing = float(cost["requestedQueryCost"]) - float(status["currentlyAvailable"])
        return max(1, min(60, math.ceil(missing / float(status["restoreRate"]))))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return 5


def _address(node: dict[str, Any] | None) -> dict[str, Any] | None:
    if not node:
        return None
    return {**node, "province_code": node.get("provinceCode"), "country_code": node.get("countryCodeV2")}
