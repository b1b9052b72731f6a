"""Jobs: the list, the page from the dry run to the end, and what people do with a job."""

import csv
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client as Visitor
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scope

from reship.clients.access import Actor
from reship.fulfilment.reship_plan import AddBack
from reship.inventory.audit import audit
from reship.jobs.asking import JobOptions, JobOrder
from reship.jobs.change_job import confirm_job
from reship.jobs.make_job import make_job
from reship.jobs.models import Job, JobDeed, JobState
from reship.jobs.work import work_to_the_end
from tests.web.pages import Page
from tests.world import World

VisitAs = Callable[[Actor], Visitor]
RESHIP = JobOptions(JobDeed.RESHIP, reason="lost")
PAGE = "/jobs/ACME/1/"
DEEDS = ("confirmation", "cancellation", "exceptions", "parcels", "retries")


def make(world: World, *numbers: str, options: JobOptions = RESHIP) -> Job:
    """A draft that nobody has worked on."""
    orders = [JobOrder(number) for number in numbers]
    return make_job(orders, options, client=world.acme, actor=world.mara, at=world.later())


def draft(world: World, *numbers: str, options: JobOptions = RESHIP) -> Job:
    """A draft with its dry run."""
    return work_to_the_end(make(world, *numbers, options=options), now=world.later)


def run(world: World, *numbers: str) -> Job:
    job = draft(world, *numbers)
    confirm_job(job.number, client=world.acme, actor=world.mara, at=world.later())
    return work_to_the_end(job, now=world.later)


def stored(world: World, number: int = 1) -> Job:
    with scope(client=world.acme.pk):
        return Job.objects.get(number=number)


def words(answer: object) -> str:
    return " ".join(Page(answer).text.split())


def listed(answer: object) -> list[str]:
    """The orders in the table of a job's page."""
    rows = Page(answer).text.partition("Why")[2]
    return [word for word in rows.split() if word.startswith("10") and word.isdigit()]


@pytest.fixture
def scarce(world: World) -> World:
    """1001 and 1003 can be sent again, 1002 cannot: there is not enough of it; 1001 has not left."""
    world.place("1001", TEE=6)
    world.place("1002", TEE=4)
    world.place("1003", MUG=2)
    world.ship("1003-1")
    world.receive(TEE=6)
    return world


def test_the_dry_run_says_what_would_happen(scarce: World, visit_as: VisitAs) -> None:
    draft(scarce, "1001", "1002", "1003", "none")
    mara = visit_as(scarce.mara)
    said = words(mara.get(PAGE))
    assert "Orders 4 Would go 2 Would be refused 2" in said
    assert "Not enough available 1 Order not found 1" in said
    assert "1 order would send two parcels: its original has not left and will go out as well. Show it" in said
    assert "TEE MAIN 16 6→0" in said
    assert "There is no order none" in said
    assert listed(mara.get(f"{PAGE}?shown=both-parcels")) == ["1001"]
    assert listed(mara.get(f"{PAGE}?shown=would-be-refused&code=not_enough_available")) == ["1002"]
    assert listed(mara.get(f"{PAGE}?shown=nonsense&code='")) == ["1001", "1002", "1003"]
    assert scarce.history("1001") == ["Order placed: 6 × TEE, to go as 1001-1."]


