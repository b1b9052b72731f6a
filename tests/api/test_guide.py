"""The API guide's examples are run in their order, and answer what the guide shows."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.test import Client

from reship.inventory.audit import audit
from reship.orders.models import ShipmentStatus
from tests.api.calling import api_of
from tests.world import World

GUIDE = Path(__file__).parent.parent.parent / "docs" / "api.md"
_EXAMPLE = re.compile(r"```sh\n(curl .*?)```\s*```json (\d+)\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A request as the guide writes it, and the answer that it shows."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str
    status: int
    shown: Any


def examples() -> Iterator[Example]:
    for command, status, shown in _EXAMPLE.findall(GUIDE.read_text()):
        words = iter(shlex.split(command.replace("\\\n", " "))[1:])
        method, url, body, headers = "", "", "", {}
        for word in words:
            if word == "-X":
                method = next(words)
            elif word == "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            elif word == "-d":
                body = next(words)
            else:
                url = word
        path = url.removeprefix("$RESHIP")
        yield Example(method or ("POST" if body else "GET"), path, headers, body, int(status), json.loads(shown))


def fits(shown: Any, told: Any) -> bool:
    """Whether an answer is what the guide shows; `…` stands for anything, and as a name for all that is left out."""
    if shown == "…":
        return True
    if isinstance(shown, dict) and isinstance(told, dict):
        named = {name: value for name, value in shown.items() if name != "…"}
        if "…" not in shown and set(named) != set(told):
            return False
        return all(name in told and fits(value, told[name]) for name, value in named.items())
    if isinstance(shown, list) and isinstance(told, list):
        return len(shown) == len(told) and all(fits(*pair) for pair in zip(shown, told, strict=True))
    return bool(shown == told)


def test_the_guide_is_true(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    key = api_of(world).key
    run = 0
    for example in examples():
        headers = {name: value.replace("$KEY", key) for name, value in example.headers.items()}
        kind = headers.pop("Content-Type", "")
        response = Client().generic(example.method, example.path, example.body, content_type=kind, headers=headers)
        told = json.loads(response.content)
        assert (response.status_code, fits(example.shown, told)) == (example.status, True), f"{example}\n{told}"
        run += 1
    assert run == GUIDE.read_text().count("\ncurl ")
    assert audit() == []
