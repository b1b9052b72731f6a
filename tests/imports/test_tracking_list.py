"""A list of what carriers said: each row is recorded or refused by itself, and the same file again changes nothing."""

from datetime import timedelta
from pathlib import Path

import pytest

from reship.errors import Refusal
from reship.imports.tracking_list import TrackingAccount, import_tracking
from reship.inventory.audit import audit
from reship.orders.models import ShipmentStatus
from tests.world import NINE, World

DAYS = NINE + timedelta(days=9)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tracking.csv"


def read(world: World, path: Path, text: str) -> TrackingAccount:
    path.write_text(text)
    return import_tracking(path, client=world.acme, actor=world.pim, at=DAYS)


def test_each_row_is_recorded_or_refused_by_itself(world: World, folder: Path) -> None:
    for order in ("1", "2"):
        world.place(order, MUG=1)
        world.ship(f"{order}-1", until=ShipmentStatus.PACKED, tracking_number=f"T{order}")
    text = (
        "tracking_number;status;at;place\n"
        "T1;delivered;2026-03-04T10:00:00+02:00;Berlin\n"
        "T1;out for delivery;2026-03-04 07:00:00;\n"
        "T2;in transit;yesterday;\n"
        "T2;eaten;2026-03-04;\n"
        "T3;delivered;2026-03-04;\n"
        "T2;IN_TRANSIT;2026-03-04;\n"
    )
    account = read(world, folder, text)
    assert (account.rows, account.new, account.known) == (6, 3, 0)
    assert account.parcels == {"1-1": "DELIVERED", "2-1": "DEPARTED"}
    assert [(refusal.figures["line"], refusal.code) for refusal in account.refusals] == [
        (4, "invalid_time"),
        (5, "invalid_tracking_status"),
        (6, "tracking_number_not_found"),
    ]
    again = read(world, folder, text)
    assert (again.new, again.known, again.parcels) == (0, 3, account.parcels)
    assert audit() == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty_file"),
        ("number,status\n", "wrong_columns"),
        ('tracking_number,status,at\n"T1,LOST,2026-03-04\n', "malformed_csv"),
        ("tracking_number,status,at\nT1,LOST\n", "malformed_csv"),
        ("tracking_number,status,at\nT\x00,LOST,2026-03-04\n", "control_character"),
    ],
)
def test_a_file_that_is_no_such_list_is_refused(world: World, folder: Path, text: str, code: str) -> None:
    with pytest.raises(Refusal, match=code):
        read(world, folder, text)