def test_what_is_unticked_is_left_out_and_comes_back(scarce: World, visit_as: VisitAs) -> None:
    draft(scarce, "1001", "1002", "1003")
    mara = visit_as(scarce.mara)
    Page(mara.get(f"{PAGE}?shown=would-go"))
    page = Page(mara.get(PAGE))
    assert [(tick["value"], "checked" in tick.attributes) for tick in page.all(name="keep")] == [
        ("1", True),
        ("2", True),
        ("3", True),
    ]
    sent = {"position": ["1", "2", "3"], "keep": ["2", "3"], "shown": "would-go"}
    answer = mara.post(f"{PAGE}exceptions/", sent)
    assert answer["Location"] == f"{PAGE}?shown=would-go"
    assert (stored(scarce).submitted, stored(scarce).would_go) == (2, 2)  # What 1001 leaves goes to 1002.
    assert listed(mara.get(f"{PAGE}?shown=left-out")) == ["1001"]
    mara.post(f"{PAGE}exceptions/", {"position": ["1"], "keep": ["1"]})
    assert (stored(scarce).submitted, stored(scarce).would_go) == (3, 2)
    hostile = {"position": ["-1", "0", str(2**70), "x", "\x00"], "keep": ["9" * 50]}
    assert mara.post(f"{PAGE}exceptions/", hostile).status_code == 303
    assert stored(scarce).submitted == 3


def test_all_parcels_are_sent_when_somebody_says_so(world: World, visit_as: VisitAs) -> None:
    world.place("1001", MUG=2)
    world.ship("1001-1")
    world.ship(world.reship("1001", MUG=1).shipment)
    draft(world, "1001")
    mara = visit_as(world.mara)
    page = Page(mara.get(PAGE))
    assert "1 order has several parcels with something left; the latest of each is sent again." in words(mara.get(PAGE))
    page.form(f"{PAGE}parcels/").send(mara, parcels="all")
    assert (stored(world).submitted, stored(world).would_go) == (2, 2)
    Page(mara.get(PAGE)).form(f"{PAGE}parcels/").send(mara, parcels="latest")
    assert stored(world).submitted == 1


def test_update_starts_the_job_and_its_page_shows_how_far_it_is(scarce: World, visit_as: VisitAs) -> None:
    draft(scarce, "1001", "1002", "1003")
    mara = visit_as(scarce.mara)
    page = Page(mara.get(PAGE))
    assert page.one(id="job-live")["hx-get"] == ""
    assert page.one(formaction=f"{PAGE}confirmation/").text == "Update"
    sent = {"position": ["1", "2", "3"], "keep": ["1", "2", "3"]}
    assert mara.post(f"{PAGE}confirmation/", sent)["Location"] == PAGE
    running = Page(mara.get(PAGE))
    assert running.one(id="job-live")["hx-get"] == PAGE
    poll = {"HX-Request": "true", "HX-Target": "job-live"}
    part = mara.get(PAGE, headers=poll)
    assert (part["HX-Retarget"], "0 of 3 orders" in part.text, "job-told" in part.text) == ("#job", True, False)
    job = work_to_the_end(stored(scarce), now=timezone.now)
    whole = mara.get(PAGE, headers=poll)
    assert (whole["HX-Retarget"], Page(whole).one(id="job-live")["hx-get"]) == ("#job", "")
    assert "Orders 3 Done 2 Refused 1" in words(whole)
    assert Page(whole).one(id="job-told").text.startswith("Ended. 3 of 3 orders worked on")
    assert "1003-R1" in whole.text
    assert job.state == JobState.DONE
    assert audit() == []


def test_update_leaves_out_what_was_unticked_a_moment_before(scarce: World, visit_as: VisitAs) -> None:
    draft(scarce, "1001", "1002", "1003")
    visit_as(scarce.mara).post(f"{PAGE}confirmation/", {"position": ["1", "2", "3"], "keep": ["2", "3"]})
    job = work_to_the_end(stored(scarce), now=timezone.now)
    assert (job.submitted, job.done) == (2, 2)
    assert scarce.history("1001") == ["Order placed: 6 × TEE, to go as 1001-1."]
    assert audit() == []


def test_where_nothing_moves_the_page_says_that_no_worker_runs(world: World, visit_as: VisitAs) -> None:
    world.place("1001", MUG=1)
    make(world, "1001")
    mara = visit_as(world.mara)
    assert "no worker seems to be running" in mara.get(PAGE).text
    with scope(client=world.acme.pk):
        Job.objects.update(worked_at=timezone.now() - timedelta(seconds=5))
    assert "no worker seems to be running" not in mara.get(PAGE).text


