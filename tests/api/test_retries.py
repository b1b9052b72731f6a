"""Programs that lose the connection and ask again: over sockets of a real server, with the same Idempotency-Key."""

import http.client
import json
import random
import socket
import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django_scopes import scope

from reship.clients.api_keys import NewKey, make_key
from reship.errors import Refusal
from reship.fulfilment.cancel import cancel_shipments
from reship.fulfilment.models import RequestKey
from reship.inventory.audit import audit
from reship.orders.models import Reshipment, ShipmentStatus
from tests.browsing import LivePortal, LiveWorld
from tests.concurrency.scene import an_order

KEYS = 50
CALLS = 500
BODY = json.dumps({"reason": "lost"}).encode()


@dataclass
class Call:
    """One program that wants one answer, and asks until it has it."""

    order: str
    body: bytes = BODY
    cut: int = 0
    refused: list[str] = field(default_factory=list)
    answer: "Answer | None" = None


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    replayed: bool
    body: bytes


@dataclass
class Server:
    """A portal's address, and a key for its API."""

    address: tuple[str, int]
    key: str

    def ask_all(self, calls: Iterable[Call], choose: random.Random) -> None:
        """Sends all requests before it reads any answer; closes some connections before, on the way or after."""
        connections = [(call, socket.create_connection(self.address, 60)) for call in calls]
        reading = []
        for call, connection in connections:
            request = self._request(call)
            head = request.index(b"\r\n\r\n") + 4
            # At most twice, so that everybody has an answer in the end.
            way = choose.choice(("read", "early", "after the head", "in the body", "late")) if call.cut < 2 else "read"
            stop = {
                "early": choose.randrange(head),
                "after the head": head,
                "in the body": choose.randrange(head + 1, len(request)),
            }.get(way, len(request))
            connection.sendall(request[:stop])
            if way in ("read", "late"):
                reading.append((call, connection, way == "late"))
            else:
                self._cut(call, connection, choose)
        for call, connection, is_cut in reading:
            if is_cut:
                self._cut(call, connection, choose)
        for call, connection, is_cut in reading:
            if not is_cut:
                self._read(call, connection)

    def _request(self, call: Call) -> bytes:
        head = (
            f"POST /api/v1/orders/{call.order}/reshipments HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"Authorization: Bearer {self.key}\r\nIdempotency-Key: retry-{call.order}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(call.body)}\r\n\r\n"
        )
        return head.encode() + call.body

    @staticmethod
    def _cut(call: Call, connection: socket.socket, choose: random.Random) -> None:
        call.cut += 1
        if choose.random() < 0.5:
            # The other side gets a reset instead of an orderly end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    @staticmethod
    def _read(call: Call, connection: socket.socket) -> None:
        with connection:
            response = http.client.HTTPResponse(connection, method="POST")
            response.begin()
            body = response.read()
        if response.status == 409:
            call.refused.append(json.loads(body)["code"])
        else:
            replayed = response.headers.get("Idempotent-Replayed") == "true"
            call.answer = Answer(response.status, response.headers.get("Location", ""), replayed, body)


def test_every_program_gets_the_one_answer_however_often_its_connection_breaks(
    live_portal: LivePortal, live_world: LiveWorld
) -> None:
    numbers = [f"RETRY{number}" for number in range(KEYS)]
    an_order(ShipmentStatus.DEPARTED)(live_world, numbers)
    parts = urlsplit(live_portal.url)
    assert parts.hostname is not None
    assert parts.port is not None
    new = NewKey("retries", ("orders",), requests_a_minute=100_000)
    made = make_key(new, client=live_world.acme, actor=live_world.mara, at=live_world.later(), address="")
    server, choose = Server((parts.hostname, parts.port), made.text), random.Random(5)
    calls = [Call(number) for number in numbers * (CALLS // KEYS)]
    choose.shuffle(calls)
    while waiting := [call for call in calls if call.answer is None]:
        server.ask_all(waiting, choose)

    assert {code for call in calls for code in call.refused} <= {"try_again"}
    answers = {number: [call.answer for call in calls if call.order == number] for number in numbers}
    for number, given in answers.items():
        found = [answer for answer in given if answer is not None]
        assert {(one.status, one.location, one.body) for one in found} == {
            (201, f"/api/v1/shipments/{number}-R1", found[0].body)
        }
        assert sum(not one.replayed for one in found) <= 1
    with scope(client=live_world.acme.pk):
        made_of = Counter(Reshipment.objects.filter(order__number__in=numbers).values_list("order__number", flat=True))
        assert made_of == dict.fromkeys(numbers, 1)
        assert RequestKey.objects.filter(key__startswith="retry-RETRY").count() == KEYS

    others = [Call(number, json.dumps({"reason": "damaged"}).encode(), cut=2) for number in numbers[:16]]
    server.ask_all(others, choose)
    assert {call.answer.status for call in others if call.answer} == {422}
    assert all(json.loads(call.answer.body)["code"] == "request_key_reused" for call in others if call.answer)

    # The portal is other tests' too: nothing of this stays in the pick queue.
    sent = [f"{number}-R1" for number in numbers]
    ended = cancel_shipments(sent, client=live_world.acme, actor=live_world.mara, at=live_world.later())
    assert [outcome for outcome in ended if isinstance(outcome, Refusal)] == []
    assert audit() == []
