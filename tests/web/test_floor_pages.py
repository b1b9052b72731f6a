"""Receiving, manifests, returns, pull tasks and counts, as a scanner without a script works them."""

from collections.abc import Callable

import pypdfium2
import pytest
import zxingcpp
from django.db import connection
from django.test import Client as Visitor
from django.test.utils import CaptureQueriesContext
from django_scopes import scope

from reship.clients.access import Actor
from reship.errors import Refusal
from reship.floor.models import Manifest, ManifestShipment, PullTask
from reship.fulfilment.edit_product import ProductEdit, edit_product
from reship.fulfilment.outcome import mark_returned
from reship.fulfilment.pack import PackRequest, pack_shipments
from reship.fulfilment.pick import pick_shipments
from reship.fulfilment.place_order import place_orders
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.models import HoldKind, Shipment, ShipmentStatus
from tests.web.pages import Page
from tests.web.stocked import stock_many
from tests.world import World, new_order

VisitAs = Callable[[Actor], Visitor]
LOADING = "/warehouse/manifests/loading/"
PLACE = {"client": "ACME", "warehouse": "MAIN"}


@pytest.fixture
def pim(world: World, visit_as: VisitAs) -> Visitor:
    return visit_as(world.pim)


def scan(visitor: Visitor, address: str, code: str, **more: str) -> Page:
    """Sends a scan as the page's field does: without a key of its own, so as a new one."""
    response = visitor.post(address, {"code": code, **more})
    assert response.status_code < 500
    return Page(response)


def said(page: Page) -> list[str]:
    """What the page answers to a scan."""
    return [" ".join(element.text.split()) for element in page.all(data_scan_text="")]


def tone(page: Page) -> str:
    return page.one(data_scan_feedback="")["data-tone"]


def test_a_scan_receives_as_many_as_were_typed_into_the_bin(world: World, pim: Visitor) -> None:
    page = scan(pim, "/warehouse/receive/", "MUG", quantity="20", bin="A-01", reason="note 7", key="K", **PLACE)
    assert said(page) == ["20 × MUG received", "MAIN now has 120 on hand, 120 available."]
    assert page.one(id="receive-bin")["value"] == ""
    assert page.one(id="receive-reason")["value"] == "note 7"
    # A double click, and a scan whose answer was lost.
    scan(pim, "/warehouse/receive/", "MUG", quantity="20", bin="A-01", reason="note 7", key="K", **PLACE)
    # The place is kept, also for whoever comes back later.
    assert said(scan(pim, "/warehouse/receive/", "MUG", key="L"))[0] == "1 × MUG received"
    assert world.stock("MUG") == Balance(121, 0)
    assert audit() == []


def test_before_the_first_scan_somebody_says_whose_goods_these_are_and_where(world: World, pim: Visitor) -> None:
    assert said(scan(pim, "/warehouse/receive/", "MUG")) == ["Choose first which warehouse this is."]
    page = scan(pim, "/warehouse/receive/", "MUG", warehouse="MAIN")
    assert (said(page), tone(page)) == (["Choose first whose goods these are."], "bad")
    assert world.stock("MUG") == Balance(100, 0)


def test_a_code_that_nobody_knows_is_given_to_a_product_or_to_a_new_one(
    world: World, pim: Visitor, visit_as: VisitAs
) -> None:
    page = scan(pim, "/warehouse/receive/", "4006381333931", **PLACE)
    assert said(page) == ["Nothing has the SKU or barcode “4006381333931”."]
    (attach,) = [form for form in page.forms if form.action == "/warehouse/receive/barcodes/"]
    assert attach.send(pim, sku="MUG").status_code == 303
    assert said(scan(pim, "/warehouse/receive/", "4006381333931", **PLACE))[0] == "1 × MUG received"
    otto = visit_as(world.otto)
    page = scan(otto, "/warehouse/receive/", "111", **PLACE)
    _, make = [form for form in page.forms if form.action == "/warehouse/receive/barcodes/"]
    assert make.send(otto, sku="JUG", name="Jug", new="1").status_code == 303
    assert said(scan(otto, "/warehouse/receive/", "111", **PLACE))[0] == "1 × JUG received"
    refused = pim.post("/warehouse/receive/barcodes/", {"code": "222", "sku": "POT", "new": "1", **PLACE})
    assert (refused.status_code, world.stock("JUG")) == (403, Balance(1, 0))
    assert audit() == []


