"""An EasyPost on this machine: the few answers that the adapter needs, as they are documented, and its moods."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PDF = b"%PDF-1.4 a label"


@dataclass
class Simulated:
    """What it knows and was asked. `instead` answers everything with a status and a body; `silent` with nothing at all.

    `forgets_to_answer` lets the next sale happen and loses the answer; `after_sale` is called when one has happened.
    """

    shipments: dict[str, dict[str, Any]] = field(default_factory=dict)
    details: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    sold: list[str] = field(default_factory=list)
    label: bytes = PDF
    instead: tuple[int, bytes] | None = None
    no_rates: bool = False
    refuses_to_sell: bool = False
    forgets_to_answer: bool = False
    silent: bool = False
    after_sale: Callable[[], None] = lambda: None
    ended: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def answer(self, method: str, path: str, body: Any) -> tuple[int, bytes]:
        self.asked.append((method, path, body))
        if self.instead is not None and path != "/label.pdf":
            return self.instead
        if path == "/label.pdf":
            return 200, self.label
        status, said = self._said(method, path.removeprefix("/v2"), body)
        return status, json.dumps(said).encode()

    def _said(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        match method, *path.partition("?")[0].strip("/").split("/"):
            case "POST", "shipments":
                return 201, self._made(body["shipment"])
            case "GET", "trackers":
                return 200, {"trackers": [{"id": "trk_1", "object": "Tracker", "tracking_details": self.details}]}
            case _, "shipments", shipment_id, *_ if shipment_id not in self.shipments:
                return 404, _error("NOT_FOUND", "The requested resource could not be found.")
            case "GET", "shipments", shipment_id:
                return 200, self.shipments[shipment_id]
            case "POST", "shipments", shipment_id, "buy":
                return self._sell(self.shipments[shipment_id], body["rate"]["id"])
            case "POST", "shipments", shipment_id, "refund":
                self.shipments[shipment_id]["refund_status"] = "submitted"
                return 200, self.shipments[shipment_id]
        return 404, _error("NOT_FOUND", "What?")

    def _made(self, given: dict[str, Any]) -> dict[str, Any]:
        shipment_id = f"shp_{len(self.shipments) + 1}"
        rates = [
            _rate(f"rate_{shipment_id}_{service}", service, price)
            for service, price in (("Express", "31.255"), ("Priority", "7.58"))
        ]
        self.shipments[shipment_id] = {
            "id": shipment_id,
            "object": "Shipment",
            "reference": given["reference"],
            "rates": [] if self.no_rates else rates,
            "messages": [{"carrier": "USPS", "type": "rate_error", "message": "no such town"}] if self.no_rates else [],
            "tracking_code": None,
            "postage_label": None,
            "selected_rate": None,
            "refund_status": None,
        }
        return self.shipments[shipment_id]

    def _sell(self, shipment: dict[str, Any], rate_id: str) -> tuple[int, Any]:
        if self.refuses_to_sell:
            return 402, _error("PAYMENT_REQUIRED", "Insufficient\nfunds.")
        if shipment["postage_label"] is not None:
            return 422, _error("SHIPMENT.POSTAGE.EXISTS", "Postage already exists for this shipment.")
        self.sold.append(shipment["id"])
        shipment["tracking_code"] = f"EZ{len(self.sold):010}"
        shipment["postage_label"] = {"id": "pl_1", "object": "PostageLabel", "label_url": f"{self.url}/label.pdf"}
        shipment["selected_rate"] = next(rate for rate in shipment["rates"] if rate["id"] == rate_id)
        self.after_sale()
        if self.forgets_to_answer:
            self.forgets_to_answer = False
            return 503, _error("SERVICE_UNAVAILABLE", "Please try again.")
        return 200, shipment


@contextlib.contextmanager
def simulated_easypost() -> Iterator[Simulated]:
    """One under `url`, on a port of its own of this machine."""
    simulated = Simulated()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._answer(json.loads(text or b"{}"))

        def _answer(self, body: Any) -> None:
            if simulated.silent:
                simulated.ended.wait()
                return
            status, content = simulated.answer(self.command, self.path, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            # Whoever asked may have been killed meanwhile.
            with contextlib.suppress(ConnectionError):
                self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            """Nothing: the test looks at what was asked."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    simulated.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield simulated
    finally:
        simulated.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _rate(rate_id: str, service: str, price: str) -> dict[str, Any]:
    return {
        "id": rate_id,
        "object": "Rate",
        "carrier": "USPS",
        "service": service,
        "rate": price,
        "currency": "USD",
        "delivery_days": 2,
    }


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "errors": []}}
