"""Stock levels, ledgers, receiving and adjusting."""

import re
from collections.abc import Callable
from html import unescape
from typing import Protocol

import pytest
from django.db import connection
from django.test import Client as Visitor
from django.test.utils import CaptureQueriesContext

from reship.clients.access import Actor
from reship.fulfilment.stock import Delivery, NewProduct, add_product, receive_stock
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.models import ShipmentStatus
from tests.world import World

VisitAs = Callable[[Actor], Visitor]
LEVEL = "/stock/ACME/MUG/MAIN/"
HTMX = {"HX-Request": "true"}


class Answer(Protocol):
    """What a visitor gets."""

    @property
    def text(self) -> str: ...


def cells(response: Answer) -> list[list[str]]:
    """The table of a page, as text."""
    body = response.text.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [[_text(cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)] for row in rows]


def _text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def test_levels_of_a_client(world: World, visit_as: VisitAs) -> None:
    world.place("1042", MUG=30)
    world.place("1043", TEE=10)
    world.receive(warehouse="EAST", MUG=7)
    assert cells(visit_as(world.dana).get("/stock/")) == [
        ["CUP", "Cup", "MAIN", "100", "0", "100"],
        ["MUG", "Mug", "MAIN", "100", "30", "70"],
        ["MUG", "Mug", "EAST", "7", "0", "7"],
        ["TEE", "Tee", "MAIN", "10", "10", "0"],
    ]
    assert audit() == []


@pytest.mark.parametrize(
    ("query", "skus"),
    [
        ("q=MUG", ["MUG"]),
        ("q=mug", ["MUG"]),
        ("q=u", ["CUP", "MUG"]),
        ("q=%25", []),
        ("warehouse=EAST", []),
        ("warehouse=MAIN", ["CUP", "MUG", "TEE"]),
        ("state=available", ["CUP", "MUG"]),
        ("state=nothing-available", ["TEE"]),
        ("state=allocated", ["MUG", "TEE"]),
        ("state=allocated&q=T", ["TEE"]),
        ("client=OTHER", ["CUP", "MUG", "TEE"]),
    ],
)
def test_levels_are_searched_and_filtered(world: World, visit_as: VisitAs, query: str, skus: list[str]) -> None:
    world.place("1042", MUG=30, TEE=10)
    assert [row[0] for row in cells(visit_as(world.dana).get(f"/stock/?{query}"))] == skus


def test_each_sees_their_own_levels(world: World, visit_as: VisitAs) -> None:
    assert cells(visit_as(world.wren).get("/stock/?client=ACME")) == [["MUG", "Mug", "MAIN", "50", "0", "50"]]


def test_the_companys_people_see_all_levels_or_one_clients(world: World, visit_as: VisitAs) -> None:
    pim = visit_as(world.pim)
    assert [(row[0], row[2]) for row in cells(pim.get("/stock/?q=MUG"))] == [("MUG", "ACME"), ("MUG", "OTHER")]
    assert [row[2] for row in cells(pim.get("/stock/?client=OTHER"))] == ["OTHER"]


def stock_something(world: World, sku: str) -> None:
    add_product(NewProduct(sku, "Thing"), client=world.acme, actor=world.otto, at=world.later())
    receive_stock([Delivery(sku, "MAIN", 1)], client=world.acme, actor=world.pim, at=world.later())


def test_pages_of_levels_hold_each_once(world: World, visit_as: VisitAs) -> None:
    for number in range(120):
        stock_something(world, f"SKU-{number:03}")
    dana = visit_as(world.dana)
    first = dana.get("/stock/?q=SKU")
    following = re.search(r'href="([^"]*)" rel="next"', first.text)
    assert following is not None
    second = dana.get(unescape(following[1]))
    assert [row[0] for page in (first, second) for row in cells(page)] == [f"SKU-{number:03}" for number in range(120)]


def test_the_ledger_of_a_level_tells_cause_and_both_balances(world: World, visit_as: VisitAs) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    world.reship("1042", add_back=True, MUG=1)
    world.adjust("MUG", -5, reason="broken")
    assert [row[1:] for row in cells(visit_as(world.dana).get(LEVEL))] == [
        ["Adjusted", "−5 95", "2", "93", "broken", "Otto"],
        ["Allocated", "100", "+1 2", "98", "1042-R1", "Mara"],
        ["Added back", "100", "−1 1", "99", "1042-1", "Mara"],
        ["Allocated", "100", "+2 2", "98", "1042-1", "Dana"],
        ["Received", "+100 100", "0", "100", "", "Pim"],
    ]
    assert audit() == []


def test_an_entry_leads_to_its_order(world: World, visit_as: VisitAs) -> None:
    world.place("1042", MUG=2)
    assert 'href="/orders/ACME/1042/?shown=1042-1#shipment-1"' in visit_as(world.dana).get(LEVEL).text


