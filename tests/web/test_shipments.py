"""What is done with one shipment in the portal: edits, cancellations and the warehouse's steps."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client as Visitor
from pytest_django import DjangoAssertNumQueries

from reship.clients.access import Actor
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.models import HoldKind, ShipmentStatus
from tests.web.pages import Form, Page
from tests.web.stocked import MANY, stock_many
from tests.world import JANE, World, new_order

VisitAs = Callable[[Actor], Visitor]
ORDER = "/orders/ACME/1042/"
SHIPMENT = f"{ORDER}shipments/1042-1/"
EDIT = f"{SHIPMENT}edit/"
PREVIEW = f"{EDIT}preview/"
CANCEL = f"{SHIPMENT}cancellation/"
STEPS = f"{SHIPMENT}steps/"
PACK = f"{SHIPMENT}packing/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def open_shipment(world: World) -> World:
    """Order 1042 of 2 MUG and 1 CUP, not picked yet."""
    world.place("1042", MUG=2, CUP=1)
    return world


def edit_form(visitor: Visitor) -> Form:
    return Page(visitor.get(EDIT)).form(EDIT)


def test_an_edit_changes_address_method_and_items(open_shipment: World, visit_as: VisitAs) -> None:
    visitor = visit_as(open_shipment.dana)
    response = edit_form(visitor).send(
        visitor,
        street_1="2 Low Street",
        method="Express",
        taken_out=["CUP"],
        new_sku=["TEE"],
        new_quantity=["4"],
        **{"quantity-MUG": "3"},
    )
    assert (response.status_code, response["Location"]) == (303, f"{ORDER}?shown=1042-1#shipment-1")
    shipment = open_shipment.shipment("1042-1").shipment
    assert (shipment.street_1, shipment.city, shipment.method) == ("2 Low Street", JANE.city, "Express")
    assert open_shipment.items("1042-1") == {"MUG": 3, "TEE": 4}
    assert "1042-1 edited." in visitor.get(ORDER).text
    assert audit() == []


def test_a_form_that_changes_nothing_writes_nothing(open_shipment: World, visit_as: VisitAs) -> None:
    visitor = visit_as(open_shipment.dana)
    assert edit_form(visitor).send(visitor).status_code == 303
    assert "1042-1 is as it was: nothing was changed." in visitor.get(ORDER).text
    assert len(open_shipment.history("1042")) == 1


def test_an_overtaken_form_shows_what_the_other_changed_and_keeps_what_was_typed(
    open_shipment: World, visit_as: VisitAs
) -> None:
    visitor = visit_as(open_shipment.dana)
    form = edit_form(visitor)
    open_shipment.edit("1042-1", address=replace(JANE, city="Chatham", postal_code="62629"), actor=open_shipment.otto)
    open_shipment.edit("1042-1", method="Courier", MUG=1, TEE=3, actor=open_shipment.otto)
    changes: dict[str, str | list[str]] = {"city": "Auburn", "street_1": "2 Low Street", "quantity-MUG": "5"}
    response = form.send(visitor, taken_out="CUP", **changes)
    page = Page(response)
    assert (response.status_code, page.refusal) == (409, "stale_edit")
    for told in ("city: Springfield → Chatham", "method: Post → Courier", "MUG: 2 → 1 units", "3 × TEE added"):
        assert told in page.text
    assert page.marked == {
        "city": "Otto has made it “Chatham” meanwhile.",
        "quantity-MUG": "Otto has made it 1 meanwhile.",
    }
    fields = page.form(EDIT).fields
    shown = {
        name: fields[name] for name in ("street_1", "city", "postal_code", "method", "quantity-MUG", "quantity-TEE")
    }
    assert shown == {
        "street_1": "2 Low Street",
        "city": "Auburn",
        "postal_code": "62629",
        "method": "Courier",
        "quantity-MUG": "5",
        "quantity-TEE": "3",
    }
    assert page.form(EDIT).send(visitor).status_code == 303, "whoever has seen it may save it"
    assert open_shipment.items("1042-1") == {"MUG": 5, "TEE": 3}
    edited = open_shipment.shipment("1042-1").shipment
    assert (edited.city, edited.street_1, edited.postal_code, edited.method) == (
        "Auburn",
        "2 Low Street",
        "62629",
        "Courier",
    )
    assert audit() == []


def test_what_the_other_took_out_and_somebody_typed_comes_back_as_a_further_item(
    open_shipment: World, visit_as: VisitAs
) -> None:
    visitor = visit_as(open_shipment.dana)
    form = edit_form(visitor)
    open_shipment.edit("1042-1", MUG=2, actor=open_shipment.otto)
    page = Page(form.send(visitor, **{"quantity-CUP": "4"}))
    assert "1 × CUP taken out" in page.text
    assert page.form(EDIT).send(visitor).status_code == 303
    assert open_shipment.items("1042-1") == {"MUG": 2, "CUP": 4}
    assert audit() == []


def test_the_preview_shows_each_sku_now_and_after(open_shipment: World, visit_as: VisitAs) -> None:
    visitor = visit_as(open_shipment.dana)
    form = edit_form(visitor)
    typed = {**form.fields, "quantity-MUG": "5", "taken_out": "CUP", "new_sku": ["TEE"], "new_quantity": ["4"]}
    text = Page(visitor.post(PREVIEW, typed, headers=HTMX)).text.split()
    assert "MUG +3 100 2 → 5 98 → 95 CUP −1 100 1 → 0 99 → 100 TEE +4 10 0 → 4 10 → 6" in " ".join(
        " ".join(text).replace("→", " → ").split()
    )
    short = Page(visitor.post(PREVIEW, {**typed, "new_quantity": ["11"]}))
    assert "11 × TEE were asked for; 10 available." in short.text
    assert short.form(EDIT).fields["quantity-MUG"] == "5", "without a script it is the whole window"
    assert len(open_shipment.history("1042")) == 1
    assert audit() == []


def test_another_country_shows_its_own_fields_and_keeps_what_was_typed(open_shipment: World, visit_as: VisitAs) -> None:
    visitor = visit_as(open_shipment.dana)
    form = edit_form(visitor)
    assert form.fields["region"] == "IL"
    assert Page(visitor.get(EDIT)).one(id="id_country")["hx-post"] == "/address-fields/"
    for address, headers in ((EDIT, {}), ("/address-fields/", HTMX)):
        sent = {**form.fields, "country": "DE", "city": "Berlin", "method": "Express", "change_country": "1"}
        page = Page(visitor.post(address, sent, headers=headers))
        assert "Postal code (PLZ)" in page.text
        assert "Illinois" not in page.text
        if address == EDIT:
            fields = page.form(EDIT).fields
            assert (fields["region"], fields["city"], fields["method"]) == ("", "Berlin", "Express")
    assert len(open_shipment.history("1042")) == 1


def test_a_wrong_address_is_told_at_each_of_its_fields(open_shipment: World, visit_as: VisitAs) -> None:
    visitor = visit_as(open_shipment.dana)
    page = Page(edit_form(visitor).send(visitor, country="DE", postal_code="1", city=""))
    assert (page.refusal, set(page.marked)) == ("invalid_address", {"postal_code", "city"})
    assert page.form(EDIT).fields["country"] == "DE"


def test_an_old_address_that_does_not_fit_is_warned_about_and_may_stay(world: World, visit_as: VisitAs) -> None:
    world.place_order(replace(new_order("1042", {"MUG": 2}), address=replace(JANE, region="", postal_code="1")))
    visitor = visit_as(world.dana)
    page = Page(visitor.get(EDIT))
    assert "State is missing." in page.text
    assert page.form(EDIT).send(visitor, method="Express").status_code == 303
    assert world.shipment("1042-1").shipment.method == "Express"


def test_whoever_comes_too_late_to_edit_is_offered_to_ask(open_shipment: World, visit_as: VisitAs) -> None:
    visitor = visit_as(open_shipment.dana)
    form = edit_form(visitor)
    open_shipment.ship("1042-1", until=ShipmentStatus.PICKING)
    page = Page(form.send(visitor, method="Express"))
    assert page.refusal == "picking_started"
    assert f"{SHIPMENT}questions/" in [element["href"] for element in page.elements]


@pytest.mark.parametrize("edition", ["", "x", "0", "-1", "²", "9" * 5_000, "1.0"])
def test_a_form_without_its_edition_is_stale(open_shipment: World, visit_as: VisitAs, edition: str) -> None:
    visitor = visit_as(open_shipment.dana)
    response = edit_form(visitor).send(visitor, edition=edition, method="Express")
    assert (response.status_code, Page(response).refusal) == (409, "stale_edit")


def test_what_a_form_does_not_send_stays_as_it_is(open_shipment: World, visit_as: VisitAs) -> None:
    response = visit_as(open_shipment.dana).post(EDIT, {"edition": "1", "sku": "MUG", "quantity-MUG": "1"})
    assert response.status_code == 303
    assert open_shipment.items("1042-1") == {"MUG": 1, "CUP": 1}
    assert open_shipment.shipment("1042-1").shipment.address == JANE


@pytest.mark.parametrize(
    ("changes", "code", "status", "marked", "words"),
    [
        ({"taken_out": ["MUG", "CUP"]}, "nothing_selected", 422, "#items-error", "Keep at least one item"),
        ({"quantity-MUG": "101"}, "not_enough_available", 409, "quantity-MUG", "99 × MUG were asked for; 98 available"),
        ({"new_sku": "NONE", "new_quantity": "1"}, "unknown_item", 422, "new_sku", "There is no product “NONE”."),
        ({"new_sku": "HAT", "new_quantity": "1"}, "not_enough_available", 409, "new_sku", "0 available"),
        ({"new_sku": "TEE", "new_quantity": ""}, "invalid_quantity", 422, "new_sku", "must be a whole number"),
        ({"new_sku": "MUG", "new_quantity": "1"}, "duplicate_item", 422, "new_sku", "MUG is named twice."),
        ({"new_sku": "a\x00b", "new_quantity": "1"}, "invalid_text", 422, "#items-error", "cannot be stored"),
        ({"new_sku": "x" * 61, "new_quantity": "1"}, "invalid_text", 422, "#items-error", "61 characters long"),
        ({"country": "1A"}, "invalid_text", 422, "country", "two-letter code"),
        ({"city": "x" * 121}, "invalid_text", 422, "city", "at most 120"),
        ({"phone": "a\x1bb"}, "invalid_text", 422, "phone", "cannot be stored"),
        ({"method": "x" * 61}, "invalid_text", 422, "method", "at most 60"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_an_edit_that_cannot_be_is_refused_at_its_field(
    open_shipment: World,
    visit_as: VisitAs,
    changes: dict[str, str | list[str]],
    code: str,
    status: int,
    marked: str,
    words: str,
) -> None:
    visitor = visit_as(open_shipment.dana)
    response = edit_form(visitor).send(visitor, **changes)
    page = Page(response)
    assert (response.status_code, page.refusal) == (status, code)
    if marked.startswith("#"):
        assert words in page.one(id=marked[1:]).text
    else:
        assert (list(page.marked), words in page.marked[marked]) == ([marked], True), page.marked
    assert len(open_shipment.history("1042")) == 1


@pytest.mark.parametrize("quantity", ["0", "-1", "1e9", "1.5", "NaN", "", "²", "１２", "1_000", "9" * 5_000])
def test_a_quantity_that_is_none_is_told_at_its_row(open_shipment: World, visit_as: VisitAs, quantity: str) -> None:
    visitor = visit_as(open_shipment.dana)
    page = Page(edit_form(visitor).send(visitor, **{"quantity-MUG": quantity}))
    assert (page.refusal, list(page.marked)) == ("invalid_quantity", ["quantity-MUG"])
    assert page.form(EDIT).fields["quantity-MUG"] == quantity
    assert open_shipment.items("1042-1") == {"MUG": 2, "CUP": 1}


def test_units_of_a_reshipment_stay_within_what_its_source_sent(open_shipment: World, visit_as: VisitAs) -> None:
    open_shipment.ship("1042-1", until=ShipmentStatus.LOST)
    open_shipment.reship("1042", MUG=1)
    address = f"{ORDER}shipments/1042-R1/edit/"
    visitor = visit_as(open_shipment.dana)
    page = Page(Page(visitor.get(address)).form(address).send(visitor, **{"quantity-MUG": "3"}))
    assert page.refusal == "more_than_shipped"
    assert "1042-1 sent 2 × MUG; 3 were asked for." in page.marked["quantity-MUG"]


def test_a_shipment_in_picking_is_refused_with_who_is_at_work(open_shipment: World, visit_as: VisitAs) -> None:
    visitor = visit_as(open_shipment.dana)
    form = edit_form(visitor)
    open_shipment.ship("1042-1", until=ShipmentStatus.PICKING)
    response = form.send(visitor, method="Express")
    assert (response.status_code, Page(response).refusal) == (409, "picking_started")
    assert "Pim has been working on 1042-1 since" in response.text


def test_another_row_for_a_sku_keeps_what_was_typed(open_shipment: World, visit_as: VisitAs) -> None:
    visitor = visit_as(open_shipment.dana)
    form = edit_form(visitor)
    page = Page(form.send(visitor, another="1", new_sku=["TEE"], new_quantity=["4"], method="Express"))
    assert page.form(EDIT).fields["new_sku"] == ["TEE", ""]
    assert page.form(EDIT).fields["method"] == "Express"
    assert len(open_shipment.history("1042")) == 1


def test_skus_are_offered_while_one_is_typed(open_shipment: World, visit_as: VisitAs) -> None:
    visitor = visit_as(open_shipment.dana)
    offers = Page(visitor.get(f"{SHIPMENT}skus/", {"new_sku": "te"}, headers=HTMX)).elements
    assert [(offer["value"], offer["label"]) for offer in offers] == [("TEE", "TEE · Tee · 10 available")]
    for typed in ("", "\x00", "%", "_", "x" * 500):
        assert Page(visitor.get(f"{SHIPMENT}skus/", {"new_sku": typed}, headers=HTMX)).elements == []


def test_cancelling_asks_and_says_what_will_be_undone(open_shipment: World, visit_as: VisitAs) -> None:
    open_shipment.ship("1042-1", until=ShipmentStatus.PACKED)
    open_shipment.reship("1042", add_back=True, MUG=1)
    address = f"{ORDER}shipments/1042-R1/cancellation/"
    visitor = visit_as(open_shipment.mara)
    page = Page(visitor.get(address))
    text = " ".join(page.text.split())
    assert "1 × MUG become available again." in text
    assert "The add-back: 1 × MUG belong to 1042-1 again." in text
    assert page.form(address).send(visitor).status_code == 303
    assert open_shipment.stock("MUG") == Balance(100, 2)
    assert audit() == []


def test_a_cancellation_that_is_refused_says_why_and_offers_nothing(open_shipment: World, visit_as: VisitAs) -> None:
    open_shipment.ship("1042-1")
    page = Page(visit_as(open_shipment.mara).get(CANCEL))
    assert page.refusal == "wrong_status"
    assert page.form(CANCEL).buttons == []


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_a_cancellation_that_comes_too_late_is_refused(
    open_shipment: World, visit_as: VisitAs, headers: dict[str, str]
) -> None:
    open_shipment.ship("1042-1")
    response = visit_as(open_shipment.mara).post(CANCEL, headers=headers)
    assert (response.status_code, Page(response).refusal) == (409, "wrong_status")
    assert "1042-1 is departed since 2026-03-02 09:08 UTC; for this it must be open or in picking." in response.text


def test_an_agent_undoes_what_they_made_and_cancels_nothing_else(open_shipment: World, visit_as: VisitAs) -> None:
    open_shipment.ship("1042-1", until=ShipmentStatus.LOST)
    open_shipment.reship("1042", MUG=1, actor=open_shipment.mara)
    open_shipment.reship("1042", source="1042-1", MUG=1, actor=open_shipment.dana)
    visitor = visit_as(open_shipment.dana)
    assert visitor.post(f"{ORDER}shipments/1042-R1/cancellation/").status_code == 403
    assert visitor.post(f"{ORDER}shipments/1042-R2/cancellation/").status_code == 303
    assert audit() == []


def test_a_parcel_goes_its_way_by_plain_buttons(open_shipment: World, visit_as: VisitAs) -> None:
    visitor = visit_as(open_shipment.otto)

    def press(step: str) -> str:
        response = visitor.post(STEPS, {"step": step}, follow=True)
        assert response.status_code == 200
        return open_shipment.shipment("1042-1").shipment.status

    assert press("pick") == "PICKING"
    packed = Page(visitor.get(PACK)).form(PACK).send(visitor, tracking_number="TRACK-1", carrier="DPD")
    assert packed.status_code == 303
    assert [press(step) for step in ("depart", "lost", "returned", "restock")] == [
        "DEPARTED",
        "LOST",
        "RETURNED",
        "RETURNED",
    ]
    shipment = open_shipment.shipment("1042-1").shipment
    assert (shipment.tracking_number, shipment.carrier) == ("TRACK-1", "DPD")
    assert open_shipment.stock("MUG") == Balance(100, 0)
    assert audit() == []


def test_a_parcel_that_arrived_is_delivered(open_shipment: World, visit_as: VisitAs) -> None:
    open_shipment.ship("1042-1")
    response = visit_as(open_shipment.pim).post(STEPS, {"step": "delivered"}, follow=True)
    assert "1042-1 is delivered." in response.text


@pytest.mark.parametrize(
    ("step", "code", "words"),
    [
        ("pick", "on_hold", "1042-1 is on hold: Client hold by Dana."),
        ("depart", "wrong_status", "1042-1 is open since"),
        ("restock", "wrong_status", "for this it must be returned"),
    ],
)
def test_a_refused_step_is_told_at_its_shipment(
    open_shipment: World, visit_as: VisitAs, step: str, code: str, words: str
) -> None:
    open_shipment.hold("1042", note="Wait.")
    response = visit_as(open_shipment.pim).post(STEPS, {"step": step})
    page = Page(response)
    assert (response.status_code, page.refusal) == (409, code)
    assert words in page.one(id="shipment-1").text


def test_a_superseded_parcel_cannot_depart(open_shipment: World, visit_as: VisitAs) -> None:
    open_shipment.ship("1042-1", until=ShipmentStatus.PACKED)
    open_shipment.reship("1042", add_back=True, MUG=1)
    response = visit_as(open_shipment.pim).post(STEPS, {"step": "depart"})
    assert (response.status_code, Page(response).refusal) == (409, "units_added_back")
    assert "1042-1 is superseded by 1042-R1" in response.text


@pytest.mark.parametrize(
    ("changes", "marked"),
    [
        ({"tracking_number": "x" * 81}, "tracking_number"),
        ({"tracking_number": "a\x00b"}, "tracking_number"),
        ({"carrier": "x" * 61}, "carrier"),
    ],
)
def test_a_label_that_cannot_be_is_refused_at_its_field(
    open_shipment: World, visit_as: VisitAs, changes: dict[str, str], marked: str
) -> None:
    open_shipment.ship("1042-1", until=ShipmentStatus.PICKING)
    response = visit_as(open_shipment.otto).post(PACK, {"tracking_number": "", "carrier": "", **changes})
    page = Page(response)
    assert (response.status_code, page.refusal, list(page.marked)) == (422, "invalid_text", [marked])
    assert open_shipment.shipment("1042-1").shipment.status == ShipmentStatus.PICKING


def test_only_some_may_close_what_was_not_scanned(open_shipment: World, visit_as: VisitAs) -> None:
    open_shipment.ship("1042-1", until=ShipmentStatus.PICKING)
    response = visit_as(open_shipment.pim).post(PACK, {"tracking_number": "", "carrier": ""})
    assert (response.status_code, Page(response).refusal) == (409, "not_verified")
    assert visit_as(open_shipment.otto).post(PACK, {"tracking_number": "", "carrier": ""}).status_code == 303
    assert open_shipment.history("1042")[-1] == "1042-1 packed by hand, without scans."


@pytest.mark.parametrize("step", ["", "pack", "fly", "PICK", "pick\x00", "x" * 5_000])
def test_a_step_that_is_none_does_nothing(open_shipment: World, visit_as: VisitAs, step: str) -> None:
    assert visit_as(open_shipment.pim).post(STEPS, {"step": step}).status_code == 404
    assert open_shipment.shipment("1042-1").shipment.status == ShipmentStatus.OPEN


@pytest.mark.parametrize("address", [EDIT, CANCEL, STEPS, PACK])
@pytest.mark.parametrize(
    ("person", "allowed"),
    [("vic", set()), ("dana", {EDIT}), ("mara", {EDIT, CANCEL}), ("pim", {STEPS, PACK}), ("wren", None)],
)
def test_who_may_do_what_with_a_shipment(
    open_shipment: World, visit_as: VisitAs, address: str, person: str, allowed: set[str] | None
) -> None:
    if address == PACK:
        open_shipment.ship("1042-1", until=ShipmentStatus.PICKING)
        for sku, quantity in open_shipment.items("1042-1").items():
            open_shipment.scan("1042-1", sku, quantity)
    response = visit_as(getattr(open_shipment, person)).post(address, {"step": "pick", "edition": "1"})
    expected = 404 if allowed is None and address in {EDIT, CANCEL} else 303 if address in (allowed or ()) else 403
    assert response.status_code == expected


def test_another_orders_shipment_is_not_found_under_this_order(open_shipment: World, visit_as: VisitAs) -> None:
    open_shipment.place("1043", MUG=1)
    open_shipment.place("W-1", client=open_shipment.other, MUG=1)
    visitor = visit_as(open_shipment.otto)
    for number in ("1043-1", "W-1-1", "nothing"):
        for page in ("edit/", "cancellation/", "packing/", "steps/"):
            assert visitor.post(f"{ORDER}shipments/{number}/{page}", {"step": "pick"}).status_code == 404
    assert open_shipment.shipment("1043-1").shipment.status == ShipmentStatus.OPEN


def test_a_held_shipment_says_so_while_it_is_edited(open_shipment: World, visit_as: VisitAs) -> None:
    visitor = visit_as(open_shipment.dana)
    assert "It is not on hold: it may be picked at any moment." in visitor.get(EDIT).text
    open_shipment.hold("1042", kind=HoldKind.ADDRESS)
    assert "It stays on hold until the hold is lifted." in visitor.get(EDIT).text


@pytest.mark.parametrize("skus", [{"MUG": 2}, MANY], ids=["one line", "thirty lines"])
def test_windows_ask_the_database_the_same_for_any_number_of_lines(
    world: World, visit_as: VisitAs, skus: dict[str, int], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    stock_many(world, MANY)
    world.place_order(new_order("1042", skus))
    visitor = visit_as(world.mara)
    with django_assert_num_queries(9):
        form = Page(visitor.get(EDIT)).form(EDIT)
    with django_assert_num_queries(14):
        visitor.get(CANCEL)
    with django_assert_num_queries(23):
        form.send(visitor, **{f"quantity-{sku}": "1" for sku in skus})
    assert audit() == []
