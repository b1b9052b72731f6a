"""Orders → Import: from the file through the dry run to the orders."""

import csv
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Visitor
from django_scopes import scope

from reship.clients.access import Actor
from reship.inventory.audit import audit
from reship.jobs.models import Job
from reship.jobs.work import work_to_the_end
from reship.web.uploads import _LARGER
from tests.imports.files import reship_csv
from tests.imports.shops import CUP, MUGS, order, shopify
from tests.web.pages import Page
from tests.world import World

VisitAs = Callable[[Actor], Visitor]
PENDING = {"Lineitem fulfillment status": "pending"}
EXPORT = shopify(
    *order("#1001", MUGS, CUP, Shipping_Phone="1.55512E+10"),
    *order("#1002", {**CUP, **PENDING}, Fulfillment_Status="unfulfilled", Fulfilled_at=""),
    *order("#1003", {**MUGS, **PENDING}, Fulfillment_Status="", Cancelled_at="2026-02-02 10:00:00 -0500"),
    *order("#1004", {**MUGS, "Lineitem sku": "NEW"}, {**MUGS, "Lineitem requires shipping": "false"}),
    *order("#1005", {**MUGS, "Lineitem quantity": "=2+3"}),
)


def upload(visitor: Visitor, content: bytes | str, **fields: str) -> Page:
    """Sends a file, and answers the page that comes after it."""
    file = SimpleUploadedFile("export.csv", content.encode() if isinstance(content, str) else content)
    return Page(visitor.post("/orders/imports/", {"file": file, "products": "make", **fields}, follow=True))


def confirm(world: World, visitor: Visitor, number: int = 1) -> Page:
    visitor.post(f"/jobs/ACME/{number}/confirmation/")
    with scope(client=world.acme.pk):
        work_to_the_end(Job.objects.get(number=number), now=world.later)
    return Page(visitor.get(f"/jobs/ACME/{number}/"))


def refused(visitor: Visitor, number: int, shown: str) -> list[list[str]]:
    answer = visitor.get(f"/jobs/ACME/{number}/results.csv?shown={shown}")
    return list(csv.reader(answer.getvalue().decode().splitlines()))


def test_a_file_is_looked_at_confirmed_and_imported_once(world: World, visit_as: VisitAs) -> None:
    mara = visit_as(world.mara)
    page = upload(mara, EXPORT)
    words = " ".join(page.text.split())
    assert "Job 1: Import orders" in words
    for said in (
        "Would be imported 3",
        "Would be refused 2",
        "Rows read 7",
        "needs no shipping 1",
        "Format Shopify",
        "Phone lost 1 order",
    ):
        assert said in words
    cancelled = "The order was cancelled in the shop before it left."
    quantity = "Line 8: the quantity of MUG must be a whole number up to 1,000,000, not “=2+3”."
    head = ["line", "rows", "order", "state", "code", "message"]
    rows = [
        ["5", "1", "1003", "Pending", "cancelled", cancelled],
        ["8", "1", "1005", "Pending", "invalid_quantity", quantity],
    ]
    assert refused(mara, 1, "would-be-refused") == [head, *rows]
    assert not world.entries("CUP")[1:]
    words = " ".join(confirm(world, mara).text.split())
    assert "Imported 3" in words
    assert [row[3:5] for row in refused(mara, 1, "refused")[1:]] == [
        ["Refused", "cancelled"],
        ["Refused", "invalid_quantity"],
    ]
    assert (world.status("1001"), world.status("1002"), world.items("1004-1")) == ("FULFILLED", "AWAITING", {"NEW": 2})
    assert world.reship("1001", MUG=1).shipment == "1001-R1"
    assert "Order exists 3" in " ".join(upload(mara, EXPORT).text.split())
    assert audit() == []


