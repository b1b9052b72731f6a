"""The adapter of EasyPost, over its own library and a real connection, against an EasyPost on this machine."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import override_settings

from reship.carriers.easypost import EasyPost
from reship.carriers.labels import LabelRequest, pack_with_label
from reship.carriers.poll import poll_tracking
from reship.carriers.port import BoughtLabel, Carrier, Consignment, Money, Parcel, Rate
from reship.errors import Refusal
from reship.fulfilment.track import Tracked
from reship.inventory.audit import audit
from reship.orders.addresses import Address
from reship.orders.models import ShipmentStatus
from tests.carriers.easypost_server import PDF, Simulated, simulated_easypost
from tests.world import JANE, World

BERLIN = Address(recipient="Acme", street_1="Hauptstr. 1", city="Berlin", postal_code="10115", country="DE")
PARCEL = Consignment("ACME/1042-1-L1", "1042-1", "1042", BERLIN, JANE, Parcel(1_000, 300, 200, 100))
QUESTIONS: dict[str, Callable[[Carrier], object]] = {
    "say what it costs": lambda carrier: carrier.rates(PARCEL),
    "sell the label": lambda carrier: carrier.buy(PARCEL, "shp_1/rate_1"),
    "take the label back": lambda carrier: carrier.void("shp_1"),
    "say where the parcel is": lambda carrier: carrier.track("EZ1"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[Simulated]:
    with simulated_easypost() as simulated:
        yield simulated


@pytest.fixture
def there(server: Simulated) -> Simulated:
    """The server as if nobody had asked it anything yet."""
    fresh = Simulated(url=server.url, ended=server.ended)
    vars(server).update(vars(fresh))
    return server


@pytest.fixture
def carrier(there: Simulated) -> EasyPost:
    return EasyPost("a key", url=f"{there.url}/v2", timeout_seconds=5)


def refusal_of(question: Callable[[Carrier], object], carrier: Carrier) -> tuple[str, object]:
    with pytest.raises(Refusal) as refused:
        question(carrier)
    return refused.value.code, refused.value.figures["problem"]


def test_rates_are_the_cheapest_first_and_cost_nothing(carrier: EasyPost, there: Simulated) -> None:
    assert carrier.rates(PARCEL) == [
        Rate("USPS Priority", Money(Decimal("7.58"), "USD"), "shp_1/rate_shp_1_Priority", 2),
        Rate("USPS Express", Money(Decimal("31.26"), "USD"), "shp_1/rate_shp_1_Express", 2),
    ]
    (_, _, asked), *_ = there.asked
    assert asked["shipment"]["parcel"] == {"weight": 35.3, "length": 11.9, "width": 7.9, "height": 4.0}
    assert asked["shipment"]["to_address"]["street1"] == "1 High Street"
    assert there.sold == []


def test_the_same_quote_again_is_the_same_label_and_paid_once(carrier: EasyPost, there: Simulated) -> None:
    quote = carrier.rates(PARCEL)[0].quote
    first = carrier.buy(PARCEL, quote)
    price = Money(Decimal("7.58"), "USD")
    assert first == BoughtLabel("shp_1", "USPS", "USPS Priority", "EZ0000000001", price, "PDF", PDF)
    assert carrier.buy(PARCEL, quote) == first
    assert there.sold == ["shp_1"]


def test_a_sale_whose_answer_was_lost_is_found(carrier: EasyPost, there: Simulated) -> None:
    quote = carrier.rates(PARCEL)[0].quote
    there.forgets_to_answer = True
    assert carrier.buy(PARCEL, quote).tracking_number == "EZ0000000001"
    assert there.sold == ["shp_1"]


def test_a_label_is_given_back_once_and_one_never_bought_not_at_all(carrier: EasyPost, there: Simulated) -> None:
    quote = carrier.rates(PARCEL)[0].quote
    carrier.void(quote)
    carrier.buy(PARCEL, quote)
    carrier.void("shp_1")
    carrier.void(quote)
    assert [path for _, path, _ in there.asked].count("/v2/shipments/shp_1/refund") == 1


def test_what_it_says_of_a_parcel_is_read(carrier: EasyPost, there: Simulated) -> None:
    place = {"city": "Houston", "state": "TX", "country": "US", "zip": "77001"}
    at = {"datetime": "2026-03-02T10:00:00Z"}
    there.details = [
        {"status": "in_transit", "message": "Arrived\nat facility", "tracking_location": place, **at},
        {"status": "failure", "status_detail": "lost", "message": None, **at},
        {"status": "delivered", "tracking_location": None, "datetime": "2026-03-02T10:00:00"},
        {"status": "return_to_sender", **at},
        {"status": "unknown", **at},
    ]
    ten = datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert carrier.track("EZ1") == [
        Tracked("EZ1", "IN_TRANSIT", ten, "Arrived at facility", "Houston, TX, US"),
        Tracked("EZ1", "LOST", ten),
        Tracked("EZ1", "DELIVERED", ten),
        Tracked("EZ1", "RETURNING", ten),
    ]


def test_its_no_is_a_refusal_with_its_words(carrier: EasyPost, there: Simulated) -> None:
    assert refusal_of(QUESTIONS["sell the label"], carrier) == ("carrier_refused", "it knows nothing of it")
    there.no_rates = True
    assert refusal_of(QUESTIONS["say what it costs"], carrier) == ("carrier_refused", "no such town")
    there.no_rates = False
    quote = carrier.rates(PARCEL)[0].quote
    there.refuses_to_sell = True
    said = refusal_of(lambda carrier: carrier.buy(PARCEL, quote), carrier)
    assert said == ("carrier_refused", "Insufficient funds")


def test_a_parcel_goes_its_way_with_it(world: World, there: Simulated) -> None:
    """Label and tracking through the doors' own calls, as an installation with this key has them."""
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PICKING)
    there.forgets_to_answer = True
    senders = {"MAIN": {"street_1": "Hauptstr. 1", "city": "Berlin", "country": "DE"}}
    with override_settings(EASYPOST_KEY="a key", EASYPOST_URL=f"{there.url}/v2", SENDERS=senders):
        request = LabelRequest("1042-1", "easypost", by_hand=True)
        label = pack_with_label(request, client=world.acme, actor=world.otto, at=world.later())
        minutes = [f"{world.later():%Y-%m-%dT%H:%M:%SZ}" for _ in range(2)]
        there.details = [
            {"status": "delivered", "datetime": minutes[1]},
            {"status": "in_transit", "datetime": minutes[0]},
        ]
        polled = poll_tracking(client=world.acme, at=world.later)
    assert (label.carrier, label.service, str(label.cost), label.currency) == (
        "easypost",
        "USPS Priority",
        "7.58",
        "USD",
    )
    (_, _, asked), *_ = there.asked
    assert asked["shipment"]["reference"] == "ACME/1042-1-L1"
    assert asked["shipment"]["from_address"]["city"] == "Berlin"
    assert asked["shipment"]["from_address"]["name"] == "Acme"
    shipment = world.shipment("1042-1").shipment
    assert (shipment.carrier, shipment.tracking_number, shipment.status) == ("USPS", "EZ0000000001", "DELIVERED")
    assert (polled.events, polled.refusals, there.sold) == (2, [], ["shp_1"])
    assert audit() == []


