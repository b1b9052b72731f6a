"""A reship that is asked for twice is done once, and answered twice with the same answer."""

from dataclasses import replace

from django_scopes import scope

from reship.errors import Refusal
from reship.fulfilment.models import RequestKey
from reship.fulfilment.reship import Reshipped, reship_orders
from reship.fulfilment.reship_plan import ReshipRequest
from reship.inventory.audit import audit
from tests.world import World, refused, reship_request


def kept_keys(world: World) -> list[str]:
    with scope(client=world.acme.pk):
        return list(RequestKey.objects.order_by("key").values_list("key", flat=True))


def test_the_same_request_again_answers_with_the_first_result(world: World) -> None:
    world.place("1042", MUG=2)
    request = reship_request("1042", {"MUG": 1}, add_back=True, hold=True, key="K")
    first = world.send(request)
    again = world.send(request)
    assert again == replace(first, replayed=True)
    assert world.facts("1042").order.reshipments_made == 1
    assert audit() == []


def test_a_replay_answers_the_same_whatever_has_changed_since(world: World) -> None:
    world.place("1042", MUG=2)
    request = reship_request("1042", key="K")
    first = world.send(request)
    world.cancel("1042-R1")
    world.cancel("1042-1")
    world.acme.reason_required = True
    assert world.send(request) == replace(first, replayed=True)
    assert world.status("1042") == "CANCELLED"
    assert audit() == []


def test_a_key_stands_for_everything_that_was_asked(world: World) -> None:
    world.place("1042", MUG=2)
    request = reship_request("1042", {"MUG": 1}, key="K")
    world.send(request)
    others = [
        replace(request, note="another note"),
        replace(request, hold=True),
        replace(request, source="1042-1"),
        replace(request, method="Express"),
        replace(request, items=None),
    ]
    for other in others:
        with refused("request_key_reused", key="K"):
            world.send(other)


def test_the_key_of_a_refused_request_is_not_kept(world: World) -> None:
    world.place("1042", TEE=6)
    request = reship_request("1042", key="K")
    with refused("not_enough_available", sku="TEE", asked=6, available=4):
        world.send(request)
    assert kept_keys(world) == []
    world.receive(TEE=2)
    assert not world.send(request).replayed
    assert kept_keys(world) == ["K"]
    assert audit() == []


def test_a_refused_request_leaves_its_key_for_another_request(world: World) -> None:
    world.place("1042", MUG=2)
    with refused("more_than_shipped", shipment="1042-1", sku="MUG", shipped=2, asked=3):
        world.reship("1042", MUG=3, key="K")
    assert world.reship("1042", MUG=2, key="K").shipment == "1042-R1"
    assert audit() == []


def test_two_requests_with_one_key_in_one_batch_are_done_once(world: World) -> None:
    world.place("1042", MUG=2)
    request = reship_request("1042", {"MUG": 1}, key="K")
    first, second = batch(world, request, request)
    assert isinstance(first, Reshipped)
    assert second == replace(first, replayed=True)
    assert world.items("1042-R1") == {"MUG": 1}
    assert audit() == []


def test_another_request_with_a_key_of_the_same_batch_is_refused(world: World) -> None:
    world.place("1042", MUG=2)
    first, second = batch(
        world, reship_request("1042", {"MUG": 1}, key="K"), reship_request("1042", {"MUG": 2}, key="K")
    )
    assert isinstance(first, Reshipped)
    assert isinstance(second, Refusal)
    assert (second.code, kept_keys(world)) == ("request_key_reused", ["K"])
    assert audit() == []


def test_a_request_refused_in_a_batch_leaves_its_key_for_the_next_one(world: World) -> None:
    world.place("1042", MUG=2)
    asked = [reship_request("1042", {"MUG": quantity}, key="K") for quantity in (3, 2, 2, 1)]
    refused_one, done, again, other = batch(world, *asked)
    assert isinstance(refused_one, Refusal)
    assert isinstance(done, Reshipped)
    assert again == replace(done, replayed=True)
    assert isinstance(other, Refusal)
    assert (refused_one.code, done.items, other.code) == ("more_than_shipped", (("MUG", 2),), "request_key_reused")
    assert batch(world, asked[1]) == [again]
    assert audit() == []


def test_a_key_that_cannot_be_stored_stops_only_its_own_request(world: World) -> None:
    world.place("1042", MUG=2)
    world.place("1043", MUG=2)
    bad, good = batch(world, reship_request("1042", key="\0"), reship_request("1043", key="K"))
    assert isinstance(bad, Refusal)
    assert isinstance(good, Reshipped)
    assert (bad.code, kept_keys(world)) == ("invalid_request_key", ["K"])
    assert audit() == []


def test_another_client_may_use_the_same_key(world: World) -> None:
    world.place("1042", MUG=2)
    world.place("1042", client=world.other, MUG=1)
    ours = world.send(reship_request("1042", key="K"))
    theirs = world.send(reship_request("1042", key="K"), client=world.other)
    assert (ours.items, theirs.items, theirs.replayed) == ((("MUG", 2),), (("MUG", 1),), False)
    assert audit() == []


def batch(world: World, *requests: ReshipRequest) -> list[Reshipped | Refusal]:
    return reship_orders(requests, client=world.acme, actor=world.mara, at=world.later())
