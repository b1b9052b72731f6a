"""What schemathesis says about the API: cases that its document allows or forbids, sent as a role."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from django.core.wsgi import get_wsgi_application
from django.db import connections
from schemathesis import engine, openapi
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events
from schemathesis.transport.wsgi import WSGITransport

from reship.api.urls import openapi_document
from reship.clients.api_keys import NewKey, make_key
from reship.clients.roles import Role, Scope
from reship.orders.models import ShipmentStatus
from tests.concurrency.scene import place_each
from tests.world import make_world

POSITIVE = (
    # It was done, or the rows are there.
    *("200", "201", "202", "204"),
    # The role or the key's scopes do not include it; the number, the SKU or the job is nobody's; it cannot be done as
    # things stand now, which for an edit is that somebody was quicker.
    *("403", "404", "409", "412"),
    # A schema knows the form of a text and not whether there is such a SKU, reason, country or cursor: the rules of the
    # verbs do, and refuse what was entered with the same code at every door.
    "422",
)
"""The statuses with which a request that the document allows may be answered.

400, 401, 406, 413, 415, 428 and 429 are not among them: such a request can be read, has a key that is valid and need
not wait, is short, is JSON, and has an If-Match where one is required.
"""
POSITIVE_OF = {
    # A made-up id and secret are no key's, and after some of them none is looked at for a while.
    "make_access_token": (*POSITIVE, "400", "401", "429"),
}
"""Where an operation differs from `POSITIVE`."""
NEGATIVE = ("400", "401", "403", "404", "405", "409", "412", "413", "415", "422", "428")
"""The statuses with which a request that the document forbids may be answered: anything but done.

What is wrong first is told first, and nothing says in which order: an unknown number, or a bad body.
"""
WITHOUT_A_HEADER = ("400", "401", "403", "404", "415", "422", "428")
"""The statuses with which a request may be answered that lacks a header; 428 is If-Match's own."""
CHECKS_LEFT_OUT = (
    # Needs keys of two people in one run; the tests of rights compare keys of two clients.
    "object_level_authorization",
)
PHASES = ("examples", "coverage", "fuzzing", "stateful")
ORDERS = [str(number) for number in range(1042, 1072)]
_KNOWN = {
    "numbers": [*ORDERS, *(f"{number}-1" for number in ORDERS), "A.B ~1"],
    "skus": ["MUG", "CUP", "TEE"],
    "reasons": ["lost", "damaged"],
}
_NAMED = {
    "path.number": "numbers",
    "path.sku": "skus",
    "body.source": "numbers",
    "body.reason": "reasons",
    "body.items[*].sku": "skus",
}
"""Which texts should often be those of something that exists: most made-up ones end at `order_not_found`."""


@dataclass
class Findings:
    """What a run sent, what came back, and what is wrong, each told once."""

    statuses: Counter[int] = field(default_factory=Counter)
    phases: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        return self.statuses.total()


def paths_of_the_api() -> list[str]:
    return list(openapi_document()["paths"])


def fuzz(
    key: str, *, cases: int, seed: int, phases: Collection[str] = PHASES, only: Collection[str] | None = None
) -> Findings:
    """Calls the API in this process with this key; `cases` is about how many requests are made up.

    Those of the phases `examples` and `coverage` follow from the document, and come on top. The same seed sends the
    same requests while the document stays the same. `only` holds paths; None stands for all.
    """
    document = openapi_document()
    paths = {path: of_path for path, of_path in document["paths"].items() if only is None or path in only}
    operations = sum(len(of_path) for of_path in paths.values())
    schema = openapi.from_dict(
        {**document, "paths": paths},
        config=_config(key, cases=cases, seed=seed, phases=phases, operations=operations),
    )
    schema.app = _application()
    findings = Findings()
    with _connections_that_stay(), _probes_without_sockets():
        for event in engine.from_schema(schema).execute():
            _note(event, findings)
    return findings


def key_for_fuzzing(role: Role) -> str:
    """Makes a world with orders in the empty database at hand, and a key of this role for all that keys may do."""
    world = make_world()
    world.receive(MUG=1_000, CUP=1_000, TEE=1_000)
    for first, status in enumerate((ShipmentStatus.DEPARTED, ShipmentStatus.PACKED, ShipmentStatus.OPEN)):
        place_each(world, {number: ["MUG", "CUP"] for number in ORDERS[first::3]}, status=status)
    world.place("A.B ~1", TEE=1)
    new = NewKey("fuzz", [scope.value for scope in Scope], role=role.value, requests_a_minute=100_000)
    return make_key(new, client=world.acme, actor=world.ada, at=world.later(), address="").text