NOT_UNDERSTOOD = "its answer cannot be understood"
RUBBISH = {
    b"<html>": None,
    b"[]": NOT_UNDERSTOOD,
    b"17": NOT_UNDERSTOOD,
    b"null": NOT_UNDERSTOOD,
    b'{"id": 17}': NOT_UNDERSTOOD,
    b'{"id": "shp_1", "trackers": 3, "rates": [{"id": "rate_1", "rate": "NaN", "currency": "USD"}]}': NOT_UNDERSTOOD,
    b'{"id": "nonsense", "rates": {"rate": "1e99"}, "trackers": [{"tracking_details": [{}]}]}': NOT_UNDERSTOOD,
    b'{"object": 5, "rates": 3, "trackers": null}': NOT_UNDERSTOOD,
    b"[" * 100_000: None,
}


@pytest.mark.parametrize("answer", RUBBISH, ids=lambda answer: answer[:20])
@pytest.mark.parametrize("what", QUESTIONS)
def test_rubbish_is_unreachable(carrier: EasyPost, there: Simulated, what: str, answer: bytes) -> None:
    there.instead = (200, answer)
    code, problem = refusal_of(QUESTIONS[what], carrier)
    assert code == "carrier_unreachable"
    assert RUBBISH[answer] in {None, problem}


@pytest.mark.parametrize("status", [302, 429, 500, 503])
def test_its_troubles_are_unreachable(carrier: EasyPost, there: Simulated, status: int) -> None:
    there.instead = (status, b'{"error": {"code": "X", "message": "Please slow down."}}')
    assert refusal_of(QUESTIONS["say where the parcel is"], carrier)[0] == "carrier_unreachable"


@pytest.mark.parametrize("label", [b"<html>", b"", b"%PDF-" + bytes(4_000_001)], ids=["page", "nothing", "too large"])
def test_a_label_that_is_none_is_unreachable_and_still_there(carrier: EasyPost, there: Simulated, label: bytes) -> None:
    quote = carrier.rates(PARCEL)[0].quote
    there.label = label
    code, problem = refusal_of(lambda carrier: carrier.buy(PARCEL, quote), carrier)
    assert (code, problem) == ("carrier_unreachable", "what it sent for the label is no PDF")
    there.label = PDF
    assert carrier.buy(PARCEL, quote).content == PDF
    assert there.sold == ["shp_1"]


@pytest.mark.parametrize("what", QUESTIONS)
def test_silence_and_nobody_there_are_unreachable(there: Simulated, what: str) -> None:
    there.silent = True
    impatient = EasyPost("a key", url=f"{there.url}/v2", timeout_seconds=0.1)
    assert refusal_of(QUESTIONS[what], impatient) == ("carrier_unreachable", "it took too long")
    nobody = EasyPost("a key", url="http://127.0.0.1:9/v2", timeout_seconds=5)
    assert refusal_of(QUESTIONS[what], nobody) == ("carrier_unreachable", "there is no connection to it")
