"""Workers that are killed, and workers side by side: nothing is lost, and each order's story keeps its order."""

import os
import random
import signal
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone
from django_scopes import scopes_disabled

from reship.webhooks import deliver, event_types, fan_out
from reship.webhooks.models import DeliveryState, WebhookDelivery
from reship.webhooks.work import Sender
from tests.concurrency.children import Child, in_processes
from tests.databases import RealDatabase
from tests.webhooks.listening import Receiver, events_to_send, listen, receiver
from tests.world import World, make_world

TYPES = ("order.placed", "order.reshipped")
KILLS = int(os.environ.get("RESHIP_KILLS", "10"))


@pytest.fixture
def there(real_database: RealDatabase) -> Iterator[Receiver]:
    with receiver() as listening, override_settings(OUTGOING_ALLOWED=["127.0.0.1/32"]):
        yield listening


def listening_world(there: Receiver) -> World:
    world = make_world()
    there.secret = listen(world, there.url, types=TYPES).secret
    world.acme.refresh_from_db()
    return world


def tell(world: World, *numbers: str) -> None:
    """What is told of each of these orders: that it was placed, and two reships."""
    for number in numbers:
        world.place(number, MUG=2)
        for _ in range(2):
            world.reship(number, MUG=1)


def work_to_the_end() -> None:
    sender = Sender(timezone.now)
    while sender.work_once() or sender.is_anything_under_way():
        sender.wait(0.05)
    sender.close(1)


def killed_at(step: int) -> Callable[[], None]:
    """A worker that ends by SIGKILL before its statement of this number."""

    def work() -> None:
        left = step

        def count(execute: Callable[..., Any], *statement: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(*statement)

        with connection.execute_wrapper(count):
            work_to_the_end()

    return work


def a_minute_passes() -> None:
    """The leases of those who died end."""
    with scopes_disabled():
        WebhookDelivery.objects.exclude(lease="").update(next_at=timezone.now())


def check_story(there: Receiver, *numbers: str) -> None:
    """Each order's messages came in their order, each again only with its own id, and none is on its way."""
    heard: dict[str, list[int]] = defaultdict(list)
    ids: dict[tuple[str, int], set[str]] = defaultdict(set)
    for message_id, message in there.heard:
        data = message["data"]
        heard[data["order"]].append(data["sequence"])
        ids[data["order"], data["sequence"]].add(message_id)
    assert {number: sorted(sequences) for number, sequences in heard.items()} == heard
    assert {number: set(sequences) for number, sequences in heard.items()} == {number: {1, 2, 3} for number in numbers}
    assert {len(of_message) for of_message in ids.values()} == {1}
    with scopes_disabled():
        assert {delivery.state for delivery in WebhookDelivery.objects.all()} == {DeliveryState.DELIVERED}
    assert events_to_send() == 0


def test_workers_killed_at_random_lose_nothing_and_keep_the_order(there: Receiver) -> None:
    world = listening_world(there)
    numbers = ["1", "2", "3", "4"]
    tell(world, *numbers)
    chance = random.Random(int(os.environ.get("RESHIP_SEED", "1")))
    for _ in range(KILLS):
        Child(killed_at(chance.randint(1, 60))).answer()
        a_minute_passes()
    work_to_the_end()
    check_story(there, *numbers)


def test_what_was_answered_to_a_killed_worker_comes_again_with_the_same_id(there: Receiver) -> None:
    world = listening_world(there)
    tell(world, "1")
    victim = Child(work_to_the_end)

    def kill(_: Any) -> tuple[int, dict[str, str], bytes]:
        victim.kill()
        return 204, {}, b""

    there.answer = kill
    assert victim.answer() is None
    there.answer = lambda _: (204, {}, b"")
    a_minute_passes()
    work_to_the_end()
    assert [message["data"]["sequence"] for _, message in there.heard] == [1, 1, 2, 3]
    check_story(there, "1")


def test_what_cannot_be_told_keeps_nobody_else_waiting(there: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    world = listening_world(there)
    others = listen(world, there.url, client=world.other, types=TYPES)
    there.secret = others.secret
    world.other.refresh_from_db()
    world.place("1", MUG=1)
    world.place("77", client=world.other, MUG=1)
    told = event_types.messages_of
    monkeypatch.setattr(
        fan_out, "messages_of", lambda event: told(event) if event.client_id == world.other.pk else 1 / 0
    )
    work_to_the_end()
    assert (there.texts(), events_to_send()) == (["77 order.placed"], 1)


def test_workers_side_by_side_keep_the_order_and_send_each_once(
    there: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "DELAYS", (timedelta(0),) * 9)
    world = listening_world(there)
    numbers = [str(number) for number in range(1, 7)]
    tell(world, *numbers)
    refused: set[str] = set()

    def refuse_some_once(handler: Any) -> tuple[int, dict[str, str], bytes]:
        message_id = handler.headers["webhook-id"]
        if int(message_id[-4:], 16) % 3 == 0 and message_id not in refused:
            refused.add(message_id)
            return 500, {}, b""
        return 204, {}, b""

    there.answer = refuse_some_once
    in_processes([work_to_the_end] * 3)
    work_to_the_end()
    check_story(there, *numbers)
    assert len(there.heard) == 3 * len(numbers) + len(refused)
