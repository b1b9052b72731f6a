"""A Shopify and a WooCommerce on this machine: the few answers that the adapters need, as they are documented."""

import base64
import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "shpat_0123"
KEY, SECRET = "ck_0123", "cs_0123"
CREATED = "2026-03-02T08:00:00Z"

Answer = tuple[int, dict[str, str], Any]


def shopify_order(number: int, *, changed: str = "2026-03-02T08:00:00Z", **changes: Any) -> dict[str, Any]:
    """An order as Shopify's webhooks have it: two mugs and a cup to Jane, and a gift card, which needs no parcel."""
    return {
        "id": 5_000_000_000_000 + number,
        "admin_graphql_api_id": f"gid://shopify/Order/{5_000_000_000_000 + number}",
        "name": f"#{number}",
        "email": "jane@example.com",
        "created_at": CREATED,
        "updated_at": changed,
        "cancelled_at": None,
        "currency": "USD",
        "financial_status": "paid",
        "fulfillment_status": None,
        "note": "Ring\u0007 twice,\r\nplease",
        "test": False,
        "customer": {"first_name": "Jane", "last_name": "Doe"},
        "shipping_address": shopify_address("1 High Street"),
        "shipping_lines": [{"title": "Standard", "price": "4.90"}],
        "line_items": [
            shopify_line("MUG", 2, "12.50"),
            shopify_line("CUP", 1, "3.00"),
            {**shopify_line("GIFT", 1, "10.00"), "requires_shipping": False},
        ],
        **changes,
    }


def shopify_address(street: str) -> dict[str, Any]:
    return {
        "first_name": "Jane",
        "last_name": "Doe",
        "name": "Jane Doe",
        "company": None,
        "address1": street,
        "address2": None,
        "city": "Springfield",
        "province": "Illinois",
        "province_code": "IL",
        "country_code": "US",
        "zip": "62701",
        "phone": None,
    }


def shopify_line(sku: str, quantity: int, price: str) -> dict[str, Any]:
    return {
        "sku": sku,
        "name": sku.title(),
        "quantity": quantity,
        "current_quantity": quantity,
        "price": price,
        "requires_shipping": True,
    }


def woocommerce_order(number: int, *, changed: str = "2026-03-02T08:00:00", **changes: Any) -> dict[str, Any]:
    """An order in the form of WooCommerce's REST API: two mugs and a cup to Jane."""
    to = {
        "first_name": "Jane",
        "last_name": "Doe",
        "company": "",
        "address_1": "1 High Street",
        "address_2": "",
        "city": "Springfield",
        "state": "IL",
        "postcode": "62701",
        "country": "US",
        "phone": "",
    }
    return {
        "id": number,
        "number": str(number),
        "status": "processing",
        "currency": "USD",
        "date_created_gmt": "2026-03-02T08:00:00",
        "date_modified_gmt": changed,
        "date_paid_gmt": "2026-03-02T08:00:00",
        "customer_note": "",
        "billing": {**to, "email": "jane@example.com", "phone": "555 0100"},
        "shipping": to,
        "line_items": [
            {"id": 1, "name": "Mug", "sku": "MUG", "quantity": 2, "price": 12.5},
            {"id": 2, "name": "Cup", "sku": "CUP", "quantity": 1, "price": 3.3333333333333335},
        ],
        "shipping_lines": [{"method_title": "Flat rate"}],
        **changes,
    }


