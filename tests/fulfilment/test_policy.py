"""The client's policies on reships: a second one needs a manager, and there are caps of an order and of a day."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from reship.clients.models import Client
from reship.errors import Refusal
from reship.fulfilment.reship import reship_orders
from reship.inventory.audit import audit
from tests.world import World, refused, reship_request

pytestmark = pytest.mark.django_db


@pytest.fixture
def left(world: World) -> Iterator[World]:
    for number in ("1042", "1043", "1044"):
        world.place(number, MUG=3)
        world.ship(f"{number}-1")
    yield world
    assert audit() == []


def set_policy(client: Client, **values: object) -> None:
    for name, value in values.items():
        setattr(client, name, value)
    client.save()


def test_a_second_reship_of_an_order_needs_a_manager(left: World) -> None:
    set_policy(left.acme, second_reship_needs_manager=True)
    left.reship("1042", MUG=1)
    with refused("not_allowed", right="reship_again", role="agent"):
        left.reship("1042", MUG=1)
    assert left.reship("1042", MUG=1, actor=left.mara).shipment == "1042-R2"


def test_a_cancelled_reship_does_not_count(left: World) -> None:
    set_policy(left.acme, second_reship_needs_manager=True)
    left.reship("1042", MUG=1)
    left.cancel("1042-R1")
    assert left.reship("1042", MUG=1).shipment == "1042-R2"


def test_the_cap_of_an_order_binds_the_client_and_not_the_company(left: World) -> None:
    set_policy(left.acme, most_reships_of_order=1)
    left.reship("1042", MUG=1)
    with refused("too_many_reships", order="1042", made=1, most=1):
        left.reship("1042", MUG=1, actor=left.mara)
    assert left.reship("1042", MUG=1, actor=left.otto).shipment == "1042-R2"


def test_the_cap_of_a_day_counts_a_batch_one_by_one_and_ends_with_the_clients_day(left: World) -> None:
    set_policy(left.acme, most_reships_a_day=2, timezone="Pacific/Auckland")
    requests = [reship_request(number) for number in ("1042", "1043", "1044")]
    outcomes = reship_orders(requests, client=left.acme, actor=left.mara, at=left.later())
    assert [outcome.code if isinstance(outcome, Refusal) else outcome.shipment for outcome in outcomes] == [
        "1042-R1",
        "1043-R1",
        "too_many_reships",
    ]
    # 09:00 UTC is 22:00 in Auckland.
    left.now += timedelta(hours=2)
    assert left.reship("1044").shipment == "1044-R1"
