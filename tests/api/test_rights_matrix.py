"""What each key gets at every operation of the API: the whole table, compared with the committed `rights_matrix.txt`.

A new operation fails the test until it has its row. To write the table anew:

    RESHIP_WRITE_MATRIX=1 .venv/bin/python -m pytest tests/api/test_rights_matrix.py

Then read what `git diff` says, and commit it. Each operation is asked for what its example in the OpenAPI document
says, about things of ACME that exist: see `NAMES` and `CHANGES`. So every example is shown to work, too.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from reship.api.urls import openapi_document
from reship.clients.access import Actor
from reship.clients.api_keys import NewKey, make_key
from reship.clients.models import Client
from reship.clients.roles import Role, Scope
from reship.fulfilment.stock import NewProduct, add_products
from reship.jobs.asking import JobOptions, JobOrder
from reship.jobs.change_job import confirm_job
from reship.jobs.make_job import make_job
from reship.jobs.models import JobDeed
from reship.jobs.work import work_to_the_end
from tests.api.calling import Api
from tests.webhooks.listening import named_delivery
from tests.world import World

TABLE = Path(__file__).with_name("rights_matrix.txt")
ALL = tuple(Scope)
NAMES = {
    "/bulk-reshipments": {"number": "1"},
    "/bulk-reshipments/{number}/retries": {"number": "2"},
    "/orders": {"number": "1042"},
    "/orders/{number}/cancellation": {"number": "1043"},
    "/orders/{number}/holds/{kind}": {"number": "1043", "kind": "CLIENT"},
    "/shipments": {"number": "1042-1"},
    "/shipments/{number}/cancellation": {"number": "1043-1"},
    "PATCH /shipments/{number}": {"number": "1043-1"},
    "/products": {"sku": "POT"},
    "/stock": {"sku": "POT"},
    "/webhook-endpoints": {"endpoint": "we_0123456789abcdef", "message": "msg_0123456789abcdef"},
}
"""What stands for each part of an address: of the longest beginning that fits."""
UNKNOWN = {
    "1": "991",
    "2": "992",
    "1042-1": "9942-1",
    "1042": "9942",
    "1043-1": "9943-1",
    "1043": "9943",
    "POT": "PAT",
    "we_0123456789abcdef": "we_fedcba9876543210",
    "msg_0123456789abcdef": "msg_fedcba9876543210",
}
CHANGES: Mapping[str, Mapping[str, Any]] = {"POST /orders": {"number": "2001"}}
"""What an example would collide with in this world."""


@dataclass(frozen=True)
class Operation:
    method: str
    pattern: str
    scope: str
    body: object = None
    edits: bool = False
    names: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.pattern}"

    @property
    def path(self) -> str:
        return self.pattern.format(**self.names)

    @property
    def unknown_path(self) -> str:
        """The address of what nobody has."""
        return self.pattern.format(**{part: UNKNOWN.get(name, name) for part, name in self.names.items()})


@dataclass
class Keys:
    """A key for each role and set of scopes, made once."""

    world: World
    made: dict[object, Api] = field(default_factory=dict)

    def of(self, role: Role, scopes: tuple[Scope, ...] = ALL, client: Client | None = None) -> Api:
        client = client or self.world.acme
        wanted = (role, scopes, client.pk)
        if wanted not in self.made:
            self.made[wanted] = Api(_key(self.world, role, scopes, client, self.world.ada))
        return self.made[wanted]


@dataclass(frozen=True)
class Row:
    """What they get: nobody, ACME's keys with all scopes, one of another client, and an admin's with one scope each."""

    operation: Operation
    nobody: str
    roles: Mapping[Role, str]
    foreign: str
    scopes: Mapping[Scope, str]

    @classmethod
    def of(cls, operation: Operation, keys: Keys) -> "Row":
        return cls(
            operation,
            nobody=_status(operation, Api("rsk_0000000000_none")),
            roles={role: _status(operation, keys.of(role)) for role in Role},
            foreign=_status(operation, keys.of(Role.MANAGER, client=keys.world.other)),
            scopes={scope: _status(operation, keys.of(Role.ADMIN, (scope,))) for scope in Scope},
        )

    def __str__(self) -> str:
        return _columns(self.nobody, *self.roles.values(), self.foreign, *self.scopes.values(), str(self.operation))


@pytest.fixture
def matrix_world(world: World) -> World:
    """ACME has one of everything that an operation may name, and OTHER has none of it."""
    world.place("1042", MUG=2)
    world.ship("1042-1")
    world.place("1043", MUG=2, CUP=1)
    world.hold("1043")
    add_products([NewProduct("POT", "Pot")], client=world.acme, actor=world.otto, at=world.later())
    world.receive(POT=1)
    webhook = NAMES["/webhook-endpoints"]
    named_delivery(world, webhook["endpoint"], webhook["message"])
    options = JobOptions(JobDeed.RESHIP, reason="lost")
    for number in ("1042", "none"):
        make_job([JobOrder(number)], options, client=world.acme, actor=world.mara, at=world.later())
    refused = confirm_job(2, client=world.acme, actor=world.mara, at=world.later())
    work_to_the_end(refused, now=world.later)
    return world


def test_every_key_gets_at_every_operation_what_the_table_says(matrix_world: World) -> None:
    keys = Keys(matrix_world)
    asked = [Row.of(operation, keys) for operation in operations()]
    written = HEAD + "".join(map(str, asked))
    if os.environ.get("RESHIP_WRITE_MATRIX"):
        TABLE.write_text(written)
    assert written.splitlines() == TABLE.read_text().splitlines()
    # The table could be written anew without being read; what follows holds whatever it says.
    for row in asked:
        assert row.nobody == "401", row
        assert row.roles[Role.ADMIN].startswith("2"), row
        assert not any(answer.startswith("5") for answer in (*row.roles.values(), *row.scopes.values())), row
        assert [scope for scope, answer in row.scopes.items() if answer != "403"] in ([row.operation.scope], []), row
        # A scope never widens what a role may, and a role never what a scope may.
        for role in [role for role, answer in row.roles.items() if answer != "403" and role != Role.ADMIN]:
            both = _status(row.operation, keys.of(role, (Scope(row.operation.scope),)))
            assert both == ("403" if row.scopes[Scope(row.operation.scope)] == "403" else row.roles[role]), (row, role)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.OPERATOR])
def test_what_another_client_has_is_answered_like_what_nobody_has(matrix_world: World, role: Role) -> None:
    key = Keys(matrix_world).of(role, client=matrix_world.other)
    for operation in operations():
        if operation.names:
            foreign, unknown = (_told(operation, key, path) for path in (operation.path, operation.unknown_path))
            assert foreign == unknown, operation
            assert foreign[0] in {404, 403}, operation


def _columns(*cells: str) -> str:
    return " ".join(f"{cell:8}" for cell in cells).rstrip() + "\n"


HEAD = _columns("nobody", *Role, "foreign", *Scope, "operation")


def operations() -> Iterator[Operation]:
    """Every operation that asks for a key, as the OpenAPI document has it."""
    for path, methods in openapi_document()["paths"].items():
        pattern = path.removeprefix("/api/v1")
        for name, declared in methods.items():
            if "x-scope" not in declared:
                continue
            operation = f"{name.upper()} {pattern}"
            body = declared.get("requestBody", {}).get("content", {}).get("application/json", {})
            example = body.get("examples", {}).get("example", {}).get("value")
            if operation in CHANGES:
                example = {**example, **CHANGES[operation]}
            parameters = {parameter["name"] for parameter in declared["parameters"]}
            yield Operation(
                name.upper(),
                pattern,
                declared["x-scope"],
                example,
                edits="If-Match" in parameters,
                names=_names(name.upper(), pattern),
            )


def _names(method: str, pattern: str) -> Mapping[str, str]:
    parts = re.findall(r"{(\w+)}", pattern)
    fitting = [known for known in NAMES if f"{method} {pattern}" == known or pattern.startswith(known)]
    if not parts:
        return {}
    assert fitting, f"NAMES does not say what {pattern} is about"
    names = NAMES[max(fitting, key=len)]
    return {part: names[part] for part in parts}


def _status(operation: Operation, key: Api) -> str:
    return str(_told(operation, key, operation.path)[0])


def _told(operation: Operation, key: Api, path: str) -> tuple[int, str]:
    """The status, and the body without what names it; the deed is undone, so that all find the same world."""
    headers = {"If-Match": "*"} if operation.edits else {}
    with transaction.atomic():
        if operation.method == "GET":
            response = key.get(path)
        else:
            response = key.send(operation.method, path, operation.body, **headers)
        transaction.set_rollback(True)
    body = response.content.decode()
    for known, unknown in UNKNOWN.items():
        if len(known) > 1:
            body = body.replace(unknown, known)
    if response.status_code >= 400:
        problem = json.loads(body)
        body = json.dumps({**problem, "request_id": "", "figures": list(problem["figures"]), "detail": ""})
    return response.status_code, body


def _key(world: World, role: Role, scopes: tuple[Scope, ...], client: Client, maker: Actor) -> str:
    new = NewKey("matrix", scopes, role=role, requests_a_minute=100_000)
    return make_key(new, client=client, actor=maker, at=world.later(), address="").text