def test_a_draft_is_discarded_and_a_running_job_is_cancelled(world: World, visit_as: VisitAs) -> None:
    world.place("1001", MUG=1)
    draft(world, "1001")
    draft(world, "1001")
    mara = visit_as(world.mara)
    assert mara.post(f"{PAGE}cancellation/")["Location"] == "/orders/"
    assert "Job 1 was discarded" in mara.get("/orders/").text
    mara.post("/jobs/ACME/2/confirmation/")
    assert mara.post("/jobs/ACME/2/cancellation/")["Location"] == "/jobs/ACME/2/"
    assert "Not done 1" in words(mara.get("/jobs/ACME/2/"))
    answer = mara.post("/jobs/ACME/2/confirmation/")
    assert (answer.status_code, Page(answer).refusal) == (409, "job_ended")
    assert mara.post(f"{PAGE}exceptions/", {"position": "1"}).status_code == 409
    assert world.stock("MUG").allocated == 1


def test_a_running_job_takes_no_exceptions(world: World, visit_as: VisitAs) -> None:
    world.place("1001", MUG=1)
    draft(world, "1001")
    mara = visit_as(world.mara)
    mara.post(f"{PAGE}confirmation/")
    for deed in ("exceptions", "parcels"):
        answer = mara.post(f"{PAGE}{deed}/", {"parcels": "all"})
        assert (answer.status_code, Page(answer).refusal) == (409, "job_started")


def test_the_refused_are_tried_again_in_a_new_draft(scarce: World, visit_as: VisitAs) -> None:
    run(scarce, "1001", "1002", "1003")
    mara = visit_as(scarce.mara)
    answer = Page(mara.get(PAGE)).form(f"{PAGE}retries/").send(mara)
    assert answer["Location"] == "/jobs/ACME/2/"
    assert listed(mara.get("/jobs/ACME/2/")) == ["1002"]
    retry = words(mara.get("/jobs/ACME/2/"))
    assert "Refused by job 1" in retry
    assert "Of several parcels Those that were refused" in retry


def test_results_are_a_file_in_which_nothing_runs(scarce: World, visit_as: VisitAs) -> None:
    run(scarce, "1001", "1002", "=1+1")
    mara = visit_as(scarce.mara)
    answer = mara.get(f"{PAGE}results.csv")
    assert answer["Content-Disposition"] == 'attachment; filename="job-1.csv"'
    rows = list(csv.reader(b"".join(answer).decode().splitlines()))
    assert [row[:4] + row[5:] for row in rows] == [
        ["order", "shipment", "state", "code", "new_shipment"],
        ["1001", "", "Done", "", "1001-R1"],
        ["1002", "", "Refused", "not_enough_available", ""],
        ["'=1+1", "", "Refused", "order_not_found", ""],
    ]
    refusals = mara.get(f"{PAGE}results.csv?shown=refused")
    assert b"".join(refusals).count(b"Refused") == 2


def test_the_options_stand_on_the_page(world: World, visit_as: VisitAs) -> None:
    world.place("1001", MUG=1)
    options = JobOptions(JobDeed.RESHIP, reason="damaged", note="<b>Pallet</b>", add_back=AddBack.WHERE_HERE, hold=True)
    draft(world, "1001", options=options)
    answer = visit_as(world.mara).get(PAGE)
    assert "Reason Damaged Add inventory back Only where the parcel is still here Operator Hold Yes" in words(answer)
    assert "&lt;b&gt;Pallet&lt;/b&gt;" in answer.text
    assert "its units are added back, and it will not go out" in answer.text


def test_the_history_of_an_order_leads_to_the_job(world: World, visit_as: VisitAs) -> None:
    world.place("1001", MUG=1)
    run(world, "1001")
    assert Page(visit_as(world.dana).get("/orders/ACME/1001/")).one(href=PAGE).text == "Job 1"


