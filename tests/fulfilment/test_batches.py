"""Many requests at once: each is planned against what those before it left, and none stops another."""

from reship.clients.access import Actor
from reship.errors import Refusal
from reship.fulfilment.cancel import cancel_shipments
from reship.fulfilment.depart import depart_shipments
from reship.fulfilment.edit_shipment import EditRequest, edit_shipments
from reship.fulfilment.hold import HoldRequest, lift_holds, place_holds
from reship.fulfilment.outcome import mark_delivered, mark_lost, mark_returned
from reship.fulfilment.pack import PackRequest, pack_shipments
from reship.fulfilment.pick import pick_shipments
from reship.fulfilment.place_order import place_orders
from reship.fulfilment.reship import Reshipped, reship_orders
from reship.fulfilment.reship_plan import ReshipItem
from reship.fulfilment.restock import RestockRequest, restock_shipments
from reship.fulfilment.stock import Adjustment, Delivery, NewProduct, add_products, adjust_stock, receive_stock
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.history import Item
from reship.orders.models import Departure, HoldKind, ShipmentStatus
from tests.world import World, new_order, reship_request


def codes(outcomes: list[object]) -> list[str]:
    """Per outcome, the code of the refusal, or `done`."""
    return [outcome.code if isinstance(outcome, Refusal) else "done" for outcome in outcomes]


def test_the_refusal_of_one_reship_never_stops_another(world: World) -> None:
    for number in ("1", "2", "3"):
        world.place(number, MUG=2)
    world.cancel("2-1")
    requests = [reship_request(number) for number in ("1", "9", "2", "3")]
    outcomes = reship_orders(requests, client=world.acme, actor=world.dana, at=world.later())
    assert codes([*outcomes]) == ["done", "order_not_found", "order_cancelled", "done"]
    assert world.stock("MUG") == Balance(on_hand=100, allocated=8)
    assert audit() == []


def test_scarce_stock_goes_to_the_first_who_ask(world: World) -> None:
    for number in ("1", "2", "3"):
        world.place(number, TEE=2)
    requests = [reship_request("1"), reship_request("2", {"TEE": 2}), reship_request("3")]
    world.adjust("TEE", -1)
    outcomes = reship_orders(requests, client=world.acme, actor=world.dana, at=world.later())
    assert codes([*outcomes]) == ["done", "not_enough_available", "not_enough_available"]
    refusal = outcomes[1]
    assert isinstance(refusal, Refusal)
    assert refusal.figures == {"sku": "TEE", "asked": 2, "available": 1}
    assert world.stock("TEE") == Balance(on_hand=9, allocated=8)
    assert audit() == []


def test_units_that_one_request_adds_back_are_there_for_the_next(world: World) -> None:
    world.place("1", TEE=6)
    world.place("2", TEE=4)
    requests = [reship_request("2"), reship_request("1", {"TEE": 6}, add_back=True), reship_request("2")]
    outcomes = reship_orders(requests, client=world.acme, actor=world.mara, at=world.later())
    assert codes([*outcomes]) == ["not_enough_available", "done", "not_enough_available"]
    assert world.stock("TEE") == Balance(on_hand=10, allocated=10)
    assert audit() == []


def test_requests_on_one_order_are_planned_one_after_the_other(world: World) -> None:
    world.place("1042", MUG=3)
    requests = [
        reship_request("1042", {"MUG": 2}, source="1042-1"),
        reship_request("1042", {"MUG": 2}, source="1042-1"),
        reship_request("1042", {"MUG": 1}, source="1042-1"),
        reship_request("1042", {"MUG": 1}, source="1042-R1", add_back=True),
    ]
    outcomes = reship_orders(requests, client=world.acme, actor=world.mara, at=world.later())
    assert codes([*outcomes]) == ["done", "already_reshipped", "done", "done"]
    assert [outcome.shipment for outcome in outcomes if isinstance(outcome, Reshipped)] == [
        "1042-R1",
        "1042-R2",
        "1042-R3",
    ]
    assert world.stock("MUG") == Balance(on_hand=100, allocated=6)
    assert world.shipment("1042-R1").is_superseded
    assert audit() == []


