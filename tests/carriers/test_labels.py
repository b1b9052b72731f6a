"""Labels: bought once however often they are asked for, given back once, and no carrier is asked in a transaction."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection
from django.test import override_settings
from django_scopes import scope

from reship.carriers import labels, registry
from reship.carriers.labels import LabelRequest, TypedLabel, buy_label, offers, pack_with_label, void_label
from reship.carriers.manual import Manual
from reship.carriers.port import BoughtLabel, Carrier, Consignment, Money, Rate, carrier_unreachable
from reship.carriers.sandbox import REFUSED_POSTAL_CODE, UNREACHABLE_POSTAL_CODE, Sandbox
from reship.clients.access import Actor
from reship.database.checkup import Finding
from reship.errors import Refusal
from reship.floor.models import Label
from reship.fulfilment.pack import PackRequest, pack_shipment
from reship.inventory.audit import audit
from reship.orders.models import Shipment, ShipmentStatus
from tests.databases import RealDatabase
from tests.parallel import in_threads
from tests.world import JANE, World, make_world, new_order, refused

S = ShipmentStatus


class Killed(BaseException):
    """The process dies here."""


class Shop(Sandbox):
    """A sandbox that remembers what it was paid for, and can be interrupted."""

    def __init__(self) -> None:
        self.paid: set[tuple[str, str]] = set()
        self.given_back: list[str] = []
        self.after_sale: Callable[[], None] = lambda: None
        self.in_transaction = False

    def rates(self, consignment: Consignment) -> Sequence[Rate]:
        self.in_transaction |= connection.in_atomic_block
        return super().rates(consignment)

    def buy(self, consignment: Consignment, quote: str) -> BoughtLabel:
        self.in_transaction |= connection.in_atomic_block
        bought = super().buy(consignment, quote)
        self.paid.add((consignment.reference, quote))
        self.after_sale()
        return bought

    def void(self, reference: str) -> None:
        self.in_transaction |= connection.in_atomic_block
        self.given_back.append(reference)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    shop = Shop()
    known: dict[str, Carrier] = {"manual": Manual(), "sandbox": shop}
    monkeypatch.setattr(registry, "carriers", lambda: known)
    monkeypatch.setattr(labels, "carriers", lambda: known)
    yield shop
    assert audit() == []


def in_picking(world: World, order: str = "1042", *, postal_code: str = "12345", until: S = S.PICKING) -> str:
    new = new_order(order, {"MUG": 2})
    world.place_order(replace(new, address=replace(JANE, postal_code=postal_code)))
    world.ship(f"{order}-1", until=until)
    return f"{order}-1"


def buy(world: World, shipment: str, *, actor: Actor | None = None, **wanted: object) -> Label:
    wanted = {"carrier": "sandbox", "by_hand": actor is None, **wanted}
    request = LabelRequest(shipment, **wanted)  # type: ignore[arg-type]  # a test's choice
    return buy_label(request, client=world.acme, actor=actor or world.otto, at=world.later())


def void(world: World, shipment: str, *, actor: Actor | None = None) -> Label:
    return void_label(shipment, client=world.acme, actor=actor or world.pim, at=world.later())


def rows(world: World) -> list[tuple[str, str]]:
    with scope(client=world.acme.pk):
        return list(Label.objects.order_by("id").values_list("reference", "state"))


def test_each_carrier_that_sells_says_what_it_would_take(world: World, shop: Shop) -> None:
    number = in_picking(world)
    (offer,) = offers(number, grams=1_200, client=world.acme, actor=world.pim, at=world.later())
    assert (offer.name, [(rate.service, str(rate.price)) for rate in offer.rates]) == (
        "Sandbox",
        [("Standard", "6.50 EUR"), ("Express", "13.50 EUR")],
    )
    far = in_picking(world, "1043", postal_code=UNREACHABLE_POSTAL_CODE)
    (offer,) = offers(far, client=world.acme, actor=world.pim, at=world.later())
    assert (offer.rates, offer.refusal and offer.refusal.code) == ((), "carrier_unreachable")
    assert (rows(world), shop.paid) == ([], set())


def test_a_bought_label_gives_the_parcel_its_number_and_is_told(world: World, shop: Shop) -> None:
    label = buy(world, in_picking(world), service="Express", grams=2_500)
    assert (label.state, label.service, label.cost, label.currency) == ("BOUGHT", "Express", Decimal("14.30"), "EUR")
    with scope(client=world.acme.pk):
        assert bytes(Label.objects.get().content).startswith(b"%PDF-")
    assert world.history("1042")[-1] == (
        f"Label for 1042-1 bought from Sandbox Express, tracking number {label.tracking_number}, 14.30 EUR."
    )
    shipment = world.shipment("1042-1").shipment
    assert (shipment.status, shipment.carrier, shipment.tracking_number) == (
        "PICKING",
        "Sandbox",
        label.tracking_number,
    )


def test_asked_again_it_is_the_same_label(world: World, shop: Shop) -> None:
    number = in_picking(world)
    first = buy(world, number)
    again = buy(world, number, service="Express")
    assert (again.pk, again.tracking_number, again.service) == (first.pk, first.tracking_number, "Standard")
    with refused("label_exists", shipment=number, carrier="sandbox", tracking_number=first.tracking_number):
        buy(world, number, carrier="manual", typed=TypedLabel("T1"))
    assert len(shop.paid) == 1


@pytest.mark.parametrize("died", ["after the sale", "after the quote"])
def test_a_retry_finds_the_label_of_a_process_that_died(
    world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch, died: str
) -> None:
    number = in_picking(world)

    def die() -> None:
        raise Killed

    if died == "after the sale":
        shop.after_sale = die
    else:
        monkeypatch.setattr(Shop, "buy", lambda *_: die())
    with pytest.raises(Killed):
        buy(world, number)
    assert rows(world) == [("1042-1-L1", "ASKED")]
    monkeypatch.undo()
    monkeypatch.setattr(registry, "carriers", lambda: {"sandbox": shop})
    shop.after_sale = lambda: None
    label = buy(world, number, service="Express")
    assert (label.state, label.service) == ("BOUGHT", "Standard")
    assert len(shop.paid) == 1
    assert rows(world) == [("1042-1-L1", "BOUGHT")]


def test_an_unreachable_carrier_leaves_the_question_open(world: World, shop: Shop) -> None:
    number = in_picking(world)

    def lose_the_answer() -> None:
        shop.after_sale = lambda: None
        raise carrier_unreachable("Sandbox", "sell the label", problem="it took too long")

    shop.after_sale = lose_the_answer
    with refused("carrier_unreachable", carrier="Sandbox", problem="it took too long"):
        buy(world, number)
    assert rows(world) == [("1042-1-L1", "ASKED")]
    assert buy(world, number).state == "BOUGHT"
    assert len(shop.paid) == 1


def test_a_no_is_kept_and_the_next_label_has_a_name_of_its_own(world: World, shop: Shop) -> None:
    number = in_picking(world, postal_code=REFUSED_POSTAL_CODE)
    for _ in range(2):
        with refused("carrier_refused", carrier="Sandbox", problem="there is no way to 00000"):
            buy(world, number)
    offered = ["Standard: 5.70 EUR", "Express: 12.70 EUR"]
    other = in_picking(world, "1043")
    with refused("service_not_offered", shipment=other, service="Overnight", offered=offered):
        buy(world, other, service="Overnight")
    assert rows(world) == [("1042-1-L1", "REFUSED"), ("1042-1-L2", "REFUSED"), ("1043-1-L1", "REFUSED")]


def test_a_label_is_given_back_once_and_the_parcel_may_have_another(world: World, shop: Shop) -> None:
    number = in_picking(world)
    first = buy(world, number)
    assert void(world, number).state == "VOIDED"
    assert world.history("1042")[-1] == (
        f"Label of 1042-1 from Sandbox voided, tracking number {first.tracking_number}."
    )
    assert world.shipment(number).shipment.tracking_number == ""
    with refused("no_label", shipment=number):
        void(world, number)
    second = buy(world, number)
    assert second.tracking_number not in {"", first.tracking_number}
    assert shop.given_back == [first.tracking_number]
    assert rows(world) == [("1042-1-L1", "VOIDED"), ("1042-1-L2", "BOUGHT")]


def test_a_packed_parcel_gets_another_label_only_without_one(world: World, shop: Shop) -> None:
    number = in_picking(world)
    first = buy(world, number)
    pack_it(world, number)
    assert world.shipment(number).shipment.tracking_number == first.tracking_number
    void(world, number)
    second = buy(world, number)
    assert world.shipment(number).shipment.tracking_number == second.tracking_number
    by_hand = in_picking(world, "1043", until=S.PACKED)
    with scope(client=world.acme.pk):
        Shipment.objects.filter(number=by_hand).update(tracking_number="T1", carrier="Swift")
    with refused("label_exists", shipment=by_hand, carrier="Swift", tracking_number="T1"):
        buy(world, by_hand)


def pack_it(world: World, number: str) -> None:
    pack_shipment(PackRequest(number, by_hand=True), client=world.acme, actor=world.otto, at=world.later())


def test_a_label_that_is_given_back_while_it_is_bought_is_not_kept(world: World, shop: Shop) -> None:
    number = in_picking(world)

    def give_it_back() -> None:
        void(world, number)

    shop.after_sale = give_it_back
    with refused("label_voided", shipment=number, carrier="Sandbox"):
        buy(world, number)
    assert rows(world) == [("1042-1-L1", "VOIDED")]
    assert len(shop.given_back) == 2
    assert world.shipment(number).shipment.tracking_number == ""


def test_a_label_that_was_bought_elsewhere_is_typed(world: World, shop: Shop) -> None:
    typed = TypedLabel("S-77", "Swift", Money(Decimal("4.20"), "EUR"))
    label = buy(world, in_picking(world), carrier="manual", typed=typed)
    shipment = world.shipment("1042-1").shipment
    assert (label.cost, shipment.carrier, shipment.tracking_number) == (Decimal("4.20"), "Swift", "S-77")
    other = in_picking(world, "1043")
    for cost in ("-1", "NaN", "1e12", "0.001"):
        with pytest.raises(Refusal, match="invalid_price"):
            buy(world, other, carrier="manual", typed=TypedLabel(cost=Money(Decimal(cost), "EUR")))


def test_a_parcel_that_may_not_go_gets_no_label(world: World, shop: Shop) -> None:
    world.place("1", MUG=2)
    in_picking(world, "2", until=S.DEPARTED)
    held, superseded = in_picking(world, "3"), in_picking(world, "4")
    world.hold("3", actor=world.otto)
    world.reship("4", add_back=True)
    for number, code in {
        "1-1": "wrong_status",
        "2-1": "wrong_status",
        held: "on_hold",
        superseded: "units_added_back",
        "9-1": "shipment_not_found",
    }.items():
        with pytest.raises(Refusal, match=code):
            buy(world, number)
        with pytest.raises(Refusal, match=code):
            offers(number, client=world.acme, actor=world.pim, at=world.later())
    with pytest.raises(Refusal, match="wrong_status"):
        void(world, "2-1")
    assert (rows(world), shop.paid) == ([], set())


def test_what_is_not_verified_gets_no_label(world: World, shop: Shop) -> None:
    number = in_picking(world)
    with refused("not_verified", shipment=number, lines=[{"sku": "MUG", "expected": 2, "verified": 0}]):
        buy(world, number, actor=world.pim)
    with refused("not_allowed", right="pack_by_hand", role="packer"):
        buy(world, number, actor=world.pim, by_hand=True)
    assert shop.paid == set()
    world.scan(number, "MUG", 2)
    assert buy(world, number, actor=world.pim).state == "BOUGHT"


def test_a_parcel_is_closed_with_its_label_in_one_go(world: World, shop: Shop) -> None:
    number = in_picking(world)
    world.scan(number, "MUG", 2)
    request = LabelRequest(number, "sandbox")
    close = partial(pack_with_label, request, client=world.acme, actor=world.pim, at=world.later())
    label = close()
    shipment = world.shipment(number).shipment
    assert (shipment.status, shipment.carrier, shipment.tracking_number) == ("PACKED", "Sandbox", label.tracking_number)
    assert close().pk == label.pk
    assert len(shop.paid) == 1


def test_what_is_asked_for_has_to_make_sense(world: World, shop: Shop) -> None:
    number = in_picking(world)
    with refused("carrier_not_found", carrier="pigeon", known=["manual", "sandbox"]):
        buy(world, number, carrier="pigeon")
    with refused("invalid_weight", given=0, smallest=1, largest=1_000_000):
        buy(world, number, grams=0)
    with pytest.raises(Refusal, match="invalid_text"):
        buy(world, number, service="\0")
    for deed in (partial(buy, world, number), partial(void, world, number)):
        with refused("not_allowed", right="warehouse_work", role="manager"):
            deed(actor=world.mara)
    with refused("service_not_offered", shipment=number, service="", offered=[]):
        buy(world, number, carrier="manual")
    assert rows(world) == []


def test_two_at_one_bench_buy_one_label_and_no_transaction_waits_for_the_carrier(
    real_database: RealDatabase, shop: Shop
) -> None:
    world = make_world()
    numbers = [in_picking(world, str(order)) for order in range(1, 6)]
    at = world.later()
    for number in numbers:
        request = LabelRequest(number, "sandbox", by_hand=True)
        deed = partial(buy_label, request, client=world.acme, actor=world.otto, at=at)
        one, other = in_threads([deed, deed])
        assert isinstance(one, Label)
        assert isinstance(other, Label)
        assert (one.pk, one.state, one.tracking_number) == (other.pk, "BOUGHT", other.tracking_number)
        void_label(number, client=world.acme, actor=world.pim, at=at)
    assert len(shop.paid) == len(numbers)
    assert len(shop.given_back) == len(numbers)
    assert shop.in_transaction is False


def test_the_carriers_of_an_installation_are_those_of_its_settings() -> None:
    with override_settings(SANDBOX_CARRIER=False, EASYPOST_KEY=""):
        assert list(registry.carriers()) == ["manual"]
    with override_settings(SANDBOX_CARRIER=True, EASYPOST_KEY="a key"):
        assert list(registry.carriers()) == ["manual", "sandbox", "easypost"]
        assert registry.check_carriers() == Finding("carriers", "manual, sandbox, easypost")


def test_the_doctor_finds_settings_that_cannot_be_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda name: None)
    with override_settings(SANDBOX_CARRIER=False, EASYPOST_KEY="a key", SENDERS={"MAIN": {"town": "Berlin"}}):
        assert registry.check_carriers() == Finding(
            "carriers",
            "manual",
            [
                "there is a key for EasyPost, but not its library: install the extra `easypost`",
                "the sender of MAIN has unknown parts: town",
            ],
        )