def test_pages_of_a_ledger_hold_each_entry_once(world: World, visit_as: VisitAs) -> None:
    for _ in range(150):
        world.adjust("MUG", 1)
    dana = visit_as(world.dana)
    first = dana.get(LEVEL)
    following = re.search(r'href="([^"]*)" rel="next"', first.text)
    assert following is not None
    second = dana.get(unescape(following[1]))
    assert [len(cells(page)) for page in (first, second)] == [100, 51]
    assert [row[4] for row in cells(second)][-3:] == ["102", "101", "100"]
    assert audit() == []


@pytest.mark.parametrize("count", [1, 3, 50])
@pytest.mark.parametrize(
    ("person", "address", "statements"),
    [("dana", "/stock/", 4), ("otto", "/stock/", 5), ("dana", LEVEL, 4), ("otto", LEVEL, 5)],
)
def test_the_number_of_statements_is_the_same_for_any_number_of_rows(
    world: World, visit_as: VisitAs, person: str, address: str, statements: int, count: int
) -> None:
    for number in range(count):
        stock_something(world, f"SKU-{number}")
        world.place(f"{2000 + number}", MUG=1)
    visitor = visit_as(getattr(world, person))
    with CaptureQueriesContext(connection) as captured:
        assert len(cells(visitor.get(address))) > count
    assert len(captured) == statements


def test_who_may_receive_and_adjust(world: World, visit_as: VisitAs) -> None:
    offered = {
        name: [deed for deed in ("deliveries/new/", "adjustments/new/") if deed in page]
        for name in ("vic", "dana", "mara", "pim", "otto")
        for page in [visit_as(getattr(world, name)).get(LEVEL).text]
    }
    both = ["deliveries/new/", "adjustments/new/"]
    assert offered == {"vic": [], "dana": [], "mara": [], "pim": both, "otto": both}


def test_a_deed_that_one_may_not_do_is_shown_with_the_reason(world: World, visit_as: VisitAs) -> None:
    page = visit_as(world.dana).get(LEVEL).text
    assert "Dana (agent) may not correct the stock; only the fulfilment company may." in page


@pytest.mark.parametrize("person", ["vic", "dana", "mara", "wren"])
def test_a_forged_form_of_a_merchant_moves_nothing(world: World, visit_as: VisitAs, person: str) -> None:
    visitor = visit_as(getattr(world, person))
    received = visitor.post("/stock/deliveries/", delivery())
    adjusted = visitor.post(f"{LEVEL}adjustments/", {"change": "5", "reason": "mine"})
    assert (received.status_code, adjusted.status_code) == (403, 403)
    assert world.stock("MUG") == Balance(100, 0)
    assert audit() == []


def test_a_client_may_not_adjust(world: World, visit_as: VisitAs) -> None:
    assert visit_as(world.mara).post(f"{LEVEL}adjustments/", {"change": "5", "reason": "?"}).status_code == 403
    assert world.stock("MUG") == Balance(100, 0)


def delivery(**changes: str) -> dict[str, str]:
    """Five mugs for ACME, as the window sends them."""
    return {"client": "ACME", "sku": "MUG", "warehouse": "MAIN", "quantity": "5", "reason": "note 7", **changes}


def test_received_goods_are_on_hand_and_told(world: World, visit_as: VisitAs) -> None:
    pim = visit_as(world.pim)
    response = pim.post("/stock/deliveries/", delivery())
    assert (response.status_code, response["Location"]) == (303, LEVEL)
    page = pim.get(LEVEL)
    assert "5 × MUG received. MAIN now has 105 on hand, 105 available." in page.text
    assert cells(page)[0][1:] == ["Received", "+5 105", "0", "105", "note 7", "Pim"]
    assert audit() == []


def test_htmx_is_told_where_to_go(world: World, visit_as: VisitAs) -> None:
    response = visit_as(world.pim).post("/stock/deliveries/", delivery(), headers=HTMX)
    assert response["HX-Redirect"] == LEVEL


def test_goods_of_a_new_place_make_its_level(world: World, visit_as: VisitAs) -> None:
    visit_as(world.pim).post("/stock/deliveries/", delivery(sku="HAT", warehouse="EAST"))
    assert world.stock("HAT", warehouse="EAST") == Balance(5, 0)
    assert audit() == []