def test_a_batch_does_what_its_requests_do_one_by_one(world: World) -> None:
    for number in ("1", "2"):
        world.place(number, MUG=2)
        world.place(number, client=world.other, MUG=2)
    requests = [reship_request("1", {"MUG": 1}), reship_request("2", hold=True), reship_request("1")]
    reship_orders(requests, client=world.acme, actor=world.mara, at=world.later())
    for request in requests:
        world.send(request, client=world.other)
    assert world.entries("MUG")[1:] == world.entries("MUG", client=world.other)[1:]
    for number in ("1", "2"):
        assert world.history(number) == world.history(number, client=world.other)
    assert audit() == []


def test_no_requests_are_no_deed(world: World) -> None:
    assert reship_orders([], client=world.acme, actor=world.dana, at=world.later()) == []
    assert pick_shipments([], client=world.acme, actor=world.pim, at=world.later()) == []
    assert place_orders([], client=world.acme, actor=world.dana, at=world.later()) == []


def test_steps_of_many_parcels_are_taken_each_for_itself(world: World) -> None:
    for number in ("1", "2", "3"):
        world.place(number, MUG=2)
    world.hold("2")
    numbers = ["1-1", "2-1", "9-1", "3-1", "1-1"]
    client, pim = world.acme, world.pim
    not_all = ["done", "on_hold", "shipment_not_found", "done", "wrong_status"]
    assert codes([*pick_shipments(numbers, client=client, actor=pim, at=world.later())]) == not_all
    labels = [PackRequest(number, by_hand=True) for number in numbers]
    not_all[1] = "wrong_status"
    assert codes([*pack_shipments(labels, client=client, actor=world.otto, at=world.later())]) == not_all
    departed = depart_shipments(numbers, how=Departure.CARRIER, client=client, actor=pim, at=world.later())
    assert codes([*departed]) == not_all
    for mark in (mark_lost, mark_delivered, mark_returned):
        assert codes([*mark(numbers, client=client, actor=pim, at=world.later())]) == not_all
    assert world.stock("MUG") == Balance(on_hand=96, allocated=2)
    assert audit() == []


def test_each_label_of_a_batch_goes_on_its_own_parcel(world: World) -> None:
    for number in ("1", "2"):
        world.place(number, MUG=2)
        world.ship(f"{number}-1", until=ShipmentStatus.PICKING)
    texts = [("1-1", "DHL", "T1"), ("2-1", "UPS", "T2"), ("1-1", "FAKE", "T3")]
    labels = [PackRequest(*text, by_hand=True) for text in texts]
    outcomes = pack_shipments(labels, client=world.acme, actor=world.otto, at=world.later())
    assert codes([*outcomes]) == ["done", "done", "wrong_status"]
    shipments = [world.shipment(number).shipment for number in ("1-1", "2-1")]
    assert [(shipment.carrier, shipment.tracking_number) for shipment in shipments] == [("DHL", "T1"), ("UPS", "T2")]


def test_two_restocks_of_one_parcel_in_one_batch_put_away_what_each_says(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.RETURNED)
    requests = [
        RestockRequest("1042-1", (Item("MUG", 2),)),
        RestockRequest("1042-1", (Item("CUP", 1),)),
        RestockRequest("1042-1", (Item("CUP", 1),)),
    ]
    outcomes = restock_shipments(requests, client=world.acme, actor=world.pim, at=world.later())
    assert codes([*outcomes]) == ["done", "done", "already_added_back"]
    assert (world.stock("MUG").on_hand, world.stock("CUP").on_hand) == (100, 100)
    assert audit() == []