def test_a_list_is_received_whole_or_not_at_all(world: World, pim: Visitor) -> None:
    form = Page(pim.get("/warehouse/receive/list/")).form("/warehouse/receive/list/")
    refused = form.send(pim, goods="MUG\t5\nXXX\t1", **PLACE)
    page = Page(refused)
    assert (refused.status_code, page.refusal) == (422, "unknown_code")
    assert "Line 2: Nothing has the SKU or barcode “XXX”." in page.text
    mended = page.form("/warehouse/receive/list/")
    assert mended.fields["goods"] == "MUG\t5\nXXX\t1"
    for _ in range(2):
        assert mended.send(pim, goods="MUG\t5\nCUP;2;A-02").status_code == 303
    assert (world.stock("MUG"), world.stock("CUP")) == (Balance(105, 0), Balance(102, 0))
    assert audit() == []


@pytest.fixture
def at_the_dock(world: World) -> World:
    """1042-1 and 1043-1 (tracking number T2) are packed, 1044-1 is held, 1045-1 superseded, 1046-1 still open."""
    for number in ("1042", "1043", "1044", "1045", "1046"):
        world.place(number, MUG=2)
    for number in ("1042", "1043", "1044", "1045"):
        tracking = "T2" if number == "1043" else ""
        world.ship(f"{number}-1", until=ShipmentStatus.PACKED, tracking_number=tracking)
    world.hold("1044", shipment="1044-1", kind=HoldKind.OPERATOR, actor=world.otto)
    world.reship("1045", add_back=True)
    return world


def test_parcels_depart_as_they_are_scanned_and_others_are_red_with_why(at_the_dock: World, pim: Visitor) -> None:
    first = scan(pim, LOADING, "1042-1", **PLACE)
    assert said(first) == ["1042-1 departed", "It stands on manifest 1."]
    kept = {element["name"]: element["value"] for element in first.all(form="scan-form", type="hidden")}
    assert kept == {"manifest": "1", "client": "ACME", "warehouse": "MAIN", "carrier": ""}
    answers = [said(scan(pim, LOADING, code, **kept))[0] for code in ("1042-1", "1044-1", "1045-1", "1046-1", "T2")]
    assert answers[0].startswith("1042-1 left already with manifest 1, on ")
    assert answers[1:3] == [
        "1044-1 is on hold: Operator Hold by Otto.",
        "1045-1 is superseded by 1045-R1: 2 units were added back to stock, so it cannot go out.",
    ]
    assert answers[3].startswith("1046-1 is open since ")
    assert answers[4] == "1043-1 departed"
    elsewhere = scan(pim, LOADING, "1044-1", client="ACME", warehouse="EAST")
    assert said(elsewhere) == ["1044-1 leaves from Main warehouse, this manifest is of East warehouse."]
    assert at_the_dock.stock("MUG") == Balance(96, 6)
    assert audit() == []


def test_a_scan_whose_answer_was_lost_is_answered_again(at_the_dock: World, pim: Visitor) -> None:
    for _ in range(2):
        page = scan(pim, LOADING, "1042-1", key="K", **PLACE)
        assert (said(page)[0], tone(page)) == ("1042-1 departed", "good")
    assert at_the_dock.stock("MUG") == Balance(98, 8)


