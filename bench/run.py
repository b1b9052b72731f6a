"""One run: the data, then every measurement on every database, then one table."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from django.db import connection
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from bench import data
from bench.api import api_crowd_rows, api_row
from bench.crowd import crowd_rows
from bench.growth import earlier_row, memory_row, statements_row
from bench.pages import http_row, list_rows, search_rows
from bench.places import TEMPLATES, Database, Opener, Place, migrated, own_places, place_at, template_name
from bench.questions import queue_row, report_rows
from bench.reships import among_few_row, bulk_rows, verb_row
from bench.same import differences_between_sides
from bench.scene import Scene, Sizes, scene_in
from bench.table import Row, as_markdown, as_table

FEW_ORDERS = 800
"""Enough for the biggest client to have orders of every kind."""

MEASUREMENTS: Sequence[tuple[tuple[str, ...], Callable[[Scene], list[Row]]]] = (
    (("reship_verb",), lambda scene: [verb_row(scene)]),
    (("reship_http",), lambda scene: [http_row(scene)]),
    (("reship_api",), lambda scene: [api_row(scene)]),
    (("list_",), list_rows),
    (("search_",), search_rows),
    (("report_",), report_rows),
    (("pick_queue",), lambda scene: [queue_row(scene)]),
    (("bulk_10000", "bulk_1000", "bulk_chunk"), bulk_rows),
    (("statements_per_chunk",), lambda scene: [statements_row(scene)]),
    (("after_50_reships",), lambda scene: [earlier_row(scene)]),
    (("browse_while_bulk", "browse_errors", "bulk_beside_people"), crowd_rows),
    (("api_crowd", "api_crowd_errors"), api_crowd_rows),
    (("worker_memory",), lambda scene: [memory_row(scene)]),
)
"""What is measured, in order, with the names of the rows that come of it."""


class Form(StrEnum):
    """How the rows are told."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


@dataclass(frozen=True)
class Wish:
    """What somebody asked for. `only` holds beginnings of rows' names; None stands for all."""

    orders: int
    kinds: Sequence[str]
    url: str | None = None
    keep: Path | None = None
    is_quick: bool = False
    only: Sequence[str] | None = None
    form: Form = Form.TABLE

    def is_for(self, names: Sequence[str]) -> bool:
        if self.only is None:
            return True
        return any(name.startswith(wanted) or wanted.startswith(name) for name in names for wanted in self.only)


def run(wish: Wish) -> int:
    """0 when all of it ran and both sides do the same; marks that are missed are told in the table and fail nothing."""
    console = Console(stderr=True)
    rows: list[Row] = []
    wrong: list[str] = []
    with contextlib.ExitStack() as stack:
        openers = [partial(place_at, wish.url)] if wish.url else stack.enter_context(_own_places(wish)).values()
        for opener in openers:
            with opener() as place:
                bench = _Bench(wish, place, console, rows, wrong)
                bench.compare()
                bench.measure()
                bench.measure_a_tenth()
                if wish.url and not wish.keep:
                    bench.clear()
    for sentence in wrong:
        console.print(f"[red]wrong:[/] {escape(sentence)}", soft_wrap=True)
    if wish.form is Form.JSON:
        sys.stdout.write(json.dumps({"rows": [row.as_json() for row in rows], "wrong": wrong}, indent=1) + "\n")
    elif wish.form is Form.MARKDOWN:
        sys.stdout.write(as_markdown(rows) + "\n")
    else:
        title = f"{wish.orders:,} orders" + (" (quick: these figures mean nothing)" if wish.is_quick else "")
        Console(width=max(170, Console().width)).print(as_table(rows, title))
    return 1 if wrong else 0


def _own_places(wish: Wish) -> contextlib.AbstractContextManager[dict[str, Opener]]:
    return own_places(list(wish.kinds), wish.keep, is_quick=wish.is_quick)


@dataclass(frozen=True)
class _Bench:
    """The bench in one place; adds to `rows` what it measures, and to `wrong` what ought not to be."""

    wish: Wish
    place: Place
    console: Console
    rows: list[Row]
    wrong: list[str]

    def compare(self) -> None:
        """Before anything is timed: do both sides do the same? On a small set, row by row."""
        self.wrong.extend(differences_between_sides(self.place, self._template(FEW_ORDERS)))

    def measure(self) -> None:
        with self._scene(self.wish.orders) as scene:
            if self.place.kind == "postgresql" and not scene.watches[0].counts_backend:
                self.console.print("The server's processor time cannot be read here; only this process is counted.")
            for names, measure in MEASUREMENTS:
                if self.wish.is_for(names):
                    self._add(names[0], measure, scene)

    def measure_a_tenth(self) -> None:
        """The bulk once more among a tenth of the orders: an order must not cost more among many."""
        among_all = next((row for row in reversed(self.rows) if row.name == "bulk_1000"), None)
        if among_all is not None and among_all.database == self.place.kind:
            with self._scene(max(FEW_ORDERS, self.wish.orders // 10)) as scene:
                self._add("bulk_among_few", lambda scene: [among_few_row(scene, among_all)], scene)

    def clear(self) -> None:
        """Leaves nothing behind on a server that is somebody else's."""
        for name in self.place.names(TEMPLATES):
            self.place.drop(self.place.named(name))

    def _add(self, name: str, measure: Callable[[Scene], list[Row]], scene: Scene) -> None:
        try:
            self.rows.extend(measure(scene))
        except Exception as error:  # noqa: BLE001 (what else was measured is worth having)
            self.console.print_exception()
            self.wrong.append(f"{name} on {self.place.kind} failed: {error!r}")

    @contextlib.contextmanager
    def _scene(self, orders: int) -> Iterator[Scene]:
        """In a copy of the data, so that whatever is done to it does not stay."""
        database = self.place.copy(self._template(orders))
        sizes = Sizes(self.wish.is_quick, orders)
        try:
            with self._ticking() as tick, scene_in(database, self.place.kind, sizes, tick) as scene:
                yield scene
        finally:
            self.place.drop(database)

    def _template(self, orders: int) -> Database:
        """The data, built unless it is there already; what an older version built is taken away."""
        beginning, end = template_name(orders)
        name = f"{beginning}{end}"
        found = self.place.names(beginning)
        if name in found:
            return self.place.named(name)
        for old in found:
            self.place.drop(self.place.named(old))
        building = migrated(self.place, f"{name}_building")
        bar = (TextColumn("{task.description:<28}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
        with (
            building.in_use(),
            Progress(*bar, TimeElapsedColumn(), TimeRemainingColumn(), console=self.console) as progress,
        ):
            data.prepare_session()
            steps = data.steps(orders)
            task = progress.add_task("", total=sum(step.weight for step in steps))
            for step in steps:
                progress.update(task, description=f"{self.place.kind}: {step.name}")
                step.work()
                progress.advance(task, step.weight)
            connection.close()
        return self.place.rename(building, name)

    @contextlib.contextmanager
    def _ticking(self) -> Iterator[Callable[[str], None]]:
        """Shows what is being measured, and how often it was."""
        columns = (TextColumn("{task.description:<34}"), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.console) as progress:
            tasks: dict[str, TaskID] = {}

            def tick(name: str) -> None:
                if name not in tasks:
                    tasks[name] = progress.add_task(f"{self.place.kind}: {name}", total=None)
                progress.advance(tasks[name])

            yield tick
