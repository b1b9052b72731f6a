"""Who may do what: every verb by every role, and nobody by way of another client."""

from collections.abc import Callable

import pytest

from reship.clients.access import Actor, not_allowed
from reship.clients.models import Client
from reship.clients.roles import COMPANY_ROLES, DEEDS, RIGHTS, Right, Role
from reship.errors import Refusal, result_of
from reship.fulfilment.cancel import cancel_shipment
from reship.fulfilment.claim import ClaimRequest, claim_batch
from reship.fulfilment.count import Count, count_stock
from reship.fulfilment.depart import depart_shipment
from reship.fulfilment.edit_product import ProductEdit, edit_product
from reship.fulfilment.edit_shipment import EditRequest, edit_shipment
from reship.fulfilment.hold import HoldRequest, lift_hold, place_hold
from reship.fulfilment.manifest import ManifestRequest, depart_on_manifest
from reship.fulfilment.outcome import mark_shipment
from reship.fulfilment.pack import PackRequest, pack_shipment
from reship.fulfilment.pick import pick_shipment
from reship.fulfilment.place_order import place_order
from reship.fulfilment.pull import finish_pull, scan_pulled
from reship.fulfilment.receive import Goods, receive_goods
from reship.fulfilment.reship import preview_reship, reship_order
from reship.fulfilment.restock import RestockRequest, restock_shipment
from reship.fulfilment.stock import Adjustment, Delivery, NewProduct, add_product, adjust_stock, receive_stock
from reship.fulfilment.take_over import take_over
from reship.fulfilment.verify import PackScan, scan_to_pack
from reship.inventory.audit import audit
from reship.orders.history import Item
from reship.orders.models import Departure, HoldKind, ShipmentStatus
from tests.world import World, new_order, reship_request

EVERYBODY = {"vic", "dana", "mara", "pim", "otto", "ada"}
AGENTS = {"dana", "mara", "otto", "ada"}
MANAGERS = {"mara", "otto", "ada"}
WAREHOUSE = {"pim", "otto", "ada"}
OPERATORS = {"otto", "ada"}

Deed = Callable[[World, Client, Actor], object]


def reship(world: World, client: Client, actor: Actor) -> object:
    return reship_order(reship_request("1042"), client=client, actor=actor, at=world.later())


def preview(world: World, client: Client, actor: Actor) -> object:
    return preview_reship(reship_request("1042"), client=client, actor=actor)


def reship_with_add_back(world: World, client: Client, actor: Actor) -> object:
    return reship_order(reship_request("1042", add_back=True), client=client, actor=actor, at=world.later())


def send_again_anyway(world: World, client: Client, actor: Actor) -> object:
    request = reship_request("1042", send_again_anyway=True, note="They insist.")
    return reship_order(request, client=client, actor=actor, at=world.later())


def place(world: World, client: Client, actor: Actor) -> object:
    return place_order(new_order("2000", {"MUG": 1}), client=client, actor=actor, at=world.later())


def hold(world: World, client: Client, actor: Actor) -> object:
    return place_hold(HoldRequest("1042", "CLIENT"), client=client, actor=actor, at=world.later())


def lift(world: World, client: Client, actor: Actor) -> object:
    world.hold("1042", kind=HoldKind.FRAUD)
    return lift_hold(HoldRequest("1042", "FRAUD"), client=client, actor=actor, at=world.later())


def lift_an_operators(world: World, client: Client, actor: Actor) -> object:
    world.hold("1042", kind=HoldKind.FRAUD, actor=world.otto)
    return lift_hold(HoldRequest("1042", "FRAUD"), client=client, actor=actor, at=world.later())


def edit(world: World, client: Client, actor: Actor) -> object:
    return edit_shipment(EditRequest("1042-1", method="Express"), client=client, actor=actor, at=world.later())


def cancel(world: World, client: Client, actor: Actor) -> object:
    return cancel_shipment("1042-1", client=client, actor=actor, at=world.later())


def pick(world: World, client: Client, actor: Actor) -> object:
    return pick_shipment("1042-1", client=client, actor=actor, at=world.later())