@pytest.mark.parametrize("is_htmx", [False, True])
@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        *(
            ("quantity", given, "must be a whole number from 1 to 1,000,000")
            for given in ("0", "-1", "1000000000", "1.5", "NaN", "²", "１２", "1_000", "٣", "1e3", "+5", "five")
        ),
        ("quantity", "", "This field is required."),
        ("quantity", "5\x00", "Null characters are not allowed."),
        ("sku", "NOTHING", "There is no product “NOTHING”."),
        ("sku", "<script>", "There is no product “&lt;script&gt;”."),
        ("sku", "", "This field is required."),
        ("sku", "x" * 61, "at most 60 characters"),
        ("warehouse", "NOWHERE", "NOWHERE is not one of the available choices."),
        ("client", "NOBODY", "NOBODY is not one of the available choices."),
        ("reason", "bell\x07", "U+0007"),
        ("reason", "x" * 301, "at most 300 characters"),
    ],
)
def test_a_refused_delivery_stays_in_the_window_with_the_message_at_the_field(
    world: World, visit_as: VisitAs, is_htmx: bool, field: str, value: str, message: str
) -> None:
    headers = HTMX if is_htmx else {}
    response = visit_as(world.pim).post("/stock/deliveries/", delivery(**{field: value}), headers=headers)
    assert response.status_code == 422
    at_field = re.search(rf'id="id_{field}_error">([^<]*)<', response.text)
    assert at_field is not None
    assert message in at_field[1]
    assert world.stock("MUG") == Balance(100, 0)
    assert audit() == []


def test_a_level_takes_no_more_than_it_can_count(world: World, visit_as: VisitAs) -> None:
    world.receive(MUG=1_000_000)
    pim = visit_as(world.pim)
    assert pim.post("/stock/deliveries/", delivery(quantity="1000000")).status_code == 303
    assert world.stock("MUG") == Balance(2_000_100, 0)
    assert audit() == []


@pytest.mark.parametrize(("change", "on_hand"), [("+5", 105), ("5", 105), ("-5", 95), ("−5", 95), (" - 5 ", 95)])
def test_a_level_is_adjusted_by_units_more_or_fewer(world: World, visit_as: VisitAs, change: str, on_hand: int) -> None:
    response = visit_as(world.otto).post(f"{LEVEL}adjustments/", {"change": change, "reason": "counted"})
    assert (response.status_code, response["Location"]) == (303, LEVEL)
    assert world.stock("MUG") == Balance(on_hand, 0)
    assert audit() == []


@pytest.mark.parametrize(
    ("field", "given", "message"),
    [
        *(
            ("change", {"change": change}, "Enter a whole number such as +3 or −2.")
            for change in ("1.5", "--1", "NaN", "²", "１２", "1_000", "+", "99999999999")
        ),
        ("change", {"change": "0"}, "must be a whole number from 1 to 1,000,000"),
        ("change", {"change": "1000001"}, "must be a whole number from 1 to 1,000,000"),
        ("change", {"change": ""}, "This field is required."),
        ("reason", {"reason": "  "}, "This field is required."),
        ("reason", {"reason": "bell\x07"}, "U+0007"),
    ],
)
def test_a_refused_adjustment_says_so_at_the_field(
    world: World, visit_as: VisitAs, field: str, given: dict[str, str], message: str
) -> None:
    response = visit_as(world.otto).post(f"{LEVEL}adjustments/", {"change": "-1", "reason": "counted", **given})
    assert response.status_code == 422
    at_field = re.search(rf'id="id_{field}_error">([^<]*)<', response.text)
    assert at_field is not None
    assert message in at_field[1]
    assert world.stock("MUG") == Balance(100, 0)


def test_units_that_are_promised_cannot_be_written_off(world: World, visit_as: VisitAs) -> None:
    world.place("1042", MUG=60)
    world.place("1043", MUG=30)
    response = visit_as(world.otto).post(f"{LEVEL}adjustments/", {"change": "-20", "reason": "broken"})
    assert response.status_code == 409
    assert "90 of the 100 × MUG in MAIN are promised to shipments" in response.text
    assert "1042-1; 1043-1" in response.text
    assert world.stock("MUG") == Balance(100, 90)
    assert audit() == []


def test_the_windows_are_pages_without_a_script_and_fragments_with_one(world: World, visit_as: VisitAs) -> None:
    otto = visit_as(world.otto)
    for address in ("/stock/deliveries/new/?client=ACME&sku=MUG&warehouse=MAIN", f"{LEVEL}adjustments/new/"):
        page, fragment = otto.get(address).text, otto.get(address, headers=HTMX).text
        assert fragment.lstrip().startswith('<form class="rs-window"')
        assert "hx-post" in fragment
        assert "<!DOCTYPE html>" in page
        assert "hx-post" not in page


def test_the_window_is_filled_with_what_the_address_names(world: World, visit_as: VisitAs) -> None:
    page = visit_as(world.pim).get("/stock/deliveries/new/?client=OTHER&sku=MUG&warehouse=EAST").text
    assert 'value="OTHER" selected' in page
    assert 'value="EAST" selected' in page
    assert 'name="sku" value="MUG"' in page
