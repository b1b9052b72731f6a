"""The Re-Ship window: what it shows, what it asks, and that each refusal comes back to it, at the right place."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client as Visitor
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from reship.clients.access import Actor
from reship.clients.models import Client
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.models import ShipmentStatus
from tests.web.pages import Page, Posted
from tests.web.stocked import MANY, stock_many
from tests.world import World, new_order

VisitAs = Callable[[Actor], Visitor]
ORDER = "/orders/ACME/1042/"
NEW = f"{ORDER}reshipments/new/"
PREVIEW = f"{ORDER}reshipments/preview/"
CONFIRM = f"{ORDER}reshipments/"
HTMX = {"HX-Request": "true"}


def filled(**changes: str | list[str]) -> Posted:
    """A filled-in window for one lost MUG of 1042-1."""
    posted: Posted = {
        "key": "0123456789abcdef",
        "source": "1042-1",
        "shown_source": "1042-1",
        "item": ["MUG"],
        "quantity-MUG": "1",
        "quantity-CUP": "1",
        "reason": "lost",
        "note": "",
        "add_back": "no",
    }
    return posted | changes


@pytest.fixture
def lost(world: World) -> World:
    """Order 1042 of 2 MUG and 1 CUP, lost on its way."""
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    return world


@pytest.fixture
def packed(world: World) -> World:
    """The same order, still on the dock."""
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    return world


def test_the_window_opens_with_nothing_ticked_and_what_is_left(lost: World, visit_as: VisitAs) -> None:
    lost.reship("1042", MUG=1)
    page = Page(visit_as(lost.dana).get(NEW))
    fields = page.form(CONFIRM).fields
    assert "item" not in fields
    assert (fields["source"], fields["quantity-MUG"], fields["quantity-CUP"]) == ("1042-1", "1", "1")
    assert [element["value"] for element in page.all(name="item")] == ["MUG", "CUP"]


def test_every_window_has_a_key_of_its_own(lost: World, visit_as: VisitAs) -> None:
    visitor = visit_as(lost.dana)
    keys = {str(Page(visitor.get(NEW)).form(CONFIRM).fields["key"]) for _ in range(3)}
    assert len(keys) == 3


def test_the_window_is_a_page_without_a_script_and_a_fragment_with_htmx(lost: World, visit_as: VisitAs) -> None:
    visitor = visit_as(lost.dana)
    assert visitor.get(NEW).text.lstrip().startswith("<!DOCTYPE html>")
    fragment = visitor.get(NEW, headers=HTMX).text
    assert fragment.lstrip().startswith("<form")


def test_re_shipping_without_a_script_ends_at_the_new_shipment(lost: World, visit_as: VisitAs) -> None:
    visitor = visit_as(lost.dana)
    form = Page(visitor.get(NEW)).form(CONFIRM)
    response = form.send(visitor, item=["MUG", "CUP"], reason="damaged", hold="on", **{"quantity-MUG": "2"})
    assert (response.status_code, response["Location"]) == (303, f"{ORDER}?shown=1042-R1#shipment-R1")
    page = Page(visitor.get(response["Location"]))
    assert "1042-R1 created: 2 × MUG, 1 × CUP, set on Operator Hold." in page.text
    assert "data-shown" in page.one(id="shipment-R1").attributes
    assert "Re-shipped 2 × MUG, 1 × CUP of 1042-1 as 1042-R1; reason: damaged" in page.text
    assert audit() == []


def test_undo_takes_the_reship_back(lost: World, visit_as: VisitAs) -> None:
    visitor = visit_as(lost.dana)
    shown = visitor.post(CONFIRM, filled(), follow=True)
    undo = Page(shown).form(f"{ORDER}shipments/1042-R1/cancellation/")
    response = undo.send(visitor)
    assert response.status_code == 303
    assert "1042-R1 cancelled. The reship is undone." in visitor.get(response["Location"]).text
    assert lost.stock("MUG") == Balance(98, 0)
    assert audit() == []


def test_the_toast_is_shown_once(lost: World, visit_as: VisitAs) -> None:
    visitor = visit_as(lost.dana)
    assert "1042-R1 created" in visitor.post(CONFIRM, filled(), follow=True).text
    assert "1042-R1 created" not in visitor.get(ORDER).text


def test_with_htmx_the_browser_is_told_where_to_go(lost: World, visit_as: VisitAs) -> None:
    response = visit_as(lost.dana).post(CONFIRM, filled(), headers=HTMX)
    assert response["HX-Redirect"] == f"{ORDER}?shown=1042-R1#shipment-R1"


def test_a_window_that_is_sent_twice_makes_one_reshipment(lost: World, visit_as: VisitAs) -> None:
    visitor = visit_as(lost.dana)
    first, again = (visitor.post(CONFIRM, filled()) for _ in range(2))
    assert first["Location"] == again["Location"]
    assert lost.shipment("1042-1").reshipped_as == ["1042-R1"]
    assert audit() == []


def test_a_window_that_was_used_asks_again_before_it_makes_another(lost: World, visit_as: VisitAs) -> None:
    visitor = visit_as(lost.dana)
    visitor.post(CONFIRM, filled())
    response = visitor.post(CONFIRM, filled(item=["CUP"]))
    page = Page(response)
    assert (response.status_code, page.refusal) == (422, "request_key_reused")
    assert "This window has made a reshipment already" in page.text
    assert page.form(CONFIRM).send(visitor).status_code == 303
    assert lost.items("1042-R2") == {"CUP": 1}


@dataclass(frozen=True)
class Case:
    """A window that is refused: by which rule, where it says so, and with which words."""

    code: str
    status: int
    marked: str
    words: str
    posted: Posted
    actor: str = "mara"
    status_of_source: ShipmentStatus = ShipmentStatus.LOST


TOO_LONG = "x" * 1_001
CASES = [
    Case("nothing_selected", 422, "#items-error", "Select at least one item.", {"item": []}),
    Case("unknown_item", 422, "#items-error", "“NONE” is not among the items of 1042-1.", {"item": ["NONE"]}),
    Case("duplicate_item", 422, "quantity-MUG", "MUG is named twice.", {"item": ["MUG", "MUG"]}),
    Case("invalid_quantity", 422, "quantity-MUG", "must be a whole number", {"quantity-MUG": "0"}),
    Case("more_than_shipped", 422, "quantity-MUG", "1042-1 sent 2 × MUG; 3 were asked for.", {"quantity-MUG": "3"}),
    Case("invalid_text", 422, "#items-error", "SKU contains a character", {"item": ["MUG\x00"]}),
    Case("invalid_text", 422, "note", "note is 1001 characters long; at most 1000", {"note": TOO_LONG}),
    Case("invalid_text", 422, "note", "cannot be stored: U+0000", {"note": "a\x00b"}),
    Case("reason_required", 422, "reason", "a reason is required", {"reason": ""}),
    Case("invalid_reason", 422, "reason", "“boredom” is no reason", {"reason": "boredom"}),
    Case("invalid_request_key", 422, "", "The form had lost its key", {"key": ""}),
    Case(
        "shipment_not_found",
        404,
        "#source-error",
        "There is no shipment W-1-1.",
        {"source": "W-1-1", "shown_source": "W-1-1"},
    ),
    Case("other_items_shown", 422, "#source-error", "These are the items of 1042-1 now.", {"shown_source": "1042-R9"}),
    Case("already_left", 409, "#add-back-error", "has left the warehouse", {"add_back": "yes"}),
    Case(
        "not_allowed",
        403,
        "#add-back-error",
        "Dana (agent) may not add inventory back; a manager may.",
        {"add_back": "yes"},
        "dana",
    ),
    Case(
        "not_allowed",
        403,
        "",
        "Dana (agent) may not send again what is sent again already; a manager may.",
        {"send_again_anyway": "on"},
        "dana",
    ),
    Case("note_required", 422, "note", "needs a note that says why", {"send_again_anyway": "on"}),
    Case(
        "confirm_both_parcels",
        422,
        "both_will_go",
        "Tick that both parcels shall go out",
        {},
        status_of_source=ShipmentStatus.PACKED,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.marked}")
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_a_refusal_comes_back_to_the_window(
    world: World, visit_as: VisitAs, case: Case, headers: dict[str, str]
) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.place("W-1", client=world.other, MUG=1)
    world.ship("1042-1", until=case.status_of_source)
    history = world.history("1042")
    response = visit_as(getattr(world, case.actor)).post(CONFIRM, filled() | case.posted, headers=headers)
    page = Page(response)
    assert (response.status_code, page.refusal) == (case.status, case.code)
    if case.marked.startswith("#"):
        assert case.words in page.one(id=case.marked[1:]).text
    elif case.marked:
        assert (list(page.marked), case.words in page.marked[case.marked]) == ([case.marked], True), page.marked
    assert case.words in page.text
    assert world.history("1042") == history
    assert audit() == []


def test_what_was_sent_again_already_is_refused_with_its_figures(lost: World, visit_as: VisitAs) -> None:
    lost.reship("1042", MUG=2)
    response = visit_as(lost.dana).post(CONFIRM, filled())
    page = Page(response)
    assert (response.status_code, page.refusal) == (409, "already_reshipped")
    assert page.marked == {"quantity-MUG": "2 of 2 × MUG of 1042-1 are already sent again by 1042-R1; nothing is left."}
    assert page.all(name="send_again_anyway") == []


def test_a_manager_may_send_again_anyway_with_a_note(lost: World, visit_as: VisitAs) -> None:
    lost.reship("1042", MUG=2)
    visitor = visit_as(lost.mara)
    form = Page(visitor.post(CONFIRM, filled())).form(CONFIRM)
    refused = form.send(visitor, send_again_anyway="on")
    assert (refused.status_code, Page(refused).refusal) == (422, "note_required")
    response = Page(refused).form(CONFIRM).send(visitor, note="Lost again.")
    assert response.status_code == 303
    assert "sent again anyway" in lost.history("1042")[-1]
    assert audit() == []


def test_what_is_not_there_is_refused_at_its_row(lost: World, visit_as: VisitAs) -> None:
    lost.adjust("MUG", -98, reason="burnt")
    response = visit_as(lost.dana).post(CONFIRM, filled())
    page = Page(response)
    assert (response.status_code, page.refusal) == (409, "not_enough_available")
    assert page.marked == {"quantity-MUG": "1 × MUG were asked for; 0 available."}
    assert [element.text for element in page.all(data_change="short")] == ["0→−1"]


def test_what_is_missing_may_be_waited_for_or_come_from_another_warehouse(lost: World, visit_as: VisitAs) -> None:
    lost.adjust("MUG", -98, reason="burnt")
    lost.receive(warehouse="EAST", MUG=5)
    visitor = visit_as(lost.dana)
    page = Page(visitor.post(CONFIRM, filled()))
    assert "Not available there: 1 × MUG. All of it is available in East warehouse" in " ".join(page.text.split())
    assert "Wait for stock" in page.text
    visitor.post(CONFIRM, filled(wait_for_stock="on"))
    assert lost.shipment("1042-R1").shipment.waits_for_stock
    visitor.post(CONFIRM, filled(warehouse="EAST", key="another-key-0123"))
    assert lost.stock("MUG", warehouse="EAST") == Balance(5, 1)
    assert audit() == []


@pytest.mark.parametrize("wanted", [{"warehouse": "MOON"}, {"warehouse": "\x00"}, {"warehouse": "M" * 9000}])
def test_a_warehouse_that_does_not_exist_is_refused_at_its_place(
    lost: World, visit_as: VisitAs, wanted: dict[str, str]
) -> None:
    page = Page(response := visit_as(lost.dana).post(CONFIRM, filled(**wanted)))
    assert (response.status_code, page.refusal) == (422, "unknown_warehouse")
    assert "There is no warehouse" in page.marked["warehouse"]


def test_what_is_back_already_is_refused_at_its_row(lost: World, visit_as: VisitAs) -> None:
    lost.mark("1042-1", ShipmentStatus.RETURNED)
    lost.restock("1042-1", MUG=2)
    response = visit_as(lost.mara).post(CONFIRM, filled(add_back="yes"))
    assert (response.status_code, Page(response).refusal) == (409, "already_added_back")
    assert "2 of 2 × MUG of 1042-1 are already back in stock" in Page(response).marked["quantity-MUG"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_order_of_which_nothing_can_go_says_so_instead(world: World, visit_as: VisitAs, method: str) -> None:
    world.place("1042", MUG=2)
    world.cancel("1042-1")
    visitor = visit_as(world.mara)
    response = visitor.get(NEW) if method == "get" else visitor.post(CONFIRM, filled())
    assert response.status_code == (200 if method == "get" else 409)
    assert Page(response).refusal == "order_cancelled"
    assert "Order 1042 is cancelled: nothing of it can be sent again." in response.text


@pytest.mark.parametrize(
    "quantity", ["0", "-1", "1e9", "1.5", "NaN", "", "²", "１２", "1_000", "1000001", "9" * 5_000, " ", "<b>1</b>"]
)
def test_a_quantity_that_is_none_is_told_at_its_row_and_kept_as_typed(
    lost: World, visit_as: VisitAs, quantity: str
) -> None:
    response = visit_as(lost.dana).post(CONFIRM, filled(**{"quantity-MUG": quantity}))
    page = Page(response)
    assert (response.status_code, page.refusal) == (422, "invalid_quantity")
    assert "must be a whole number from 1 to 1,000,000" in page.marked["quantity-MUG"]
    assert page.form(CONFIRM).fields["quantity-MUG"] == quantity
    assert len(lost.facts("1042").shipments) == 1


def test_several_wrong_quantities_are_told_at_once(lost: World, visit_as: VisitAs) -> None:
    posted = filled(item=["MUG", "CUP"], **{"quantity-MUG": "x", "quantity-CUP": ""})
    assert set(Page(visit_as(lost.dana).post(CONFIRM, posted)).marked) == {"quantity-MUG", "quantity-CUP"}


def test_what_was_typed_is_kept(lost: World, visit_as: VisitAs) -> None:
    typed = filled(
        item=["MUG", "CUP"], hold="on", elsewhere="on", recipient="Jo", country="NO", reason="", note="Call first."
    )
    typed |= dict.fromkeys(("company", "street_1", "street_2", "city", "region", "postal_code", "phone"), "")
    typed["method"] = "Express"
    fields = Page(visit_as(lost.mara).post(CONFIRM, typed)).form(CONFIRM).fields
    assert {name: fields.get(name) for name in typed if name != "key"} == {
        name: value for name, value in typed.items() if name != "key"
    }


def test_words_of_people_are_only_ever_words(lost: World, visit_as: VisitAs) -> None:
    hostile = '"><script>alert(1)</script>{{ request }}'
    visitor = visit_as(lost.dana)
    response = visitor.post(CONFIRM, filled(note=hostile, reason=""))
    assert "<script>alert" not in response.text
    assert escape(hostile) in response.text
    assert "<script>alert" not in visitor.post(CONFIRM, filled(note=hostile), follow=True).text


@pytest.mark.parametrize(
    ("person", "status"), [("vic", 403), ("pim", 403), ("wren", 404), ("dana", 200), ("otto", 200), ("ada", 200)]
)
def test_who_may_open_the_window(lost: World, visit_as: VisitAs, person: str, status: int) -> None:
    visitor = visit_as(getattr(lost, person))
    assert visitor.get(NEW).status_code == status
    assert visitor.post(PREVIEW, filled()).status_code == status
    confirmed = visitor.post(CONFIRM, filled()).status_code
    assert confirmed == (303 if status == 200 else status)


def test_a_forged_source_answers_like_an_unknown_one(lost: World, visit_as: VisitAs) -> None:
    lost.place("W-1", client=lost.other, MUG=1)
    answers = [
        visit_as(lost.dana).post(CONFIRM, filled(source=number, shown_source=number), headers=HTMX)
        for number in ("W-1-1", "X-9-1")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert Page(answers[0]).text.replace("W-1-1", "X-9-1") == Page(answers[1]).text
    assert lost.stock("MUG", client=lost.other) == Balance(50, 1)


def test_both_parcels_go_only_when_that_is_ticked(packed: World, visit_as: VisitAs) -> None:
    visitor = visit_as(packed.mara)
    asked = Page(visitor.post(CONFIRM, filled()))
    assert "both parcels will go out and both are deducted from stock" in asked.text
    assert asked.form(CONFIRM).send(visitor, both_will_go="on").status_code == 303
    assert packed.stock("MUG") == Balance(100, 3)


def test_adding_back_asks_for_no_tick_and_says_what_becomes_of_the_original(packed: World, visit_as: VisitAs) -> None:
    visitor = visit_as(packed.mara)
    shown = Page(visitor.post(PREVIEW, filled(add_back="yes")))
    assert shown.all(name="both_will_go") == []
    assert "1 × MUG, 1 × CUP will be left in it: re-ship that as well." in shown.text
    assert visitor.post(CONFIRM, filled(add_back="yes")).status_code == 303
    assert packed.stock("MUG") == Balance(100, 2)
    assert audit() == []


def test_the_preview_shows_both_outcomes_and_writes_nothing(packed: World, visit_as: VisitAs) -> None:
    before = (packed.history("1042"), packed.stock("MUG"))
    page = Page(visit_as(packed.mara).post(PREVIEW, filled(**{"quantity-MUG": "2"}), headers=HTMX))
    changes = [" ".join(element.text.split()) for element in page.all(_class="rs-change")]
    assert changes == ["100", "2→4", "98→96", "100", "2", "98"]
    assert (packed.history("1042"), packed.stock("MUG")) == before


def test_the_preview_is_the_window_without_a_script(lost: World, visit_as: VisitAs) -> None:
    visitor = visit_as(lost.dana)
    page = Page(visitor.post(PREVIEW, filled(reason="", **{"quantity-MUG": "3"})))
    assert "1042-1 sent 2 × MUG; 3 were asked for." in page.text
    assert page.form(CONFIRM).fields["item"] == "MUG"
    assert page.refusal == ""


def test_without_a_script_everything_can_be_ticked_at_once(lost: World, visit_as: VisitAs) -> None:
    page = Page(visit_as(lost.dana).post(PREVIEW, filled(item=[], tick_all="1")))
    assert page.form(CONFIRM).fields["item"] == ["MUG", "CUP"]


def test_another_source_brings_its_own_items(lost: World, visit_as: VisitAs) -> None:
    lost.reship("1042", MUG=1)
    lost.ship("1042-R1", until=ShipmentStatus.LOST)
    response = visit_as(lost.dana).post(PREVIEW, filled(source="1042-R1"), headers=HTMX)
    page = Page(response)
    assert response["HX-Retarget"] == "closest [data-window-place]"
    fields = page.form(CONFIRM).fields
    assert (fields["shown_source"], [element["value"] for element in page.all(name="item")]) == ("1042-R1", ["MUG"])
    assert "item" not in fields


def test_the_window_opens_on_the_source_that_was_asked_for(lost: World, visit_as: VisitAs) -> None:
    lost.reship("1042", MUG=1)
    assert Page(visit_as(lost.dana).get(f"{NEW}?source=1042-R1")).form(CONFIRM).fields["source"] == "1042-R1"


def test_another_address_is_the_new_shipments_alone(lost: World, visit_as: VisitAs) -> None:
    form = Page(visit_as(lost.dana).get(NEW)).form(CONFIRM)
    visitor = visit_as(lost.dana)
    form.send(visitor, item="MUG", reason="lost", elsewhere="on", street_1="2 Low Street", method="Express")
    made, original = lost.shipment("1042-R1").shipment, lost.shipment("1042-1").shipment
    assert (made.street_1, made.city, made.method) == ("2 Low Street", "Springfield", "Express")
    assert (original.street_1, original.method) == ("1 High Street", "Post")


def test_an_address_that_was_not_asked_for_is_not_taken(lost: World, visit_as: VisitAs) -> None:
    form = Page(visit_as(lost.dana).get(NEW)).form(CONFIRM)
    form.send(visit_as(lost.dana), item="MUG", reason="lost", street_1="2 Low Street")
    assert lost.shipment("1042-R1").shipment.street_1 == "1 High Street"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("country", "1A", "must be a two-letter code"),
        ("city", "x" * 121, "city is 121 characters long"),
        ("recipient", "a\x1bb", "recipient contains a character"),
        ("method", "x" * 61, "method is 61 characters long"),
    ],
)
def test_an_address_that_cannot_be_is_refused_at_its_field(
    lost: World, visit_as: VisitAs, name: str, value: str, words: str
) -> None:
    visitor = visit_as(lost.dana)
    form = Page(visitor.get(NEW)).form(CONFIRM)
    page = Page(form.send(visitor, item="MUG", reason="lost", elsewhere="on", **{name: value}))
    assert (page.refusal, list(page.marked)) == ("invalid_text", [name])
    assert words in page.marked[name]
    assert page.form(CONFIRM).fields["elsewhere"] == "on"


def test_another_address_has_to_fit_its_country_once_it_is_confirmed(lost: World, visit_as: VisitAs) -> None:
    visitor = visit_as(lost.dana)
    form = Page(visitor.get(NEW)).form(CONFIRM)
    typed = {**form.fields, **filled(key=str(form.fields["key"]), elsewhere="on", country="GB")}
    preview = Page(visitor.post(PREVIEW, typed))
    assert ("Post town" in preview.text, preview.refusal) == (True, ""), "nobody is stopped in the midst of it"
    page = Page(visitor.post(CONFIRM, typed))
    assert (page.refusal, list(page.marked)) == ("invalid_address", ["postal_code"])
    assert page.form(CONFIRM).fields["elsewhere"] == "on"
    assert len(lost.facts("1042").shipments) == 1


def test_a_policy_that_holds_every_reship_locks_the_hold_on(lost: World, visit_as: VisitAs) -> None:
    Client.objects.filter(pk=lost.acme.pk).update(hold_every_reship=True)
    visitor = visit_as(lost.dana)
    page = Page(visitor.get(NEW))
    assert page.all(name="hold") == []
    assert "On: Acme holds every reshipment at first." in page.text
    page.form(CONFIRM).send(visitor, item="MUG", reason="lost")
    assert [hold.kind for hold in lost.shipment("1042-R1").holds] == ["OPERATOR"]


def test_a_policy_without_add_back_locks_it_with_its_reason(packed: World, visit_as: VisitAs) -> None:
    Client.objects.filter(pk=packed.acme.pk).update(may_add_back=False)
    visitor = visit_as(packed.mara)
    assert "The fulfilment company has switched adding back off for Acme." in visitor.get(NEW).text
    assert visitor.post(CONFIRM, filled(add_back="yes")).status_code == 403
    assert visit_as(packed.otto).post(CONFIRM, filled(add_back="yes")).status_code == 303


def test_whoever_comes_to_the_form_without_one_gets_the_order(lost: World, visit_as: VisitAs) -> None:
    visitor = visit_as(lost.dana)
    assert [visitor.get(address)["Location"] for address in (CONFIRM, PREVIEW)] == [ORDER, ORDER]


@pytest.mark.parametrize("skus", [{"MUG": 2}, MANY], ids=["one line", "thirty lines"])
def test_the_window_asks_the_database_the_same_for_any_number_of_lines(
    world: World, visit_as: VisitAs, skus: dict[str, int], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    stock_many(world, MANY)
    world.place_order(new_order("1042", skus))
    world.ship("1042-1", until=ShipmentStatus.LOST)
    visitor = visit_as(world.dana)
    posted = filled(item=list(skus), **{f"quantity-{sku}": "1" for sku in skus})
    with django_assert_num_queries(10):
        visitor.get(NEW)
    with django_assert_num_queries(16):
        visitor.post(PREVIEW, posted, headers=HTMX)
    with django_assert_num_queries(27):
        visitor.post(CONFIRM, posted)
    assert audit() == []
