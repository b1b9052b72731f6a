"""`reship bulk-reship`, `reship jobs` and `reship job`."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django_scopes import scope

from reship.inventory.audit import audit
from reship.jobs.models import Job, JobItem, JobState
from tests.cli.terminal import Ended, reship
from tests.world import World


@pytest.fixture
def orders(world: World) -> World:
    """1001 and 1003 can go; of 1002's TEE too little is left; 1004's parcel has left."""
    world.place("1001", MUG=2)
    world.place("1002", TEE=6)
    world.place("1003", CUP=1)
    world.place("1004", MUG=1)
    world.ship("1004-1")
    return world


def bulk(*arguments: str) -> Ended:
    return reship("bulk-reship", "--client", "ACME", "--reason", "lost", *arguments, "--json")


def numbers(tmp_path: Path, content: bytes) -> list[str]:
    (tmp_path / "numbers.txt").write_bytes(content)
    return ["--numbers", str(tmp_path / "numbers.txt")]


def jobs(world: World) -> list[tuple[int, str]]:
    with scope(client=world.acme.pk):
        return list(Job.objects.order_by("number").values_list("number", "state"))


def test_it_reships_the_numbers_of_a_file(orders: World, tmp_path: Path) -> None:
    ended = bulk(*numbers(tmp_path, b"\xef\xbb\xbf1001\r\n\r\n  1002 \r\nno such\r\n1003"))
    assert (ended.code, ended.err) == (0, "")
    assert ended.json == {
        "job": 1,
        "submitted": 4,
        "done": 2,
        "refused": 2,
        "refusals": {"not_enough_available": 1, "order_not_found": 1},
    }
    assert orders.history("1001")[-1].endswith("(Job 1)")
    assert orders.events("1001")[-1].actor == "command line"
    assert audit() == []


def test_it_reads_numbers_from_standard_input(orders: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"1001\n1003\n")))
    assert bulk("--numbers", "-").json["done"] == 2
    assert audit() == []


@pytest.mark.parametrize(("choice", "done"), [("no", 3), ("yes", 2), ("where_here", 3)])
def test_add_back_is_chosen_for_all(orders: World, tmp_path: Path, choice: str, done: int) -> None:
    ended = bulk(*numbers(tmp_path, b"1001\n1003\n1004\n"), "--add-back", choice)
    refusals = {"already_left": 1} if choice == "yes" else {}
    assert (ended.json["done"], ended.json["refusals"]) == (done, refusals)
    assert orders.stock("CUP").allocated == (2 if choice == "no" else 1)
    assert audit() == []


def test_a_dry_run_says_the_same_and_leaves_nothing_behind(orders: World, tmp_path: Path) -> None:
    named = numbers(tmp_path, b"1001\n1002\n1003\n")
    dry = bulk(*named, "--dry-run", "--key", "k")
    assert dry.json == {
        "job": None,
        "submitted": 3,
        "done": 2,
        "refused": 1,
        "refusals": {"not_enough_available": 1},
    }
    assert (jobs(orders), orders.stock("MUG").allocated) == ([], 2)
    said = reship("bulk-reship", "--client", "ACME", "--reason", "lost", *named, "--dry-run").out
    assert said.startswith("Would do 2 of 3 orders, and refuse 1.\n  not_enough_available          1\n")
    assert "Note: both_parcels_will_go, 2 orders\n" in said
    assert said.endswith("Nothing was written.\n")
    wet = bulk(*named, "--key", "k").json
    assert {**wet, "job": None} == dry.json
    assert audit() == []


@pytest.fixture
def interrupt() -> Iterator[pytest.MonkeyPatch]:
    """Somebody presses Ctrl-C while the job is worked on, until this is undone."""

    def interrupted(*arguments: Any, **options: Any) -> Job:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("reship.cli.job_answer.work_to_the_end", interrupted)
        yield patched


def test_an_interrupted_dry_run_leaves_nothing_behind(
    orders: World, tmp_path: Path, interrupt: pytest.MonkeyPatch
) -> None:
    ended = bulk(*numbers(tmp_path, b"1001\n"), "--dry-run")
    assert (ended.code, ended.out, ended.err, jobs(orders)) == (130, "", "", [])


def test_ctrl_c_leaves_the_job_to_a_worker_and_the_same_command_goes_on(
    orders: World, tmp_path: Path, interrupt: pytest.MonkeyPatch
) -> None:
    command = [*numbers(tmp_path, b"1001\n"), "--key", "k"]
    ended = bulk(*command)
    assert (ended.code, ended.out) == (130, "")
    assert ended.err.startswith("Job 1 is not stopped: a worker goes on with it")
    assert jobs(orders) == [(1, JobState.RUNNING)]
    interrupt.undo()
    assert bulk(*command).json["done"] == 1
    assert jobs(orders) == [(1, JobState.DONE)]
    assert audit() == []


@pytest.mark.parametrize("dry_run", [[], ["--dry-run"]])
def test_a_database_that_goes_away_is_told_in_words(
    orders: World, tmp_path: Path, interrupt: pytest.MonkeyPatch, dry_run: list[str]
) -> None:
    def away(*arguments: Any, **options: Any) -> Job:
        raise OperationalError("the database system is shutting down")

    interrupt.setattr("reship.cli.job_answer.work_to_the_end", away)
    ended = bulk(*numbers(tmp_path, b"1001\n"), *dry_run)
    assert (ended.code, ended.json["code"]) == (1, "database_away")
    assert jobs(orders) == ([] if dry_run else [(1, JobState.RUNNING)])


def test_the_same_key_is_the_same_job_and_another_request_with_it_is_refused(orders: World, tmp_path: Path) -> None:
    named = numbers(tmp_path, b"1001\n")
    first = bulk(*named, "--key", "k")
    assert bulk(*named, "--key", "k").json == first.json
    assert bulk(*named, "--key", "k", "--hold").json["code"] == "request_key_reused"
    assert len(orders.events("1001")) == 2
    assert audit() == []


def test_a_cancelled_job_stays_cancelled_for_its_key(orders: World, tmp_path: Path) -> None:
    named = numbers(tmp_path, b"1001\n")
    bulk(*named, "--key", "k")
    with scope(client=orders.acme.pk):
        Job.objects.update(state=JobState.CANCELLED, done=0)
    ended = bulk(*named, "--key", "k")
    assert (ended.code, ended.json["job"], ended.json["done"]) == (0, 1, 0)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (["--status", "AWAITING"], {"1001", "1002", "1003"}),
        (["--search", "1003"], {"1003"}),
        (["--held", "CLIENT"], {"1003"}),
        (["--held", "any", "--reshipped", "yes"], set()),
        (["--reshipped", "no", "--until", "2026-03-02"], {"1001", "1002", "1003", "1004"}),
        (["--since", "2026-03-03"], set()),
    ],
)
def test_it_takes_all_orders_that_match(orders: World, filters: list[str], found: set[str]) -> None:
    if "--held" in filters:
        orders.hold("1003")
    ended = bulk(*filters)
    with scope(client=orders.acme.pk):
        assert set(JobItem.objects.values_list("order_number", flat=True)) == found
    if not found:
        assert (ended.code, ended.json["code"]) == (1, "nothing_selected")


def test_days_are_those_of_the_client(orders: World) -> None:
    orders.acme.timezone = "Pacific/Auckland"  # Nine in the morning, UTC, is ten in the evening there.
    orders.acme.save()
    assert bulk("--since", "2026-03-03", "--dry-run").json["code"] == "nothing_selected"
    assert bulk("--since", "2026-03-02", "--until", "2026-03-02", "--dry-run").json["submitted"] == 4


def test_a_file_says_what_of_each_order(orders: World, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("order,sku,quantity,reason,add_back\n1001,MUG,1,damaged,yes\n1004,,,,\n")
    ended = bulk("--file", str(tmp_path / "list.csv"), "--hold", "--note", "Broken box.")
    assert ended.json["done"] == 2
    assert (orders.items("1001-R1"), orders.items("1004-R1")) == ({"MUG": 1}, {"MUG": 1})
    (made, other) = (orders.shipment(number).made_by for number in ("1001-R1", "1004-R1"))
    assert made is not None
    assert other is not None
    assert (made.reason, made.added_back, made.note) == ("damaged", True, "Broken box.")
    assert (other.reason, other.added_back) == ("lost", False)
    assert orders.status("1001") == "ON_HOLD"
    assert audit() == []


def test_all_parcels_of_an_order_can_go(orders: World, tmp_path: Path) -> None:
    orders.place("1005", MUG=2)
    orders.ship("1005-1")
    orders.ship(orders.reship("1005", MUG=1).shipment)
    ended = bulk(*numbers(tmp_path, b"1005\n"), "--all-parcels")
    assert (ended.json["submitted"], ended.json["done"]) == (2, 2)
    assert audit() == []


BAD = [
    ([], b"1001\n1002\n1001\n", "duplicate_order"),
    ([], b"\n\n", "nothing_selected"),
    ([], b"1001\nM\xfcller\n", "not_utf8"),
    ([], b"1001\x001002\n", "control_character"),
    ([], b"1" * 41, "invalid_text"),
    ([], b"".join(b"%d\n" % number for number in range(100_001)), "too_many_orders"),
    (["--as", "dana@acme.example"], b"1001\n", "not_allowed"),
    (["--as", "wren@other.example"], b"1001\n", "client_not_found"),
    (["--key", "k" * 500], b"1001\n", "invalid_request_key"),
    (["--note", "n" * 1001], b"1001\n", "invalid_text"),
]


@pytest.mark.parametrize(("more", "content", "code"), BAD, ids=lambda value: value if isinstance(value, str) else "")
def test_what_cannot_be_meant_is_refused_and_nothing_is_half_done(
    orders: World, tmp_path: Path, more: list[str], content: bytes, code: str
) -> None:
    ended = bulk(*numbers(tmp_path, content), *more)
    assert (ended.code, ended.json["code"], jobs(orders)) == (1, code, [])


def test_a_missing_file_is_refused_by_its_name(orders: World, tmp_path: Path) -> None:
    assert bulk("--numbers", str(tmp_path / "none")).json["code"] == "file_not_found"
    assert bulk("--file", str(tmp_path / "none")).json["code"] == "file_not_found"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--numbers", "a", "--file", "b"],
        ["--numbers", "a", "--status", "AWAITING"],
        ["--status", "LATE"],
        ["--since", "yesterday"],
        ["--until", "2026-02-30"],
        ["--search", "x", "--add-back", "maybe"],
    ],
)
def test_wrong_use_exits_with_2(orders: World, arguments: list[str]) -> None:
    ended = bulk(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert jobs(orders) == []


def test_jobs_are_listed_and_one_is_shown_with_its_orders(orders: World, tmp_path: Path) -> None:
    bulk(*numbers(tmp_path, b"1001\n1002\n"))
    (listed,) = reship("jobs", "--client", "ACME", "--json").json
    shown = reship("job", "1", "--client", "ACME", "--json").json
    items = shown.pop("items")
    assert {**listed, "has_more": False} == shown
    assert (listed["state"], listed["deed"], listed["selection"]) == ("DONE", "reship", "2 orders")
    done = {"order": "1001", "source": None, "state": "DONE", "shipment": "1001-R1", "code": None, "message": None}
    assert items[0] == done
    (refused,) = reship("job", "1", "--client", "ACME", "--refused", "--json").json["items"]
    assert (refused["order"], refused["code"]) == ("1002", "not_enough_available")
    assert refused["message"] == "6 × TEE were asked for; 4 available."
    said = reship("job", "1", "--client", "ACME").out
    assert said.startswith("Job 1 did 1 of 2 orders, refused 1.\n  not_enough_available          1\n  1001  1001-R1\n")
    assert "ACME" in reship("jobs").out
    assert reship("jobs", "--client", "OTHER").out == "There are no jobs.\n"


def test_the_refused_can_be_tried_again_and_a_job_that_ended_not_be_cancelled(orders: World, tmp_path: Path) -> None:
    bulk(*numbers(tmp_path, b"1001\n1002\n"))
    orders.receive(TEE=2)
    again = reship("job", "1", "--client", "ACME", "--retry", "--json").json
    assert (again["job"], again["submitted"], again["done"]) == (2, 1, 1)
    assert reship("job", "2", "--client", "ACME", "--cancel", "--json").json["code"] == "job_ended"
    assert reship("job", "2", "--client", "ACME", "--retry", "--json").json["code"] == "nothing_selected"
    assert audit() == []


@pytest.mark.parametrize("number", ["2", "0", "-1", "99999999999999999999"])
def test_a_job_that_is_not_there_and_another_clients_look_the_same(orders: World, tmp_path: Path, number: str) -> None:
    bulk(*numbers(tmp_path, b"1001\n"))
    for asked, client in ((number, "ACME"), ("1", "OTHER")):
        for more in ([], ["--cancel"], ["--retry"]):
            ended = reship("job", "--client", client, "--json", *more, "--", asked)
            assert (ended.code, ended.json["code"], ended.json["figures"]) == (1, "job_not_found", {"job": asked})
