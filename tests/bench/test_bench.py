"""The bench runs, and compares like with like. What it measures is nobody's concern here."""

import json
import os
import subprocess
import sys
from pathlib import Path

from django.db import connection

from bench.same import differences
from tests.databases import KIND, RealDatabase
from tests.world import make_world

PROJECT = Path(__file__).resolve().parent.parent.parent
NAMES = {
    *("reship_verb", "reship_http", "reship_api"),
    *("bulk_10000", "bulk_1000", "bulk_chunk", "bulk_among_few", "statements_per_chunk"),
    *("list_newest", "list_status", "list_hold", "list_hold_kind", "list_reshipped", "list_never_reshipped"),
    *("list_dates", "list_all_clients"),
    *("report_month", "report_two_years", "report_all_clients", "pick_queue"),
    *("search_number", "search_name", "search_email", "search_sku", "search_tracking"),
    *("after_50_reships", "browse_while_bulk", "browse_errors", "bulk_beside_people", "worker_memory"),
    *("api_crowd", "api_crowd_errors"),
}


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True, check=False)


def test_bench_measures_everything_and_both_sides_write_the_same_rows() -> None:
    """It compares every row that ours and the hand-made SQL wrote, audits both, and opens no page that finds others."""
    result = bench("--quick", "--json", "--on", KIND)
    assert result.returncode == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["wrong"] == []
    rows = {row["name"]: row for row in answer["rows"]}
    assert rows.keys() == NAMES
    assert {row["database"] for row in rows.values()} == {KIND}
    beside_sql = [row for row in rows.values() if row["hand_made"] is not None]
    assert len(beside_sql) == 22
    assert all(row["ratio"] == row["ours"] / row["hand_made"] and row["unit"] for row in beside_sql)
    assert rows["browse_errors"]["ours"] == 0, rows["browse_while_bulk"]["figures"]
    assert rows["api_crowd_errors"]["ours"] == 0, rows["api_crowd"]["figures"]
    assert rows["statements_per_chunk"]["ratio"] == 1


def test_differences_tell_each_row_that_only_one_side_wrote() -> None:
    ours, hand_made = {"lines": ["a", "a", "b"], "levels": ["x"]}, {"lines": ["a", "b", "c"], "levels": ["x"]}
    assert differences(ours, hand_made) == ["lines: only ours: a", "lines: only hand-made: c"]


def test_bench_refuses_a_database_that_holds_orders(real_database: RealDatabase) -> None:
    make_world().place("1042", MUG=1)
    connection.close()
    result = bench("--quick", "--database", real_database.url)
    assert (result.returncode, result.stdout) == (2, "")
    assert "this database holds orders" in result.stderr