def test_the_dry_run_says_which_orders_would_be_held_and_the_client_lifts_those_holds(
    world: World, visit_as: VisitAs
) -> None:
    said = {"Fulfillment_Status": "", "Fulfilled_at": "", "Financial_Status": "pending"}
    page = upload(visit_as(world.otto), shopify(*order("#1", {**MUGS, **PENDING}, **said)), client="ACME")
    words = " ".join(page.text.split())
    assert "Payment hold 1 order" in words
    assert "Would be held (Payment hold): Payment in the shop: pending." in words
    confirm(world, visit_as(world.otto))
    (hold,) = world.facts("1").holds
    assert (hold.kind, hold.placed_by_company) == ("PAYMENT", False)
    assert audit() == []


def test_unknown_products_may_be_refused_and_everything_may_have_left(world: World, visit_as: VisitAs) -> None:
    mara = visit_as(world.mara)
    assert "Unknown item 1" in " ".join(upload(mara, EXPORT, products="refuse").text.split())
    upload(mara, reship_csv("1,2026-03-02,Jane,HAT,2,1"), departed="all")
    confirm(world, mara, 2)
    assert (world.status("1"), world.entries("HAT")[0]) == ("FULFILLED", ("RECEIVED", 2, 0))
    assert audit() == []


@pytest.mark.parametrize(
    ("content", "fields", "code"),
    [
        ("", {}, "empty_file"),
        (EXPORT.splitlines()[0], {}, "empty_file"),
        ("order,sku\n1,MUG\n", {}, "wrong_columns"),
        (EXPORT, {"format": "woocommerce"}, "wrong_columns"),
        (EXPORT, {"format": "magento"}, "unknown_format"),
        (EXPORT.encode("utf-16"), {}, "not_utf8"),
        (b"\x1f\x8b\x08\x00bomb", {}, "not_utf8"),
        (EXPORT.replace("Standard", '"Standard', 1), {}, "malformed_csv"),
        (reship_csv("1,2026-03-02,Jane,MUG,x,1"), {}, "invalid_quantity"),
        (reship_csv("1,2026-03-02,Jane,MUG,1,1") + "\n" + "1,,,MUG,1,1\n" * 9, {"client": "OTHER"}, ""),
    ],
    ids=["empty", "no row", "columns", "another format", "no format", "utf-16", "packed", "quotes", "row", "fine"],
)
def test_a_file_that_cannot_be_meant_is_refused_at_its_field(
    world: World, visit_as: VisitAs, content: str | bytes, fields: dict[str, str], code: str
) -> None:
    page = upload(visit_as(world.mara), content, **fields)
    if code:
        assert page.refusal == code
        assert "file" in page.marked or "format" in page.marked
    with scope(client=world.acme.pk):
        assert Job.objects.count() == (not code)
    with scope(client=world.other.pk):
        assert not Job.objects.exists()


def test_a_file_is_asked_for_and_may_be_larger_than_a_list(
    world: World, visit_as: VisitAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    mara = visit_as(world.mara)
    assert Page(mara.post("/orders/imports/", {})).refusal == "file_required"
    monkeypatch.setattr("reship.web.uploads.LARGEST_UPLOAD", 100)
    assert "Job 1: Import orders" in upload(mara, EXPORT).text
    monkeypatch.setitem(_LARGER, "web:order_imports", 100)
    assert upload(mara, EXPORT).refusal == "file_too_large"


def test_managers_and_operators_import_and_the_operator_says_for_whom(world: World, visit_as: VisitAs) -> None:
    assert visit_as(world.dana).get("/orders/imports/new/").status_code == 403
    assert "/orders/imports/new/" not in visit_as(world.dana).get("/orders/").text
    assert 'href="/orders/imports/new/"' in visit_as(world.mara).get("/orders/").text
    otto = visit_as(world.otto)
    assert "Would be imported 1" in " ".join(upload(otto, shopify(*order("#1", MUGS)), client="OTHER").text.split())
    assert otto.post("/orders/imports/", {"client": "NOBODY"}).status_code == 404


def test_bulk_edit_imports_nothing(world: World, visit_as: VisitAs) -> None:
    world.place("1", MUG=1)
    answer = visit_as(world.mara).post("/bulk-edit/drafts/", {"order": "ACME/1", "deed": "import"})
    assert answer.status_code == 422
    with scope(client=world.acme.pk):
        assert not Job.objects.exists()