def pack(world: World, client: Client, actor: Actor) -> object:
    world.ship("1042-1", until=ShipmentStatus.PICKING)
    return pack_shipment(PackRequest("1042-1", by_hand=True), client=client, actor=actor, at=world.later())


def claim(world: World, client: Client, actor: Actor) -> object:
    return claim_batch(ClaimRequest("MAIN"), client=client, actor=actor, at=world.later())


def scan_to(world: World, client: Client, actor: Actor) -> object:
    program = Actor.program("Command line")
    pick_shipment("1042-1", client=world.acme, actor=program, at=world.later())
    return scan_to_pack(PackScan("1042-1", "MUG"), client=client, actor=actor, at=world.later())


def take(world: World, client: Client, actor: Actor) -> object:
    program = Actor.program("Command line")
    pick_shipment("1042-1", client=world.acme, actor=program, at=world.later())
    return take_over("1042-1", client=client, actor=actor, at=world.later())


def depart(world: World, client: Client, actor: Actor) -> object:
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    return depart_shipment("1042-1", how=Departure.HAND, client=client, actor=actor, at=world.later())


def lose(world: World, client: Client, actor: Actor) -> object:
    world.ship("1042-1")
    return mark_shipment("1042-1", ShipmentStatus.LOST, client=client, actor=actor, at=world.later())


def restock(world: World, client: Client, actor: Actor) -> object:
    world.ship("1042-1", until=ShipmentStatus.RETURNED)
    return restock_shipment(RestockRequest("1042-1"), client=client, actor=actor, at=world.later())


def receive(world: World, client: Client, actor: Actor) -> object:
    return result_of(receive_stock([Delivery("MUG", "MAIN", 1)], client=client, actor=actor, at=world.later()))


def adjust(world: World, client: Client, actor: Actor) -> object:
    adjustment = Adjustment("MUG", "MAIN", -1, "broken")
    return result_of(adjust_stock([adjustment], client=client, actor=actor, at=world.later()))


def receive_by_scan(world: World, client: Client, actor: Actor) -> object:
    return receive_goods([Goods("MUG", 1)], warehouse="MAIN", client=client, actor=actor, at=world.later())


def count(world: World, client: Client, actor: Actor) -> object:
    counts = [Count("MUG", 99)]
    return count_stock(counts, warehouse="MAIN", reason="year's end", client=client, actor=actor, at=world.later())


def give_barcode(world: World, client: Client, actor: Actor) -> object:
    return edit_product(ProductEdit("MUG", barcode="4006381333931"), client=client, actor=actor, at=world.later())


def set_cost(world: World, client: Client, actor: Actor) -> object:
    return edit_product(ProductEdit("MUG", unit_cost="2.50"), client=client, actor=actor, at=world.later())


def load(world: World, client: Client, actor: Actor) -> object:
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    return depart_on_manifest(["1042-1"], ManifestRequest("MAIN"), client=client, actor=actor, at=world.later())


def pull(world: World, client: Client, actor: Actor) -> object:
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    world.reship("1042", add_back=True)
    scan_pulled("1042-1", "MUG", quantity=2, client=client, actor=actor, at=world.later())
    return finish_pull("1042-1", client=client, actor=actor, at=world.later())


def write_off_damaged(world: World, client: Client, actor: Actor) -> object:
    world.ship("1042-1", until=ShipmentStatus.RETURNED)
    request = RestockRequest("1042-1", damaged=(Item("MUG", 1),))
    return restock_shipment(request, client=client, actor=actor, at=world.later())


def add(world: World, client: Client, actor: Actor) -> object:
    return add_product(NewProduct("NEW", "New"), client=client, actor=actor, at=world.later())


