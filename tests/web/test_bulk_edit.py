"""Bulk Edit: which orders are meant, what is chosen for them, and lists that are uploaded."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Visitor
from django_scopes import scope

from reship.clients.access import Actor
from reship.clients.models import Client
from reship.inventory.audit import audit
from reship.jobs.models import Job, JobItem
from tests.web.pages import Page
from tests.world import World

VisitAs = Callable[[Actor], Visitor]
RESHIP = {"deed": "reship", "reason": "lost", "add_back": "no", "parcels": "latest"}


def ticked(*numbers: str, client: str = "ACME") -> dict[str, str]:
    """Orders as a page sends them that kept ticks of several pages."""
    return {"orders": "\n".join(f"{client}\t{number}" for number in numbers)}


def numbers_of(world: World, number: int) -> list[str]:
    """The orders of a job."""
    with scope(client=world.acme.pk):
        items = JobItem.objects.filter(job__number=number).order_by("position")
        return list(items.values_list("order_number", flat=True))


def jobs(world: World) -> int:
    with scope(client=world.acme.pk):
        return Job.objects.count()


def test_ticks_become_a_draft_whose_dry_run_is_there(world: World, visit_as: VisitAs) -> None:
    world.place("1001", MUG=2)
    world.place("1002", MUG=2)
    mara = visit_as(world.mara)
    listed = Page(mara.get("/orders/"))
    panel = Page(mara.post("/bulk-edit/", {"order": [tick["value"] for tick in listed.all(name="order")]}))
    assert "2 orders" in panel.text
    answer = panel.form("/bulk-edit/drafts/").send(mara, reason="lost", add_back="yes")
    assert (answer.status_code, answer["Location"]) == (303, "/jobs/ACME/1/")
    assert "Would go 2" in " ".join(Page(mara.get("/jobs/ACME/1/")).text.split())
    assert world.stock("MUG").allocated == 4
    assert audit() == []


def test_all_that_match_are_meant_by_the_filter(world: World, visit_as: VisitAs) -> None:
    for number in ("1001", "1002", "2001"):
        world.place(number, MUG=1)
    world.place("1001", client=world.other, MUG=1)
    mara = visit_as(world.mara)
    listed = Page(mara.get("/orders/?q=100&sort=number"))
    panel = Page(listed.form("/bulk-edit/").send(mara, all="yes"))
    assert "2 orders" in panel.text
    assert "Search: 100" in panel.text
    panel.form("/bulk-edit/drafts/").send(mara, reason="lost")
    assert numbers_of(world, 1) == ["1001", "1002"]


@pytest.mark.parametrize(
    ("sent", "deed"),
    [
        ({"deed": "hold", "hold_kind": "CLIENT", "hold_note": "Wait."}, "Place hold"),
        ({"deed": "lift", "lift_kind": "CLIENT"}, "Lift hold"),
        ({"deed": "cancel"}, "Cancel orders"),
    ],
)
def test_holds_and_cancellations_are_chosen_too(
    world: World, visit_as: VisitAs, sent: dict[str, str], deed: str
) -> None:
    world.place("1001", MUG=1)
    mara = visit_as(world.mara)
    assert mara.post("/bulk-edit/drafts/", ticked("1001") | sent).status_code == 303
    assert f"Job 1: {deed}" in mara.get("/jobs/ACME/1/").text


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "nothing": ({}, "nothing_selected"),
    "no order": (ticked("") | RESHIP, "nothing_selected"),
    "a number without a client": ({"orders": "1001"} | RESHIP, "nothing_selected"),
    "NUL": (ticked("10\x0001") | RESHIP, "invalid_text"),
    "very long": (ticked("9" * 5_000) | RESHIP, "invalid_text"),
    "a filter of nonsense": ({"all": "yes", "filter": "status=NONE"} | RESHIP, "invalid_filter"),
    "a filter with NUL": ({"all": "yes", "filter": "q=%00"} | RESHIP, "invalid_filter"),
    "a filter that is too long": ({"all": "yes", "filter": f"q=1&x={'x' * 5_000}&status=ON_HOLD"}, "invalid_filter"),
    "no reason": (ticked("1001") | RESHIP | {"reason": ""}, "reason_required"),
    "an unknown reason": (ticked("1001") | RESHIP | {"reason": "\x00"}, "invalid_reason"),
    "an unknown deed": (ticked("1001") | {"deed": "\x00burn"}, "invalid_deed"),
    "an unknown add-back": (ticked("1001") | RESHIP | {"add_back": "perhaps"}, "invalid_add_back"),
    "an unknown hold": (ticked("1001") | {"deed": "hold", "hold_kind": "-1"}, "invalid_hold"),
    "a note with NUL": (ticked("1001") | RESHIP | {"note": "\x00"}, "invalid_text"),
}


@pytest.mark.parametrize(("sent", "code"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("is_htmx", [False, True])
def test_what_cannot_be_meant_is_refused_in_the_panel(
    world: World, visit_as: VisitAs, sent: dict[str, str], code: str, is_htmx: bool
) -> None:
    world.place("1001", MUG=1)
    headers = {"HX-Request": "true"} if is_htmx else {}
    answer = visit_as(world.mara).post("/bulk-edit/drafts/", sent, headers=headers)
    assert (answer.status_code, Page(answer).refusal) == (422, code)
    assert jobs(world) == 0


def test_a_filter_that_matches_nothing_is_refused(world: World, visit_as: VisitAs) -> None:
    world.place("1001", MUG=1)
    answer = visit_as(world.mara).post("/bulk-edit/drafts/", {"all": "yes", "filter": "q=none"} | RESHIP)
    assert (answer.status_code, Page(answer).refusal) == (422, "nothing_selected")


def test_a_bulk_deed_is_done_to_orders_of_one_client(world: World, visit_as: VisitAs) -> None:
    world.place("1001", MUG=1)
    world.place("W-1", client=world.other, MUG=1)
    otto = visit_as(world.otto)
    several = {"orders": "ACME\t1001\nOTHER\tW-1"}
    for sent in (several, {"all": "yes", "filter": ""}):
        answer = otto.post("/bulk-edit/", sent)
        assert (answer.status_code, Page(answer).refusal) == (422, "several_clients")
        assert "Orders of several clients are selected: “ACME”, “OTHER”." in answer.text
    answer = otto.post("/bulk-edit/", {"all": "yes", "filter": "client=OTHER"})
    assert "1 order of WREN & Co" in " ".join(Page(answer).text.split())


def test_orders_of_another_client_are_not_found(world: World, visit_as: VisitAs) -> None:
    world.place("W-1", client=world.other, MUG=1)
    mara = visit_as(world.mara)
    foreign, unknown = (mara.post("/bulk-edit/", ticked("W-1", client=code)) for code in ("OTHER", "NOBODY\x00"))
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.content == unknown.content
    filtered = Page(mara.post("/bulk-edit/", {"all": "yes", "filter": "client=OTHER"}))
    assert "0 orders" in filtered.text


@pytest.mark.parametrize("person", ["vic", "dana", "pim"])
def test_whoever_may_not_gets_no_ticks_and_no_panel(world: World, visit_as: VisitAs, person: str) -> None:
    world.place("1001", MUG=1)
    visitor = visit_as(getattr(world, person))
    assert Page(visitor.get("/orders/")).all(data_tick="") == []
    for address in ("/bulk-edit/", "/bulk-edit/drafts/", "/bulk-edit/lists/"):
        assert visitor.post(address, ticked("1001") | RESHIP).status_code == 403
    assert jobs(world) == 0


def test_adding_back_is_locked_where_the_client_may_not(world: World, visit_as: VisitAs) -> None:
    Client.objects.filter(pk=world.acme.pk).update(may_add_back=False)
    world.place("1001", MUG=1)
    mara = visit_as(world.mara)
    assert "switched adding back off for Acme" in mara.post("/bulk-edit/", ticked("1001")).text
    answer = mara.post("/bulk-edit/drafts/", ticked("1001") | RESHIP | {"add_back": "yes"})
    assert (answer.status_code, Page(answer).refusal) == (403, "not_allowed")


def test_a_client_that_holds_every_reshipment_says_so(world: World, visit_as: VisitAs) -> None:
    Client.objects.filter(pk=world.acme.pk).update(hold_every_reship=True)
    world.place("1001", MUG=1)
    for answer in (
        visit_as(world.mara).post("/bulk-edit/", ticked("1001")),
        visit_as(world.mara).get("/bulk-edit/lists/new/"),
    ):
        assert "Acme holds every reshipment at first" in answer.text
        assert Page(answer).all(name="hold") == []


def upload(visitor: Visitor, content: bytes | str, **fields: str) -> Page:
    """Sends a list, and answers the page that comes after it."""
    file = SimpleUploadedFile("list.csv", content.encode() if isinstance(content, str) else content)
    return Page(visitor.post("/bulk-edit/lists/", {"file": file, "add_back": "no", **fields}, follow=True))


def test_a_list_becomes_a_draft_as_ticks_do(world: World, visit_as: VisitAs) -> None:
    world.place("1001", MUG=2, CUP=1)
    world.place("1002", MUG=2)
    page = upload(
        visit_as(world.mara),
        "order;sku;quantity;reason\n1001;MUG;1;lost\n1002;;;damaged\n1001;CUP;1;\nnone;;;lost\n1002x;MUG;0005;lost\n",
    )
    assert "Job 1: Reship Orders" in page.text
    assert "4 requests of list.csv" in page.text
    assert "There is no order none" in page.text
    with scope(client=world.acme.pk):
        assert Job.objects.get().would_go == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "empty_file"),
        ("number\n1001\n", "wrong_columns"),
        ("order\n1001\n1001\n", "duplicate_order"),
        ("order,quantity\n1001,-1\n", "invalid_text"),
        (b"order\n\xff\n", "not_utf8"),
        (b"order\n10\x0001\n", "control_character"),
        (b"\x1f\x8b\x08\x00bomb", "not_utf8"),
        ("order\n" + "1\n" * 200_000, "duplicate_order"),
        ("order\n1001\n", "reason_required"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else "list",
)
def test_a_list_that_cannot_be_meant_is_refused_at_the_file(
    world: World, visit_as: VisitAs, content: str | bytes, code: str
) -> None:
    page = upload(visit_as(world.mara), content)
    assert page.refusal == code
    assert "file" in page.marked or code == "reason_required"
    assert jobs(world) == 0


def test_a_list_is_asked_for_when_none_was_chosen(world: World, visit_as: VisitAs) -> None:
    assert Page(visit_as(world.mara).post("/bulk-edit/lists/", {})).refusal == "file_required"


def test_a_file_beyond_the_limit_is_not_kept(world: World, visit_as: VisitAs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reship.web.uploads.LARGEST_UPLOAD", 1_000)
    assert upload(visit_as(world.mara), "order\n" + "1\n" * 5_000).refusal == "file_too_large"


def test_the_operator_says_whose_list_it_is(world: World, visit_as: VisitAs) -> None:
    world.place("W-1", client=world.other, MUG=1)
    otto = visit_as(world.otto)
    assert "Job 1" in upload(otto, "order\nW-1\n", client="OTHER", reason="lost").text
    assert otto.post("/bulk-edit/lists/", {"client": "NOBODY"}).status_code == 404


def test_an_empty_list_can_be_downloaded(world: World, visit_as: VisitAs) -> None:
    answer = visit_as(world.mara).get("/bulk-edit/lists/template.csv")
    assert (answer["Content-Type"], answer.content) == (
        "text/csv; charset=utf-8",
        b"order,shipment,sku,quantity,reason,add_back,fault\r\n",
    )