def test_ticked_parcels_depart_together_and_the_manifest_is_closed_and_printed(
    at_the_dock: World, pim: Visitor
) -> None:
    page = Page(pim.get(LOADING, PLACE))
    ticks = [element["value"] for element in page.all(name="parcel")]
    assert ticks == ["1042-1", "1043-1"]
    assert page.form("/warehouse/manifests/departures/").send(pim, parcel=ticks).status_code == 303
    shown = Page(pim.get("/warehouse/manifests/ACME/1/"))
    assert "2 parcels, 4 units" in " ".join(shown.text.split())
    assert shown.form("/warehouse/manifests/ACME/1/closing/").send(pim).status_code == 303
    closed = scan(pim, LOADING, "1046-1", manifest="1", **PLACE)
    assert said(closed)[0].startswith("Pim closed manifest 1 on ")
    paper = pim.get("/warehouse/manifests/ACME/1/manifest.pdf")
    assert (paper["Content-Type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    assert [pim.get(f"/warehouse/manifests/ACME/{number}/").status_code for number in ("2", "0", "x", "9" * 30)] == [
        404,
        404,
        404,
        404,
    ]
    assert audit() == []


def test_a_parcel_that_came_back_is_inspected_line_by_line(world: World, pim: Visitor) -> None:
    world.place("1042", MUG=3, CUP=1)
    world.ship("1042-1", tracking_number="T1")
    page = scan(pim, "/warehouse/returns/", "T1")
    assert said(page) == ["1042-1 is back", "4 units are to inspect."]
    form = page.form("/warehouse/returns/ACME/1042-1/")
    refused = form.send(pim, **{"sellable-MUG": "3", "damaged-MUG": "1"})
    page = Page(refused)
    assert (refused.status_code, page.one(name="sellable-MUG")["value"]) == (409, "3")
    form = page.form("/warehouse/returns/ACME/1042-1/")
    for _ in range(2):  # A double click.
        answer = form.send(pim, **{"sellable-MUG": "1", "damaged-MUG": "1", "note": "handle off"})
        assert answer["Location"] == "/warehouse/returns/ACME/1042-1/"
    assert world.stock("MUG") == Balance(98, 0)
    rest = Page(pim.get("/warehouse/returns/ACME/1042-1/")).form("/warehouse/returns/ACME/1042-1/")
    assert rest.send(pim, all="1")["Location"] == "/warehouse/returns/"
    assert (world.stock("MUG"), world.stock("CUP")) == (Balance(99, 0), Balance(100, 0))
    assert said(scan(pim, "/warehouse/returns/", "1042-1")) == ["1042-1 came back before", "All of it was inspected."]
    assert audit() == []


def test_what_never_left_does_not_come_back(at_the_dock: World, pim: Visitor) -> None:
    page = scan(pim, "/warehouse/returns/", "1042-1")
    assert said(page)[0].startswith("1042-1 is packed since ")
    assert tone(page) == "bad"


def test_a_superseded_parcel_is_pulled_by_scans_alone(at_the_dock: World, pim: Visitor) -> None:
    edit = ProductEdit("MUG", barcode="4006381333931", bins=(("MAIN", "A-01"),))
    edit_product(edit, client=at_the_dock.acme, actor=at_the_dock.pim, at=at_the_dock.later())
    assert "1045-1" in pim.get("/warehouse/pull-tasks/").text
    page = scan(pim, "/warehouse/pull-tasks/", "1045-1")
    assert said(page) == ["Unpack 1045-1", "2 units are to put away: scan each."]
    kept = {element["name"]: element["value"] for element in page.all(form="scan-form")}
    assert kept == {"pull_client": "ACME", "parcel": "1045-1"}

    def answers(*codes: str) -> list[str]:
        return [said(scan(pim, "/warehouse/pull-tasks/", code, **kept))[0] for code in codes]

    assert answers("CUP", "XXX", "1045-1", "4006381333931", "MUG", "MUG") == [
        "CUP is not among the items of 1045-1.",
        "Nothing has the SKU or barcode “XXX”.",
        "2 × MUG of 1045-1 are not scanned yet.",
        "MUG into A-01",
        "MUG into A-01",
        "Only 2 × MUG are in 1045-1; 2 were scanned already, so 1 more are too many.",
    ]
    done = scan(pim, "/warehouse/pull-tasks/", "1045-1", **kept)
    assert (said(done)[0], tone(done)) == ("1045-1 is put away", "done")
    assert answers("1045-1")[0].startswith("Pim pulled 1045-1 on ")
    # It stands nowhere any more.
    assert "1045-1" not in pim.get(LOADING, PLACE).text
    assert audit() == []


def test_what_was_never_in_a_parcel_to_pull_is_said_by_hand(at_the_dock: World, pim: Visitor) -> None:
    page = Page(pim.get("/warehouse/pull-tasks/?pull_client=ACME&parcel=1045-1"))
    form = page.form("/warehouse/pull-tasks/ACME/1045-1/done/")
    assert form.send(pim).status_code == 409
    assert form.send(pim, rest="1").status_code == 303
    assert at_the_dock.history("1045")[-1] == "1045-1 was found, unpacked and put away; not in it: 2 × MUG."


def test_a_parcel_is_found_for_whichever_client_it_is_unless_several_have_one(world: World, pim: Visitor) -> None:
    world.place("1042", MUG=1)
    world.ship("1042-1")
    world.place("1042", client=world.other, MUG=1)
    world.ship("1042-1", client=world.other)
    page = scan(pim, "/warehouse/returns/", "1042-1")
    assert said(page) == ["2 clients have a parcel 1042-1: choose one of them in the header, and scan it again."]
    pim.post("/client/", {"client": "OTHER"})
    assert said(scan(pim, "/warehouse/returns/", "1042-1"))[0] == "1042-1 is back"
    assert world.shipment("1042-1").shipment.status == "DEPARTED"


def test_a_count_corrects_the_books_once_and_names_who_holds_the_units(world: World, pim: Visitor) -> None:
    world.place("1042", TEE=6)
    page = scan(pim, "/warehouse/counts/", "TEE", **PLACE)
    assert [element.text for element in page.all() if element.tag == "dd"][:2] == ["10", "6"]
    form = page.form("/warehouse/counts/entered/")
    refused = Page(form.send(pim, counted="5", reason="stocktaking"))
    assert "Shipments: 1042-1" in " ".join(refused.text.split())
    form = refused.form("/warehouse/counts/entered/")
    for _ in range(2):
        assert form.send(pim, counted="8", reason="stocktaking").status_code == 303
    assert "TEE: 8 counted, the books said 10 (−2)." in pim.get("/warehouse/counts/").text
    assert world.stock("TEE") == Balance(8, 6)
    again = scan(pim, "/warehouse/counts/", "TEE", **PLACE).form("/warehouse/counts/entered/")
    assert again.fields["reason"] == "stocktaking"
    assert audit() == []


def test_a_blind_count_shows_nothing_of_the_books(world: World, pim: Visitor) -> None:
    page = scan(pim, "/warehouse/counts/", "TEE", blind="1", **PLACE)
    assert "On hand" not in page.text
    page.form("/warehouse/counts/entered/").send(pim, counted="9", reason="blind")
    assert "TEE: 9 counted." in pim.get("/warehouse/counts/").text
    sheet = pim.get("/warehouse/counts/sheet/", {**PLACE, "blind": "1"}).text
    assert ("On hand" in sheet, "counted-MUG" in sheet) == (False, True)


def test_a_sheet_is_sorted_by_bin_and_counts_what_is_filled_in(world: World, pim: Visitor) -> None:
    for sku, place in (("MUG", "B-01"), ("CUP", "A-02"), ("TEE", "A-01")):
        edit = ProductEdit(sku, bins=(("MAIN", place),))
        edit_product(edit, client=world.acme, actor=world.pim, at=world.later())
    page = Page(pim.get("/warehouse/counts/sheet/", PLACE))
    names = [name for name in page.forms[-1].fields if name.startswith("counted-")]
    assert names == ["counted-TEE", "counted-CUP", "counted-MUG"]
    sent = page.forms[-1].send(pim, **{"counted-MUG": "97", "counted-TEE": "10", "reason": "year's end"})
    assert sent.status_code == 303
    assert (world.stock("MUG"), world.stock("CUP"), world.stock("TEE")) == (
        Balance(97, 0),
        Balance(100, 0),
        Balance(10, 0),
    )
    only = Page(pim.get("/warehouse/counts/sheet/", {**PLACE, "bin": "A"}))
    assert [name for name in only.forms[-1].fields if name.startswith("counted-")] == ["counted-TEE", "counted-CUP"]
    assert audit() == []


def test_a_sheet_of_labels_bears_the_barcode_of_the_product(world: World, visit_as: VisitAs) -> None:
    edit_product(ProductEdit("MUG", barcode="2047110000001"), client=world.acme, actor=world.otto, at=world.later())
    sheet = visit_as(world.pim).get("/products/ACME/MUG/labels.pdf")
    (page,) = pypdfium2.PdfDocument(sheet.content)
    codes = zxingcpp.read_barcodes(page.render(scale=3).to_pil())
    assert [code.text for code in codes] == ["2047110000001"] * 24
    assert visit_as(world.mara).get("/products/ACME/MUG/labels.pdf").status_code == 403


def test_a_product_is_edited_by_those_whose_work_it_is(world: World, visit_as: VisitAs) -> None:
    address = "/products/ACME/MUG/edit/?warehouse=EAST"
    fields = {
        name: set(Page(visit_as(getattr(world, name)).get(address)).form(address).fields) - {"csrfmiddlewaretoken"}
        for name in ("pim", "otto", "mara")
    }
    works = {"barcode", "bin-MAIN", "bin-EAST"}
    assert fields == {"pim": works, "otto": works | {"unit_cost"}, "mara": {"unit_cost"}}
    otto = visit_as(world.otto)
    form = Page(otto.get(address)).form(address)
    assert form.send(otto, barcode="CUP").status_code == 409
    assert form.send(otto, unit_cost="-1").status_code == 422
    assert form.send(otto, **{"barcode": "1", "bin-EAST": "Z", "unit_cost": "2.5"}).status_code == 303
    assert (form.fields["unit_cost"], Page(otto.get(address)).form(address).fields["unit_cost"]) == ("0", "2.5")
    # A packer's form has no cost, so sending it changes none.
    pim = visit_as(world.pim)
    Page(pim.get(address)).form(address).send(pim, barcode="2")
    after = Page(otto.get(address)).form(address).fields
    assert (after["barcode"], after["unit_cost"], after["bin-EAST"]) == ("2", "2.5", "Z")


HOSTILE = ["", " ", "\0", "x" * 10_000, "\u202e1042-1", "مرحبا", "1042-1' OR 1=1 --", "2042-1", "-1", "💥"]


@pytest.mark.parametrize("address", ["receive/", "manifests/loading/", "returns/", "pull-tasks/", "counts/"])
def test_a_hostile_scan_is_red_in_words_and_changes_nothing(at_the_dock: World, pim: Visitor, address: str) -> None:
    at_the_dock.place("2042", client=at_the_dock.other, MUG=1)
    pim.post("/client/", {"client": "ACME"})
    before = [at_the_dock.history(number) for number in ("1042", "1043", "1044", "1045")]
    opened = {"parcel": "1045-1", "pull_client": "ACME"} if address == "pull-tasks/" else {}
    for code in HOSTILE:
        response = pim.post(f"/warehouse/{address}", {"code": code, "warehouse": "MAIN", **opened})
        page = Page(response)
        assert (response.status_code in {404, 409, 422}, tone(page)) == (True, "bad"), (code, response.status_code)
        assert said(page)[0]
    names = ("client", "parcel", "manifest", "page", "warehouse", "pull_client", "quantity", "bin", "key", "carrier")
    queries = [f"{name}={value}" for name in names for value in ("%00", "12")]
    # Half of a surrogate pair, and far too long: everywhere at once.
    queries += ["&".join(f"{name}={value}" for name in names) for value in ("%ED%A0%80", "9" * 500)]
    for query in queries:
        assert pim.get(f"/warehouse/{address}?{query}").status_code < 500, query
        form = "application/x-www-form-urlencoded"
        assert pim.post(f"/warehouse/{address}", f"code=MUG&{query}", content_type=form).status_code < 500, query
    assert [at_the_dock.history(number) for number in ("1042", "1043", "1044", "1045")] == before
    assert audit() == []


def many_parcels(world: World, count: int, *, status: ShipmentStatus) -> list[Shipment]:
    """As many orders of one mug each, whose parcels got as far as `status`."""
    at, numbers = world.later(), [f"{status}{number}-1" for number in range(count)]
    gone = at if status == ShipmentStatus.RETURNED else None
    orders = [new_order(f"{status}{number}", {"MUG": 1}, departed_at=gone) for number in range(count)]
    outcomes: list[object] = [*place_orders(orders, client=world.acme, actor=world.otto, at=at)]
    if gone:
        outcomes += mark_returned(numbers, client=world.acme, actor=world.pim, at=at)
    else:
        outcomes += pick_shipments(numbers, client=world.acme, actor=world.pim, at=at)
        requests = [PackRequest(number, by_hand=True) for number in numbers]
        outcomes += pack_shipments(requests, client=world.acme, actor=world.otto, at=at)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    with scope(client=world.acme.pk):
        return list(Shipment.objects.filter(number__in=numbers).order_by("pk"))


@pytest.mark.parametrize("count", [1, 50])
def test_the_number_of_statements_is_the_same_for_any_number_of_rows(
    world: World, visit_as: VisitAs, count: int
) -> None:
    world.receive(MUG=100)
    returned = many_parcels(world, count, status=ShipmentStatus.RETURNED)
    many_parcels(world, count, status=ShipmentStatus.PACKED)
    stock_many(world, {f"SKU-{number:02}": 1 for number in range(count)})
    acme, at = world.acme, world.later()
    with scope(client=acme.pk):
        warehouse = returned[0].warehouse
        made = [
            Manifest(client=acme, number=number + 1, warehouse=warehouse, made_by="Pim", made_at=at)
            for number in range(count)
        ]
        Manifest.objects.bulk_create(made)
        rows = [ManifestShipment(client=acme, manifest=made[0], shipment=shipment) for shipment in returned]
        ManifestShipment.objects.bulk_create(rows)
        PullTask.objects.bulk_create([PullTask(client=acme, shipment=parcel, made_at=at) for parcel in returned])
    visitor = visit_as(world.otto)
    visitor.get("/warehouse/counts/sheet/", PLACE)  # Keeps the place, once.
    counted = {}
    for address, query, mark in (
        ("/warehouse/manifests/", {}, "data-open"),
        ("/warehouse/manifests/ACME/1/", {}, "data-open"),
        ("/warehouse/pull-tasks/", {}, "pull_client="),
        ("/warehouse/returns/", {}, "/warehouse/returns/ACME/"),
        ("/warehouse/counts/sheet/", PLACE, 'name="counted-SKU'),
        (LOADING, PLACE, 'name="parcel"'),
    ):
        with CaptureQueriesContext(connection) as captured:
            page = visitor.get(address, query).text
        assert page.count(mark) >= count
        counted[address] = len(captured)
    assert counted == {
        "/warehouse/manifests/": 3,
        "/warehouse/manifests/ACME/1/": 5,
        "/warehouse/pull-tasks/": 7,
        "/warehouse/returns/": 3,
        "/warehouse/counts/sheet/": 5,
        LOADING: 8,
    }
