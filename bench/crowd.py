"""The row about people: four of them browse and re-ship while a worker does a job of 10,000 orders."""

import contextlib
import http.client
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from django_scopes import scope

from bench.data import PEOPLE, email_of
from bench.measure import median, p99
from bench.pages import REDIRECTS, reship_form
from bench.reships import ready_jobs
from bench.scene import BIGGEST, Scene
from bench.table import Row
from bench.visitor import Visitor, over_connection
from reship.jobs.models import Job

THINKING_SECONDS = 0.2
"""Between two clicks. Quicker than people are, so that there are enough of them."""
FORMS = 80
MOST_MS = 150.0
_PAGES = ("/orders/", "/orders/?status=RESHIPPING", "/orders/?q=Corin", "/orders/?hold=any", "/orders/?q=100")

Form = tuple[str, dict[str, str | list[str]]]


@dataclass
class Person:
    """One of the people at the portal, and how long each of their clicks took, in ms."""

    visitor: Visitor
    forms: Iterator[Form]
    over: threading.Event
    least: int
    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def browse(self, host: str, port: int) -> None:
        # A connection that stays open would make the server wait for it at its end.
        with contextlib.closing(http.client.HTTPConnection(host, port, timeout=60)) as connection:
            self.visitor.ask = over_connection(connection)
            self._click_on()

    def _click_on(self) -> None:
        clicks = 0
        while not self.over.is_set() or clicks < self.least:
            form = next(self.forms, None) if clicks % 5 == 4 else None
            started = time.perf_counter()
            try:
                answer = self.visitor.post(*form) if form else self.visitor.get(_PAGES[clicks % len(_PAGES)])
            except (OSError, ValueError) as error:
                self.errors.append(repr(error))
                break
            self.times.append(1000 * (time.perf_counter() - started))
            if answer.status not in (REDIRECTS if form else (200,)):
                self.errors.append(f"{answer.status}: {answer.text[:200]}")
            clicks += 1
            time.sleep(THINKING_SECONDS)


def crowd_rows(scene: Scene) -> list[Row]:
    """Requests over a real server on loopback: with a job running, beside the same without one."""
    orders = scene.untouched.share(10_000, times=1, share=0.04)
    alone, beside = _people(scene), _people(scene)
    with server(scene) as (host, port):
        _browse(alone, host, port, seconds=0 if scene.sizes.is_quick else 10)
        # Made only now: the server's worker would do it while nothing should run.
        (job,) = ready_jobs(scene, 1, orders)
        seconds = _browse(beside, host, port, job=job)
    quiet, busy = _times(alone), _times(beside)
    errors = [error for person in (*alone, *beside) for error in person.errors]
    return [
        Row(
            name="browse_while_bulk",
            database=scene.kind,
            ours=median(busy),
            ours_p99=p99(busy),
            ours_wall=median(busy),
            ours_wall_p99=p99(busy),
            base=median(quiet),
            hand_made_p99=p99(quiet),
            beside="ours: the same without a job",
            unit="ms a request",
            at_most=f"p99 {MOST_MS:g}, no error",
            is_met=p99(busy) <= MOST_MS and not errors,
            figures={"requests": len(busy), "errors": len(errors), "first_error": (errors or [""])[0]},
        ),
        Row(
            name="browse_errors",
            database=scene.kind,
            ours=len(errors),
            unit=f"of {len(busy) + len(quiet)} requests",
            at_most="0",
            is_met=not errors,
        ),
        Row(
            name="bulk_beside_people",
            database=scene.kind,
            ours=1000 * seconds / orders,
            unit="ms an order, by the wall",
            figures={"orders": orders, "seconds": seconds},
        ),
    ]


def _people(scene: Scene) -> list[Person]:
    forms = 3 if scene.sizes.is_quick else FORMS
    over = threading.Event()
    return [
        Person(
            scene.visitor(email_of(BIGGEST, number)),
            iter([reship_form(scene, order, key=f"crowd-{order}") for order in scene.untouched.take(forms)]),
            over,
            least=6,
        )
        for number in range(1, PEOPLE + 1)
    ]


def _times(people: list[Person]) -> list[float]:
    return [milliseconds for person in people for milliseconds in person.times]


def _browse(people: list[Person], host: str, port: int, *, seconds: float = 0, job: Job | None = None) -> float:
    """Lets them browse for so long, or until the job is done; answers how many seconds that took."""
    threads = [threading.Thread(target=person.browse, args=(host, port), daemon=True) for person in people]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    if job is None:
        time.sleep(seconds)
    else:
        _wait_for(job)
    people[0].over.set()
    took = time.monotonic() - started
    for thread in threads:
        thread.join(60)
    return took


def _wait_for(job: Job) -> None:
    give_up_at = time.monotonic() + 600
    with scope(client=job.client_id):
        while job.has_work:
            assert time.monotonic() < give_up_at, f"the job was not done in time: {job.done} of {job.submitted}"
            time.sleep(0.25)
            job.refresh_from_db()


@contextlib.contextmanager
def server(scene: Scene) -> Iterator[tuple[str, int]]:
    """`reship serve` with its worker, until the block ends."""
    command = [str(Path(sys.executable).parent / "reship"), "serve", "--port", "0"]
    process = subprocess.Popen(command, env=scene.database.environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = process.stdout.readline()
        address = re.search(r"http://\S+", told)
        assert address is not None, f"the server did not open: {told}"
        parts = urlsplit(address.group())
        assert parts.hostname is not None
        assert parts.port is not None
        yield parts.hostname, parts.port
    finally:
        process.terminate()
        process.wait(30)