@dataclass
class SimulatedShopify:
    """Orders by id in the webhook's form, and what became of them. `instead` answers the next questions."""

    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    fulfilments: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    instead: list[Answer] = field(default_factory=list)
    forgets_to_answer: bool = False
    before_answer: Callable[[], None] = lambda: None
    url: str = ""

    def keep(self, order: dict[str, Any]) -> dict[str, Any]:
        self.orders[str(order["id"])] = order
        return order

    def tracking(self, number: int) -> list[list[tuple[str, str]]]:
        """Number and link of each tracking entry, fulfilment by fulfilment."""
        made = self.fulfilments.get(str(5_000_000_000_000 + number), [])
        return [[(each["number"], each["url"]) for each in fulfilment["trackingInfo"]] for fulfilment in made]

    def answer(self, method: str, path: str, headers: dict[str, str], body: Any) -> Answer:
        if path == "/admin/oauth/access_token":
            self.asked.append("token")
            good = body == {"client_id": KEY, "client_secret": SECRET, "grant_type": "client_credentials"}
            return (200, {}, {"access_token": TOKEN, "expires_in": 86399}) if good else (400, {}, {"error": "no"})
        self.asked.append(body["operationName"])
        self.before_answer()
        if self.instead:
            return self.instead.pop(0)
        if headers.get("x-shopify-access-token") != TOKEN:
            return 401, {}, {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
        said = self._said(body["operationName"], body["variables"])
        if self.forgets_to_answer and body["operationName"] in {"ReshipFulfil", "ReshipAppend"}:
            self.forgets_to_answer = False
            return 503, {}, {}
        return 200, {}, {"data": said}

    def _said(self, operation: str, asked: dict[str, Any]) -> Any:
        match operation:
            case "ReshipOrders":
                since = asked["query"].partition("'")[2].rstrip("'")
                found = [order for order in self.orders.values() if order["updated_at"] >= since]
                found.sort(key=lambda order: str(order["updated_at"]))
                start = int(asked["after"] or 0)
                some = found[start : start + asked["first"]]
                end = start + len(some)
                info = {"hasNextPage": end < len(found), "endCursor": str(end)}
                return {"orders": {"nodes": [_node(order) for order in some], "pageInfo": info}}
            case "ReshipOrdersAgain":
                known = [self.orders.get(_id(gid)) for gid in asked["ids"]]
                return {"nodes": [order and _node(order) for order in known]}
            case "ReshipParcels":
                order = self.orders.get(_id(asked["id"]))
                return {"order": order and self._parcels(order)}
            case "ReshipFulfil":
                return {"fulfillmentCreate": self._fulfil(asked["fulfillment"])}
            case "ReshipAppend":
                return {"fulfillmentTrackingInfoUpdate": self._track(asked["id"], asked["tracking"])}
        raise AssertionError(operation)

    def _parcels(self, order: dict[str, Any]) -> dict[str, Any]:
        order_id = str(order["id"])
        lines = [
            {"id": f"{order_id}/{place}", "sku": line["sku"], "remainingQuantity": self._remaining(order_id, place)}
            for place, line in enumerate(order["line_items"])
            if line["requires_shipping"]
        ]
        status = "OPEN" if any(line["remainingQuantity"] for line in lines) else "CLOSED"
        node = {
            "id": f"fo/{order_id}",
            "status": status,
            "assignedLocation": {"location": {"id": "here"}},
            "lineItems": {"nodes": lines},
        }
        return {"fulfillments": self.fulfilments.get(order_id, []), "fulfillmentOrders": {"nodes": [node]}}

    def _remaining(self, order_id: str, place: int) -> int:
        done: int = sum(each["lines"].get(place, 0) for each in self.fulfilments.get(order_id, []))
        return int(self.orders[order_id]["line_items"][place]["quantity"]) - done

    def _fulfil(self, given: dict[str, Any]) -> dict[str, Any]:
        (of_order,) = given["lineItemsByFulfillmentOrder"]
        order_id = of_order["fulfillmentOrderId"].partition("/")[2]
        lines = {int(line["id"].partition("/")[2]): line["quantity"] for line in of_order["fulfillmentOrderLineItems"]}
        if any(quantity > self._remaining(order_id, place) for place, quantity in lines.items()):
            return _user_error("Invalid fulfillment order line item quantity requested.")
        made = self.fulfilments.setdefault(order_id, [])
        fulfilment = {
            "id": f"gid://shopify/Fulfillment/{order_id}-{len(made) + 1}",
            "status": "SUCCESS",
            "createdAt": f"2026-03-03T00:00:{len(made):02}Z",
            "lines": lines,
            "trackingInfo": [],
        }
        made.append(fulfilment)
        return self._track(str(fulfilment["id"]), given["trackingInfo"])

    def _track(self, fulfilment_id: str, given: dict[str, Any]) -> dict[str, Any]:
        """What is sent replaces all that was there; one company for all; links by place, or made from the company."""
        fulfilment = next(each for made in self.fulfilments.values() for each in made if each["id"] == fulfilment_id)
        numbers = given.get("numbers") or [given["number"]]
        company = given.get("company", "Other")
        urls = (
            given.get("urls", [])
            + [f"https://track.example/{company}/{n}" for n in numbers][len(given.get("urls", [])) :]
        )
        fulfilment["trackingInfo"] = [
            {"company": company, "number": number, "url": url} for number, url in zip(numbers, urls, strict=True)
        ]
        return {"fulfillment": fulfilment, "userErrors": []}


def _id(gid: str) -> str:
    return gid.rpartition("/")[2]


def _user_error(message: str) -> dict[str, Any]:
    return {"fulfillment": None, "userErrors": [{"field": ["fulfillment"], "message": message}]}


def _node(order: dict[str, Any]) -> dict[str, Any]:
    """The same order as GraphQL has it."""
    to = order["shipping_address"]
    return {
        "id": order["admin_graphql_api_id"],
        "name": order["name"],
        "createdAt": order["created_at"],
        "updatedAt": order["updated_at"],
        "cancelledAt": order["cancelled_at"],
        "displayFinancialStatus": order["financial_status"].upper(),
        "displayFulfillmentStatus": "UNFULFILLED",
        "currencyCode": order["currency"],
        "email": order["email"],
        "note": order["note"],
        "test": order["test"],
        "customer": {"firstName": "Jane", "lastName": "Doe"},
        "shippingAddress": {**to, "provinceCode": to["province_code"], "countryCodeV2": to["country_code"]},
        "billingAddress": None,
        "shippingLine": {"title": order["shipping_lines"][0]["title"]},
        "lineItems": {
            "nodes": [
                {
                    "sku": line["sku"],
                    "name": line["name"],
                    "quantity": line["quantity"],
                    "currentQuantity": line["current_quantity"],
                    "requiresShipping": line["requires_shipping"],
                    "originalUnitPriceSet": {"shopMoney": {"amount": line["price"]}},
                }
                for line in order["line_items"]
            ],
            "pageInfo": {"hasNextPage": False, "endCursor": None},
        },
    }


@dataclass
class SimulatedWooCommerce:
    """Orders by id, their notes, and the entries of the Shipment Tracking extension, if the shop has it."""

    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    entries: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    instead: list[Answer] = field(default_factory=list)
    has_extension: bool = False
    forgets_to_answer: bool = False
    url: str = ""

    def keep(self, order: dict[str, Any]) -> dict[str, Any]:
        self.orders[str(order["id"])] = order
        return order

    def answer(self, method: str, path: str, headers: dict[str, str], body: Any) -> Answer:
        address = urlsplit(path)
        query = dict(parse_qsl(address.query))
        self.asked.append(f"{method} {address.path.removeprefix('/wp-json')}")
        if self.instead:
            return self.instead.pop(0)
        proof = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        if headers.get("authorization") != f"Basic {proof}":
            return 401, {}, {"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot list resources."}
        status, more, said = self._said(
            method, address.path.removeprefix("/wp-json").strip("/").split("/"), query, body
        )
        if self.forgets_to_answer and method == "POST":
            self.forgets_to_answer = False
            return 502, {}, {}
        return status, more, said

    def _said(self, method: str, path: list[str], query: dict[str, str], body: Any) -> Answer:
        match method, *path:
            case "GET", "wc", "v3", "orders" if "include" in query:
                return 200, {}, [self.orders[i] for i in query["include"].split(",") if i in self.orders]
            case "GET", "wc", "v3", "orders":
                assert query["dates_are_gmt"] == "true"
                found = [o for o in self.orders.values() if o["date_modified_gmt"] > query["modified_after"]]
                found.sort(key=lambda order: int(order["id"]))
                size, page = int(query["per_page"]), int(query["page"])
                pages = max(1, -(-len(found) // size))
                return 200, {"X-WP-TotalPages": str(pages)}, found[(page - 1) * size : page * size]
            case "GET", "wc", "v3", "orders", order_id:
                return 200, {}, self.orders[order_id]
            case "PUT", "wc", "v3", "orders", order_id:
                self.orders[order_id] |= body
                return 200, {}, self.orders[order_id]
            case "GET", "wc", "v3", "orders", order_id, "notes":
                return 200, {}, self.notes.get(order_id, [])
            case "POST", "wc", "v3", "orders", order_id, "notes":
                notes = self.notes.setdefault(order_id, [])
                notes.append({"id": len(notes) + 1, "note": body["note"], "customer_note": body["customer_note"]})
                return 201, {}, notes[-1]
            case "GET", "wc-shipment-tracking", "v3", "orders", order_id, "shipment-trackings" if self.has_extension:
                return 200, {}, self.entries.get(order_id, [])
            case "POST", "wc-shipment-tracking", "v3", "orders", order_id, "shipment-trackings" if self.has_extension:
                entries = self.entries.setdefault(order_id, [])
                entries.append({"tracking_id": f"t{len(entries) + 1}", **body})
                return 201, {}, entries[-1]
        return 404, {}, {"code": "rest_no_route", "message": "No route was found matching the URL and request method."}


Simulated = SimulatedShopify | SimulatedWooCommerce


@contextlib.contextmanager
def listening(simulated: Simulated) -> Iterator[None]:
    """The shop answers under its `url`, on a port of its own of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more, said = simulated.answer(self.command, self.path, headers, json.loads(body or b"null"))
            content = json.dumps(said).encode()
            self.send_response(status)
            for name, value in {**more, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_PUT(self) -> None:
            self._answer()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    simulated.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
