"""One run: the data, then every measurement on every database, then one table."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from django.db import connection
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from bench import data
from bench.crowd import crowd_rows
from bench.growth import earlier_row, memory_row, statements_row
from bench.pages import http_row, list_rows, search_rows
from bench.places import Database, Place, migrated, own_places, place_at, template_name
from bench.reships import bulk_rows, verb_row
from bench.same import differences_between_sides
from bench.scene import Scene, Sizes, scene_in
from bench.table import Row, as_table

FEW_ORDERS = 800
"""Enough for the biggest client to have orders of every kind."""

MEASUREMENTS: Sequence[tuple[tuple[str, ...], Callable[[Scene], list[Row]]]] = (
    (("reship_verb",), lambda scene: [verb_row(scene)]),
    (("reship_http",), lambda scene: [http_row(scene)]),
    (("list_",), list_rows),
    (("search_",), search_rows),
    (("bulk_10000", "bulk_1000", "bulk_chunk"), bulk_rows),
    (("statements_per_chunk",), lambda scene: [statements_row(scene)]),
    (("after_50_reships",), lambda scene: [earlier_row(scene)]),
    (("browse_while_bulk", "browse_errors", "bulk_beside_people"), crowd_rows),
    (("worker_memory",), lambda scene: [memory_row(scene)]),
)
"""What is measured, in order, with the names of the rows that come of it."""


def run(
    *,
    orders: int,
    kinds: list[str],
    url: str | None,
    keep: Path | None,
    is_quick: bool,
    only: Sequence[str] | None,
    as_json: bool,
) -> int:
    """0 when all of it ran and both sides do the same; marks that are missed are told in the table and fail nothing."""
    console = Console(stderr=True)
    rows: list[Row] = []
    unlike: list[str] = []
    sizes = Sizes(is_quick, orders)
    with contextlib.ExitStack() as stack:
        openers = [partial(place_at, url)] if url else stack.enter_context(own_places(kinds, keep)).values()
        for opener in openers:
            with opener() as place:
                few = _template(place, FEW_ORDERS, console)
                # Before anything is timed: do both sides do the same? On a small set, row by row.
                unlike += differences_between_sides(place, few)
                rows += _measured(place, sizes, only, console, keep_template=keep is not None)
                place.drop(few)
    for difference in unlike:
        console.print(f"[red]not the same:[/] {difference}", soft_wrap=True)
    if as_json:
        sys.stdout.write(json.dumps({"rows": [row.as_json() for row in rows], "differences": unlike}, indent=1) + "\n")
        return int(bool(unlike))
    title = f"{orders:,} orders" + (" (quick: these figures mean nothing)" if is_quick else "")
    Console(width=max(170, Console().width)).print(as_table(rows, title))
    return int(bool(unlike))


def _measured(
    place: Place, sizes: Sizes, only: Sequence[str] | None, console: Console, *, keep_template: bool
) -> list[Row]:
    template = _template(place, sizes.orders, console)
    database = place.copy(template) if keep_template else template
    rows: list[Row] = []
    try:
        with _ticking(place.kind, console) as tick, scene_in(database, place.kind, sizes, tick) as scene:
            for names, measure in MEASUREMENTS:
                if only is None or any(_is_wanted(name, wanted) for name in names for wanted in only):
                    rows += measure(scene)
    finally:
        place.drop(database)
    return rows


def _is_wanted(name: str, wanted: str) -> bool:
    return name.startswith(wanted) or wanted.startswith(name)


def _template(place: Place, orders: int, console: Console) -> Database:
    """The data, built unless it is there already; what an older version built is taken away."""
    beginning, end = template_name(orders)
    name = f"{beginning}{end}"
    found = place.names(beginning)
    if name in found:
        return place.named(name)
    for old in found:
        place.drop(place.named(old))
    building = migrated(place, f"{name}_building")
    with building.in_use(), _progress(console) as progress:
        data.prepare_session()
        steps = data.steps(orders)
        task = progress.add_task("", total=sum(step.weight for step in steps))
        for step in steps:
            progress.update(task, description=f"{place.kind}: {step.name}")
            step.work()
            progress.advance(task, step.weight)
        connection.close()
    return place.rename(building, name)


def _progress(console: Console) -> Progress:
    bar = (TextColumn("{task.description:<28}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    return Progress(*bar, TimeElapsedColumn(), TimeRemainingColumn(), console=console)


@contextlib.contextmanager
def _ticking(kind: str, console: Console) -> Iterator[Callable[[str], None]]:
    """Shows what is being measured, and how often it was."""
    with Progress(
        TextColumn("{task.description:<28}"), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    ) as progress:
        tasks: dict[str, int] = {}

        def tick(name: str) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(f"{kind}: {name}", total=None)
            progress.advance(tasks[name])  # type: ignore[arg-type]  # a TaskID is an int

        yield tick
