"""A list of what carriers said: tracking of a carrier that Reship cannot ask, from that carrier's own export."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from reship.clients.access import Actor
from reship.clients.models import Client
from reship.errors import Refusal
from reship.fulfilment.track import Recorded, Tracked, record_tracking
from reship.imports.rows import in_line
from reship.imports.sheet import Row, check_columns, read_columns, read_rows
from reship.imports.times import read_time

REQUIRED = ("tracking_number", "status", "at")
OPTIONAL = ("carrier", "detail", "place")
SEPARATORS = ",;\t"
MOST_REFUSALS_KEPT = 1_000
_ROWS_AT_ONCE = 200


@dataclass(slots=True)
class TrackingAccount:
    """What became of the rows: new, known before, or refused; and which parcels have which status now.

    Of the refusals, as many are kept as a person may want to read; `refused` counts them all, by code.
    """

    rows: int = 0
    new: int = 0
    known: int = 0
    parcels: dict[str, str] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    refusals: list[Refusal] = field(default_factory=list)


def import_tracking(path: Path, *, client: Client, actor: Actor, at: datetime) -> TrackingAccount:
    """Records every row of a file, two hundred in a transaction. The same file again changes nothing.

    Refuses what `sheet.read_rows` refuses, and `wrong_columns`; rows before that are recorded. What is wrong with a row
    is refused for that row alone, with its line.
    """
    account = TrackingAccount()
    rows = _read(path)
    while some := list(islice(rows, _ROWS_AT_ONCE)):
        readable = [(line, event) for line, event in some if isinstance(event, Tracked)]
        outcomes = record_tracking([event for _, event in readable], client=client, actor=actor, at=at)
        recorded = [(line, outcome) for (line, _), outcome in zip(readable, outcomes, strict=True)]
        unreadable = [(line, event) for line, event in some if isinstance(event, Refusal)]
        for line, outcome in sorted([*recorded, *unreadable], key=lambda one: one[0]):
            _count(account, line, outcome)
    return account


def _read(path: Path) -> Iterator[tuple[int, Tracked | Refusal]]:
    check_columns(read_columns(path, separators=SEPARATORS), required=REQUIRED, optional=OPTIONAL)
    for row in read_rows(path, separators=SEPARATORS):
        try:
            yield row.line, _tracked(row)
        except Refusal as refusal:
            yield row.line, refusal


def _tracked(row: Row) -> Tracked:
    """A status may be written in small letters, and with spaces."""
    cells = {name: row.cells.get(name, "").strip() for name in (*REQUIRED, *OPTIONAL)}
    return Tracked(
        tracking_number=cells["tracking_number"],
        status="_".join(cells["status"].upper().split()),
        at=read_time(row.line, cells["at"]),
        carrier=cells["carrier"],
        detail=cells["detail"],
        place=cells["place"],
    )


def _count(account: TrackingAccount, line: int, outcome: Recorded | Refusal) -> None:
    account.rows += 1
    if isinstance(outcome, Recorded):
        account.new += outcome.is_new
        account.known += not outcome.is_new
        account.parcels[outcome.shipment] = outcome.status
        return
    account.refused[outcome.code] += 1
    if len(account.refusals) < MOST_REFUSALS_KEPT:
        account.refusals.append(outcome if "line" in outcome.figures else in_line(line, outcome))
