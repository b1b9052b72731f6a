"""A made-up export of a shop in its real layout: what becomes of its rows is what was known when it was made."""

from pathlib import Path

import pytest

from bench.shop_exports import LAYOUTS, write
from reship.inventory.audit import audit
from tests.cli.terminal import reship
from tests.imports.files import Importer
from tests.world import World

ORDERS = 300


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_row_of_an_export_is_accounted_for(importer: Importer, tmp_path: Path, layout: str) -> None:
    path = tmp_path / "export.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        expected = write(layout, ORDERS, file).as_json
    forecast = importer.read(path, as_departed=False, dry_run=True).as_json()
    read = importer.read(path, as_departed=False)
    account = read.as_json()
    assert account == forecast
    # With the frames where it was raised, each would keep the orders of its whole transaction in memory.
    assert [refused for refused in read.refusals if refused.refusal.__traceback__] == []
    assert {name: account[name] for name in expected} == expected
    assert audit() == []


def test_the_command_writes_every_order_that_is_refused_to_a_file(tmp_path: Path, world: World) -> None:
    export, refused = tmp_path / "export.csv", tmp_path / "refused.csv"
    with export.open("w", encoding="utf-8", newline="") as file:
        write("shopify", 60, file)
    arguments = [str(export), "--client", "ACME", "--create-products", "--dry-run", "--refused", str(refused)]
    said = reship("import-orders", *arguments).out
    lines = refused.read_text().splitlines()
    assert (lines[0], len(lines)) == ("line,rows,order,code,message", 5)
    assert lines[1].startswith("30,3,1014,not_enough_available,2 × SKU-221 were asked for")
    assert "Line 30: not_enough_available" in said
    assert reship("import-orders", *arguments[:-1], str(tmp_path)).code == 1