def test_holds_edits_and_cancels_are_done_each_for_itself(world: World) -> None:
    for number in ("1", "2"):
        world.place(number, TEE=2)
    client = world.acme
    holds = [HoldRequest("1", HoldKind.CLIENT), HoldRequest("1", HoldKind.CLIENT), HoldRequest("9", HoldKind.CLIENT)]
    expected = ["done", "already_on_hold", "order_not_found"]
    assert codes([*place_holds(holds, client=client, actor=world.dana, at=world.later())]) == expected
    expected = ["done", "no_such_hold", "order_not_found"]
    assert codes([*lift_holds(holds, client=client, actor=world.dana, at=world.later())]) == expected
    edits = [
        EditRequest("1-1", items=(ReshipItem("TEE", 7),)),
        EditRequest("2-1", items=(ReshipItem("TEE", 4),)),
        EditRequest("1-1", items=(ReshipItem("TEE", 1),)),
        EditRequest("2-1", items=(ReshipItem("TEE", 4),)),
    ]
    expected = ["done", "not_enough_available", "done", "done"]
    assert codes([*edit_shipments(edits, client=client, actor=world.dana, at=world.later())]) == expected
    assert world.stock("TEE") == Balance(on_hand=10, allocated=5)
    cancels = cancel_shipments(["1-1", "1-1", "9-1", "2-1"], client=client, actor=world.mara, at=world.later())
    assert codes([*cancels]) == ["done", "wrong_status", "shipment_not_found", "done"]
    assert world.stock("TEE") == Balance(on_hand=10, allocated=0)
    assert audit() == []


def test_an_edit_can_change_a_line_that_the_edit_before_it_in_the_batch_added(world: World) -> None:
    world.place("1042", MUG=2)
    edits = [
        EditRequest("1042-1", items=(ReshipItem("MUG", 2), ReshipItem("TEE", 3))),
        EditRequest("1042-1", items=(ReshipItem("MUG", 1), ReshipItem("TEE", 1))),
    ]
    outcomes = edit_shipments(edits, client=world.acme, actor=world.dana, at=world.later())
    assert codes([*outcomes]) == ["done", "done"]
    assert world.items("1042-1") == {"MUG": 1, "TEE": 1}
    assert audit() == []


def test_a_reshipment_and_its_source_can_be_cancelled_in_one_batch(world: World) -> None:
    world.place("1", MUG=2)
    world.reship("1", add_back=True)
    world.place("2", MUG=2)
    world.reship("2", add_back=True)
    numbers = ["1-1", "1-R1", "2-R1", "2-1"]
    outcomes = cancel_shipments(numbers, client=world.acme, actor=world.mara, at=world.later())
    assert codes([*outcomes]) == ["done", "done", "done", "done"]
    assert world.stock("MUG") == Balance(on_hand=100, allocated=0)
    assert (world.status("1"), world.status("2")) == ("CANCELLED", "CANCELLED")
    assert audit() == []


def test_orders_of_a_batch_share_the_stock_in_turn(world: World) -> None:
    orders = [new_order("1", {"TEE": 6}), new_order("2", {"TEE": 6}), new_order("3", {"TEE": 4}), new_order("1", {})]
    outcomes = place_orders(orders, client=world.acme, actor=world.dana, at=world.later())
    assert codes([*outcomes]) == ["done", "not_enough_available", "done", "nothing_selected"]
    assert world.stock("TEE") == Balance(on_hand=10, allocated=10)
    assert audit() == []


def test_goods_of_a_batch_are_received_and_counted_one_after_the_other(world: World) -> None:
    client, otto = world.acme, world.otto
    deliveries = [Delivery("HAT", "MAIN", 2), Delivery("XXX", "MAIN", 1), Delivery("HAT", "MAIN", 3)]
    assert codes([*receive_stock(deliveries, client=client, actor=otto, at=world.later())]) == [
        "done",
        "unknown_item",
        "done",
    ]
    counts = [Adjustment("HAT", "MAIN", -4, "moths"), Adjustment("HAT", "MAIN", -2, "moths")]
    outcomes = adjust_stock(counts, client=client, actor=otto, at=world.later())
    assert codes([*outcomes]) == ["done", "units_promised"]
    assert world.stock("HAT") == Balance(on_hand=1, allocated=0)
    assert audit() == []


def test_a_product_named_twice_in_a_batch_is_made_once(world: World) -> None:
    def add(actor: Actor) -> list[object]:
        products = [NewProduct("NEW", "New"), NewProduct(" NEW ", "Newer"), NewProduct("\0", "Bad")]
        return [*add_products(products, client=world.acme, actor=actor, at=world.later())]

    assert codes(add(world.dana)) == ["done", "done", "invalid_text"]
    assert codes(add(world.vic)) == ["not_allowed", "not_allowed", "not_allowed"]
