"""Rows about programs: one reship through the API beside hand-made SQL, and eight of them at once for a minute."""

import contextlib
import http.client
import itertools
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import connection
from django_scopes import scope

from bench.crowd import server
from bench.measure import in_turn, median, p99
from bench.reships import REASON, asked
from bench.scene import Scene
from bench.table import Row, duel_row
from bench.visitor import HOST, Answer, Ask, in_this_process, over_connection
from reship.clients.access import Actor
from reship.clients.api_keys import NewKey, make_key
from reship.clients.key_limits import LIMITS
from reship.clients.roles import Role
from reship.inventory.audit import audit
from reship.orders.models import Reshipment

PROGRAMS = 8
SECONDS = 60
QUICK_SECONDS = 1
EVERY_WHICH_IS_A_REPEAT = 3
"""One request in so many asks again for what was asked before, with the same key and body."""
MOST_TIMES = 10


def api_row(scene: Scene) -> Row:
    """One reship by a program with a key and an Idempotency-Key, through all but the socket, beside the verb's SQL."""
    rounds, warm_up = scene.sizes.rounds(200), scene.sizes.rounds(20)
    numbers = scene.untouched.scatter(2 * (rounds + warm_up))
    keys = itertools.count()
    program = Program(_key(scene), in_this_process())

    def ours() -> None:
        answer = program.reship(next(numbers), key=f"api-{next(keys)}")
        assert answer.status == 201, f"{answer.status}: {answer.text[:2000]}"

    duel = in_turn(
        ours,
        lambda: scene.hand_made.reship(asked(scene, [next(numbers)], key=f"api-{next(keys)}")),
        rounds=rounds,
        warm_up=warm_up,
        watches=scene.watches,
        tick=lambda: scene.tick("reship_api"),
    )
    return duel_row("reship_api", scene.kind, duel, unit="ms CPU", most_times=MOST_TIMES)


@dataclass
class Program:
    """Somebody's script with a key; how long each of its requests took, in ms, and what it was told that is wrong."""

    key: str
    ask: Ask
    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    told: dict[str, Answer] = field(default_factory=dict)

    def reship(self, number: str, *, key: str) -> Answer:
        body = json.dumps({"reason": REASON}).encode()
        headers = {
            "Authorization": f"Bearer {self.key}",
            "Content-Type": "application/json",
            "Host": HOST,
            "Idempotency-Key": key,
        }
        return self.ask("POST", f"/api/v1/orders/{number}/reshipments", body, headers)

    def go_on(self, numbers: Iterator[str], address: tuple[str, int], until: float) -> None:
        """Over one connection, one request after the other."""
        with contextlib.closing(http.client.HTTPConnection(*address, timeout=60)) as made:
            self.ask = over_connection(made)
            for turn in itertools.count(1):
                is_repeat = turn % EVERY_WHICH_IS_A_REPEAT == 0
                number = next(reversed(self.told)) if is_repeat else next(numbers, None)
                if number is None or time.monotonic() > until:
                    return
                started = time.perf_counter()
                try:
                    answer = self.reship(number, key=f"program-{number}")
                except (OSError, ValueError) as error:
                    self.errors.append(repr(error))
                    return
                self.times.append(1000 * (time.perf_counter() - started))
                first = self.told.setdefault(number, answer)
                if (answer.status, answer.text) != (201, first.text):
                    self.errors.append(f"{number}: {answer.status}: {answer.text[:200]}")


def api_crowd_rows(scene: Scene) -> list[Row]:
    """Eight programs at once over sockets of a real server, who ask some things twice; then each reship is counted."""
    seconds = QUICK_SECONDS if scene.sizes.is_quick else SECONDS
    each = max(4, scene.untouched.share(2_000, times=PROGRAMS, share=0.2))
    key = _key(scene)
    orders = [scene.untouched.take(each) for _ in range(PROGRAMS)]
    programs = [Program(key, _nobody) for _ in orders]
    before = _reshipments(scene)
    with server(scene) as address:
        until = time.monotonic() + seconds
        threads = [
            threading.Thread(target=program.go_on, args=(iter(numbers), address, until), daemon=True)
            for program, numbers in zip(programs, orders, strict=True)
        ]
        started = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(seconds + 60)
        took = time.monotonic() - started
    connection.close()
    asked_for = sum(len(program.told) for program in programs)
    wrong = [error for program in programs for error in program.errors]
    if (made := _reshipments(scene) - before) != asked_for:
        wrong.append(f"{asked_for} reships were asked for, and {made} made")
    wrong += [violation.text for violation in audit()]
    times = [milliseconds for program in programs for milliseconds in program.times]
    return [
        Row(
            name="api_crowd",
            database=scene.kind,
            ours=median(times),
            ours_p99=p99(times),
            ours_wall=median(times),
            ours_wall_p99=p99(times),
            unit="ms a request, 8 at once",
            at_most="no error, no double",
            is_met=not wrong,
            figures={"requests": len(times), "reships": asked_for, "a_second": len(times) / took, "wrong": wrong[:3]},
        ),
        Row(
            name="api_crowd_errors",
            database=scene.kind,
            ours=len(wrong),
            unit=f"of {len(times)} requests",
            at_most="0",
            is_met=not wrong,
        ),
    ]


def _key(scene: Scene) -> str:
    """A key of the scene's client, made by somebody who may."""
    LIMITS.forget()
    new = NewKey("bench", ("read", "orders"), role=Role.MANAGER, requests_a_minute=100_000)
    maker = Actor(name="The bench", role=Role.ADMIN)
    return make_key(new, client=scene.client, actor=maker, at=datetime.now(UTC), address="").text


def _nobody(*_: object) -> Answer:
    raise AssertionError("asks only once it has a connection")


def _reshipments(scene: Scene) -> int:
    with scope(client=scene.client.pk):
        return Reshipment.objects.count()