def _config(key: str, *, cases: int, seed: int, phases: Collection[str], operations: int) -> SchemathesisConfig:
    made_up = {
        "fuzzing": {"max-examples": max(1, cases // (2 * operations))},
        # A scenario is some five requests.
        "stateful": {"max-examples": max(1, cases // 10)},
    }
    return SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "dictionaries": {name: {"values": values} for name, values in _KNOWN.items()},
            "parameters": {place: {"dictionary": name, "probability": 0.6} for place, name in _NAMED.items()},
            "auth": {"openapi": {"ApiKey": {"bearer": key}}},
            "checks": {
                "positive_data_acceptance": {"expected-statuses": list(POSITIVE)},
                "negative_data_rejection": {"expected-statuses": list(NEGATIVE)},
                "missing_required_header": {"expected-statuses": list(WITHOUT_A_HEADER)},
                **{name: {"enabled": False} for name in CHECKS_LEFT_OUT},
            },
            "operations": [
                {
                    "include-operation-id": name,
                    "checks": {"positive_data_acceptance": {"expected-statuses": list(statuses)}},
                }
                for name, statuses in POSITIVE_OF.items()
            ],
            "continue-on-failure": True,
            "phases": {
                name: {"enabled": name in phases} | ({"generation": made_up[name]} if name in made_up else {})
                for name in PHASES
            },
            "generation": {
                # What fails is told as it came: to make it smaller takes longer than to look at it.
                "no-shrink": True,
                "database": "none",
                # No schema can say that a text has no NUL; the gate refuses it with 400 wherever it is.
                "allow-x00": False,
            },
        }
    )


def _application() -> Callable[..., Iterable[bytes]]:
    """The portal as a server calls it, which also closes what it answers."""
    portal = get_wsgi_application()

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer: Any = portal(environ, start_response)
        try:
            return [b"".join(answer)]
        finally:
            answer.close()

    return application


@contextmanager
def _connections_that_stay() -> Iterator[None]:
    """One connection per thread of schemathesis, as under `reship serve`, instead of one per request."""
    settings: Any = connections.settings["default"]
    before = settings.get("CONN_MAX_AGE", 0)
    settings["CONN_MAX_AGE"] = None
    try:
        yield
    finally:
        settings["CONN_MAX_AGE"] = before


@contextmanager
def _probes_without_sockets() -> Iterator[None]:
    """Its probes for ignored keys tell werkzeug's client how to use a socket, which that does not know."""
    send = WSGITransport.send

    def without(self: Any, case: Any, **settings: Any) -> Any:
        for name in ("max_redirects", "verify", "cert", "proxies"):
            settings.pop(name, None)
        return send(self, case, **settings)

    with patch.object(WSGITransport, "send", without):
        yield


def _note(event: Any, findings: Findings) -> None:
    if isinstance(event, events.ScenarioFinished):
        for interaction in event.recorder.interactions.values():
            if interaction.response is not None:
                findings.statuses[interaction.response.status_code] += 1
                findings.phases[event.phase.value] += 1
        for case_id, checks in event.recorder.checks.items():
            for check in checks:
                if check.status == Status.FAILURE and check.failure_info is not None:
                    _note_failure(event, case_id, check, findings)
    elif isinstance(event, events.NonFatalError):
        findings.wrong.setdefault(f"{event.label}: {event.value!r}"[:300], str(event.info.format()))
    elif isinstance(event, events.FatalError):
        raise event.exception


def _note_failure(event: events.ScenarioFinished, case_id: str, check: Any, findings: Findings) -> None:
    interaction = event.recorder.interactions.get(case_id)
    response = interaction.response if interaction is not None else None
    status, answer = (response.status_code, response.content[:600]) if response is not None else (0, b"")
    failure = check.failure_info.failure
    label = event.recorder.cases[case_id].value.operation.label
    findings.wrong.setdefault(
        f"{label}: {check.name}: {failure.title} ({status})",
        f"{event.phase.value}\n{failure.message}\n{check.failure_info.code_sample}\n{answer.decode(errors='replace')}",
    )
