"""docs/webhooks.md: its receiver runs, and its table is what is sent."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from reship.webhooks.endpoints import EndpointWish, change_endpoint, rotate_secret
from reship.webhooks.event_types import _TELLERS, CHOSEN_FROM
from reship.webhooks.resend import send_test_event
from tests.webhooks.listening import deliveries, listen, send_due, told
from tests.world import World

GUIDE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()


class Anything(dict[str, Any]):
    """The facts of any event."""

    def __missing__(self, name: str) -> str:
        return name


def test_the_table_names_each_type_and_what_it_tells() -> None:
    rows = re.findall(r"^\| `([a-z.]+)` \| [^|]+ \| ([^|]+) \|$", GUIDE, re.MULTILINE)
    documented = {name: re.findall("`([a-z_]+)`", fields) for name, fields in rows}
    told_of = {told.type.value: list(told.data) for teller in _TELLERS.values() for told in teller(Anything())}
    assert documented == told_of
    assert list(documented) == [kind.value for kind in CHOSEN_FROM]


@pytest.fixture
def receiver_of_the_guide(tmp_path: Path) -> Iterator[Any]:
    """Starts the guide's receiver with a secret; gives its address and what it says."""
    (example,) = re.findall(r"^```python\n(.+?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    (tmp_path / "receiver.py").write_text(example)
    started: list[subprocess.Popen[str]] = []

    def start(secret: str) -> tuple[str, subprocess.Popen[str]]:
        process = subprocess.Popen(
            [sys.executable, tmp_path / "receiver.py"],
            env={**os.environ, "WEBHOOK_SECRET": secret, "PORT": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        return process.stdout.readline().removeprefix("Listening on ").strip(), process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_the_receiver_of_the_guide_verifies_and_hears(world: World, receiver_of_the_guide: Any) -> None:
    by_mara: dict[str, Any] = {"client": world.acme, "actor": world.mara, "at": timezone.now()}
    shown = listen(world, types=("order.placed", "order.reshipped"))
    url, process = receiver_of_the_guide(shown.secret)
    reference = shown.endpoint.reference
    with override_settings(OUTGOING_ALLOWED=["127.0.0.1/32"]):
        change_endpoint(reference, EndpointWish(url, event_types=shown.endpoint.event_types), **by_mara, address="")
        world.acme.refresh_from_db()
        world.place("1042", MUG=2)
        world.reship("1042", MUG=1)
        for _ in range(2):
            send_due(timezone.now())
        rotate_secret(reference, overlap=timedelta(0), **by_mara, address="")
        send_test_event(reference, **by_mara)
        send_due(timezone.now())
    # The last one is signed with a secret that the receiver does not know.
    assert told() == ["1042 order.placed DELIVERED", "1042 order.reshipped DELIVERED", "- webhook.test PENDING"]
    assert deliveries()[2].last_status == 400
    process.kill()
    assert process.stdout.read().splitlines() == [
        "order.placed Order placed: 2 × MUG, to go as 1042-1.",
        "order.reshipped Re-shipped 1 × MUG of 1042-1 as 1042-R1; reason: lost in transit; nothing added back.",
    ]