MAY: list[tuple[Deed, set[str]]] = [
    (reship, AGENTS),
    (preview, AGENTS),
    (reship_with_add_back, MANAGERS),
    (send_again_anyway, MANAGERS),
    (place, AGENTS),
    (hold, AGENTS),
    (lift, AGENTS),
    (lift_an_operators, OPERATORS),
    (edit, AGENTS),
    (cancel, MANAGERS),
    (pick, WAREHOUSE),
    (pack, {"otto", "ada"}),
    (claim, WAREHOUSE),
    (scan_to, WAREHOUSE),
    (take, WAREHOUSE),
    (depart, WAREHOUSE),
    (lose, WAREHOUSE),
    (restock, WAREHOUSE),
    (receive, WAREHOUSE),
    (adjust, WAREHOUSE),
    (receive_by_scan, WAREHOUSE),
    (count, WAREHOUSE),
    (give_barcode, WAREHOUSE),
    (set_cost, {"mara", "otto", "ada"}),
    (load, WAREHOUSE),
    (pull, WAREHOUSE),
    (write_off_damaged, WAREHOUSE),
    (add, AGENTS),
]


@pytest.mark.parametrize("name", sorted(EVERYBODY))
@pytest.mark.parametrize(("deed", "people"), MAY)
def test_a_deed_is_done_by_those_who_may_and_refused_to_all_others(
    world: World, deed: Deed, people: set[str], name: str
) -> None:
    world.place("1042", MUG=2)
    actor: Actor = getattr(world, name)
    if name in people:
        deed(world, world.acme, actor)
    else:
        with pytest.raises(Refusal) as refusal:
            deed(world, world.acme, actor)
        assert (refusal.value.code, refusal.value.figures["role"]) == ("not_allowed", actor.role.value)
    assert audit() == []


@pytest.mark.parametrize("deed", [deed for deed, _ in MAY])
def test_nobody_does_anything_to_another_client(world: World, deed: Deed) -> None:
    world.place("1042", MUG=2)
    with pytest.raises(Refusal) as refusal:
        deed(world, world.acme, world.wren)
    assert refusal.value.code in {"client_not_found", "order_not_found"}
    assert world.wren.name not in {event.actor for event in world.events("1042")}
    assert audit() == []


@pytest.mark.parametrize("deed", [reship, preview, hold, edit, cancel, pick])
def test_another_clients_document_looks_like_an_unknown_one(world: World, deed: Deed) -> None:
    with pytest.raises(Refusal) as unknown:
        deed(world, world.other, world.otto)
    world.place("1042", MUG=2)
    with pytest.raises(Refusal) as foreign:
        deed(world, world.other, world.otto)
    assert foreign.value.as_json() == unknown.value.as_json()
    assert foreign.value.code in {"order_not_found", "shipment_not_found"}


def test_the_table_of_rights_is_as_designed() -> None:
    agent = {Right.VIEW, Right.PLACE_ORDER, Right.RESHIP, Right.HOLD, Right.EDIT_SHIPMENT}
    assert {role: set(rights) for role, rights in RIGHTS.items()} == {
        Role.VIEWER: {Right.VIEW},
        Role.AGENT: agent,
        Role.MANAGER: agent
        | {Right.RESHIP_AGAIN, Right.ADD_BACK, Right.SEND_AGAIN_ANYWAY, Right.CANCEL, Right.BULK}
        | {Right.SEE_COSTS, Right.PEOPLE, Right.KEYS, Right.WEBHOOKS, Right.SHOPS, Right.SEE_CLIENT_SETTINGS},
        Role.PACKER: {Right.VIEW, Right.CHOOSE_CLIENT, Right.WAREHOUSE_WORK, Right.ADJUST_STOCK},
        Role.OPERATOR: set(Right) - {Right.SETTINGS},
        Role.ADMIN: set(Right),
    }


def test_every_right_has_words_and_whoever_lacks_it_hears_whose_it_is(world: World) -> None:
    assert set(DEEDS) == set(Right)
    assert not_allowed(world.dana, Right.ADD_BACK).message == "Dana (agent) may not add inventory back; a manager may."
    assert not_allowed(world.pim, Right.PEOPLE).message == (
        "Pim (packer) may not manage people; an operator or an admin may."
    )


def test_a_program_acts_for_the_company() -> None:
    program = Actor.program("command line")
    assert (program.is_of_company, program.role in COMPANY_ROLES, program.may(Right.SETTINGS)) == (True, True, True)