def test_another_clients_job_is_not_found_exactly_like_an_unknown_one(world: World, visit_as: VisitAs) -> None:
    world.place("1001", MUG=1)
    draft(world, "1001")
    wren = visit_as(world.wren)
    unknown = wren.get("/jobs/NOBODY/1/")
    for address in (PAGE, "/jobs/OTHER/1/", f"{PAGE}results.csv", f"/jobs/OTHER/{2**70}/", "/jobs/OTHER/0/"):
        answer = wren.get(address)
        assert (answer.status_code, answer.content) == (404, unknown.content)
    for deed in DEEDS:
        assert wren.post(f"{PAGE}{deed}/").status_code == 404
        assert wren.post(f"/jobs/OTHER/1/{deed}/").status_code == 404
    assert "Job 1" not in wren.get("/jobs/").text
    assert stored(world).state == JobState.DRAFT


@pytest.mark.parametrize("person", ["vic", "dana", "pim"])
def test_whoever_may_not_reads_a_job_and_changes_nothing(world: World, visit_as: VisitAs, person: str) -> None:
    world.place("1001", MUG=1)
    draft(world, "1001")
    visitor = visit_as(getattr(world, person))
    page = Page(visitor.get(PAGE))
    assert [form.action for form in page.forms if "/jobs/" in form.action] == []
    assert "may not do this to many orders at once; " in page.text
    for deed in DEEDS:
        assert visitor.post(f"{PAGE}{deed}/").status_code == 403
    assert stored(world).state == JobState.DRAFT


def test_whoever_opens_the_address_of_a_deed_gets_the_job(world: World, visit_as: VisitAs) -> None:
    world.place("1001", MUG=1)
    draft(world, "1001")
    for deed in DEEDS:
        assert visit_as(world.mara).get(f"{PAGE}{deed}/")["Location"] == PAGE


def test_the_list_shows_the_newest_job_first(world: World, visit_as: VisitAs) -> None:
    world.place("1001", MUG=1)
    run(world, "1001")
    draft(world, "1001", options=JobOptions(JobDeed.CANCEL))
    links = [link["href"] for link in Page(visit_as(world.dana).get("/jobs/")).all(data_open="")]
    assert links == ["/jobs/ACME/2/", PAGE]
    otto = visit_as(world.otto)
    assert len(Page(otto.get("/jobs/")).all(data_open="")) == 2
    assert Page(otto.get("/jobs/?client=OTHER")).all(data_open="") == []
    assert "No jobs yet" in visit_as(world.wren).get("/jobs/").text


@pytest.mark.parametrize("number", [1, 50])
def test_the_lists_ask_as_much_for_one_row_as_for_fifty(world: World, visit_as: VisitAs, number: int) -> None:
    for of_order in range(number):
        world.place(f"10{of_order:02}", MUG=1)
    draft(world, *[f"10{of_order:02}" for of_order in range(number)])
    for _ in range(number - 1):
        make(world, "1000")
    mara, otto = visit_as(world.mara), visit_as(world.otto)
    for visitor, address, statements in (
        (mara, PAGE, 5),
        (otto, PAGE, 6),
        (mara, f"{PAGE}?shown=would-go", 5),
        (mara, "/jobs/", 3),
        (otto, "/jobs/", 4),
    ):
        visitor.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert visitor.get(address).status_code == 200
        assert len(queries) == statements, (address, [query["sql"] for query in queries])


def test_pages_of_a_job_follow_each_other(world: World, visit_as: VisitAs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reship.web.job_page.ITEMS_A_PAGE", 2)
    draft(world, "1001", "1002", "1003")
    mara = visit_as(world.mara)
    following = Page(mara.get(PAGE)).one(rel="next")["href"]
    page = mara.get(following)
    assert "There is no order 1003" in page.text
    assert "There is no order 1001" not in page.text
    answer = Page(page).form(f"{PAGE}exceptions/").send(mara, position="3")
    assert answer["Location"].startswith(f"{PAGE}?page=")
    assert mara.get(PAGE, {"page": "nonsense"}).status_code == 422
