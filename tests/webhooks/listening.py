"""What the tests of webhooks share: endpoints, deliveries without a network, and a receiver on this machine."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django_scopes import scopes_disabled
from standardwebhooks import Webhook

from reship.clients.models import Client
from reship.orders.models import EventToSend
from reship.webhooks.deliver import Letter, Outcome, claim, endpoints_with_due, record, send
from reship.webhooks.endpoints import EndpointWish, SecretShown, make_endpoint
from reship.webhooks.fan_out import clients_with_events, fan_out
from reship.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookMessage
from reship.webhooks.resend import send_test_event
from tests.world import World

TAKEN = Outcome(200, "", "thanks", 3)


def broken(status: int = 500, *, retry_after: str = "") -> Outcome:
    return Outcome(status, f"It answered {status}.", "", 3, retry_after)


def listen(
    world: World, url: str = "https://shop.example/hook", *, client: Client | None = None, types: tuple[str, ...] = ()
) -> SecretShown:
    wish = EndpointWish(url, event_types=types)
    client = client or world.acme
    return make_endpoint(wish, client=client, actor=world.ada, at=world.later(), address="192.0.2.7")


def named_delivery(world: World, endpoint: str, message: str) -> None:
    """An endpoint and a message under names that are known beforehand, and an attempt that failed.

    It listens to what no test of pages does, so that nothing is sent while they are looked at.
    """
    made = listen(world, types=("order.copied",)).endpoint
    at = world.later()
    sent = send_test_event(made.reference, client=world.acme, actor=world.mara, at=at)
    answer_due(at, broken())
    with scopes_disabled():
        WebhookEndpoint.objects.filter(pk=made.pk).update(reference=endpoint)
        WebhookMessage.objects.filter(pk=sent.message_id).update(reference=message)


def fan_out_all(at: datetime) -> int:
    return sum(fan_out(client_id, at=at) for client_id in clients_with_events())


def due_letters(at: datetime, *, most: int = 100) -> list[Letter]:
    return [letter for due in endpoints_with_due(at=at) for letter in claim(due, most=most, at=at)]


def answer_due(at: datetime, outcome: Outcome | Callable[[Letter], Outcome] = TAKEN) -> list[Letter]:
    """Sends all that is due at this moment, as if each endpoint had answered so."""
    fan_out_all(at)
    letters = due_letters(at)
    for letter in letters:
        answer = outcome if isinstance(outcome, Outcome) else outcome(letter)
        record([(letter, answer)], at=at, jitter=lambda: 0)
    return letters


def send_due(at: datetime) -> list[Letter]:
    """Sends all that is due at this moment over the network."""
    return answer_due(at, send)


def deliveries() -> list[WebhookDelivery]:
    with scopes_disabled():
        return list(WebhookDelivery.objects.select_related("message", "order", "endpoint").order_by("pk"))


def told() -> list[str]:
    """Each delivery as `order type state`, in the order in which they were made."""
    return [f"{d.order.number if d.order else '-'} {d.message.type} {d.state}" for d in deliveries()]


def events_to_send() -> int:
    with scopes_disabled():
        return EventToSend.objects.count()


@dataclass
class Receiver:
    """A server of a client's. `answer` is what it says to a message: a status, headers, and a body."""

    url: str = ""
    secret: str = ""
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    requests: int = 0
    answer: Callable[[BaseHTTPRequestHandler], tuple[int, dict[str, str], bytes]] = lambda _: (204, {}, b"")
    ended: threading.Event = field(default_factory=threading.Event)

    def texts(self) -> list[str]:
        return [f"{message['data'].get('order')} {message['type']}" for _, message in self.heard]


@contextlib.contextmanager
def receiver() -> Iterator[Receiver]:
    """One on a port of its own of this machine, which verifies with the library of the standard what it hears."""
    there = Receiver()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with lock:
                there.requests += 1
            self._say(200, {}, b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                there.requests += 1
                if there.secret:
                    message = Webhook(there.secret).verify(body, dict(self.headers))
                    there.heard.append((self.headers["webhook-id"], message))
            self._say(*there.answer(self))

        def _say(self, status: int, headers: dict[str, str], content: bytes) -> None:
            # Whoever asked may have been killed meanwhile, or have heard enough.
            with contextlib.suppress(OSError):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        there.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield there
        there.ended.set()
        server.shutdown()
        thread.join()
