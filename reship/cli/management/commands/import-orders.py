"""`reship import-orders FILE --client CODE`: orders from a file, and an account of every row."""

import os
from pathlib import Path
from typing import Any

from defusedcsv import csv
from django.core.management.base import CommandParser
from django.db import InterfaceError, InternalError, OperationalError
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from reship.cli.command import ReshipCommand
from reship.cli.people import acting, add_client, now
from reship.errors import Refusal
from reship.imports.account import MOST_REFUSALS_SHOWN, Account
from reship.imports.import_orders import import_orders
from reship.imports.source import AUTO, FORMATS, ImportRequest
from reship.orders.models import HoldKind


class Command(ReshipCommand):
    help = "Imports orders from a CSV file, plain or packed (.gz, .xz), and says what became of every row."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        add_client(parser)
        parser.add_argument("--create-client", action="store_true", help="make the client if it is not there")
        formats = [AUTO, *FORMATS]
        parser.add_argument("--format", choices=formats, default=AUTO, help="auto goes by the names of the columns")
        parser.add_argument("--create-products", action="store_true", help="make the products that are not there")
        departed = "the parcels have left: their goods are received first, and depart with them"
        parser.add_argument("--as-departed", action="store_true", help=departed)
        parser.add_argument("--dry-run", action="store_true", help="give the account, and write nothing")
        refused = "write every order that is refused to this CSV file, with its line and why"
        parser.add_argument("--refused", type=Path, metavar="CSV", help=refused)

    def handle(self, *args: Any, **options: Any) -> None:
        request = ImportRequest(
            file=options["file"],
            client=options["client"],
            format=options["format"],
            create_client=options["create_client"],
            create_products=options["create_products"],
            as_departed=options["as_departed"],
            dry_run=options["dry_run"],
        )
        try:
            with _Bar() as bar:
                account = import_orders(request, actor=acting(None), at=now(), progress=bar.show)
        except (OperationalError, InterfaceError, InternalError) as error:
            said = "The database went away. What was placed stays placed; the same command again goes on from there."
            raise Refusal("database_away", said) from error
        if options["refused"] is not None:
            _write_refused(options["refused"], account)
        data = {"file": str(request.file), "client": request.client, "dry_run": request.dry_run, **account.as_json()}
        self.answer(data, _as_text(account, dry_run=request.dry_run))


def _write_refused(path: Path, account: Account) -> None:
    """Refuses `file_unwritable`."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["line", "rows", "order", "code", "message"])
            for refused in account.refusals:
                refusal = refused.refusal
                writer.writerow([refused.line, refused.rows, refused.number, refusal.code, refusal.message])
    except OSError as error:
        raise Refusal("file_unwritable", f"{path} cannot be written: {error.strerror}.", file=str(path)) from error


class _Bar:
    """One progress bar on standard error for each time the file is read; nothing when nobody watches."""

    def __init__(self) -> None:
        columns = (
            TextColumn("{task.description:<9}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
        )
        self._progress = Progress(*columns, disable=not os.isatty(2))
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def show(self, stage: str, done: int, size: int) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=size)
        self._progress.update(self._tasks[stage], completed=done)


def _as_text(account: Account, *, dry_run: bool) -> str:
    rows = [
        ("rows read", account.rows_read),
        ("  imported", account.rows_imported),
        ("  merged into a line of the same order, SKU and price", account.rows_merged),
        *((f"  left out: {cause}", count) for cause, count in sorted((+account.rows_left_out).items())),
        ("orders made", account.orders_made),
        *((f"orders left out: {cause}", count) for cause, count in sorted((+account.orders_left_out).items())),
        ("products made", account.products_made),
    ]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:<{width}}  {count:>9,}" for name, count in rows]
    lines += [f"noted: {what}, {_orders(count)}" for what, count in sorted(account.noted.items())]
    will = "would be" if dry_run else "is"
    lines += [
        f"Line {held.line}: order {held.number} {will} held ({HoldKind(held.kind).label}): {held.why}"
        for held in account.holds
    ]
    more = account.orders_held - len(account.holds)
    if more > 0:
        lines.append(f"… and {_orders(more)} more {will if dry_run or more == 1 else 'are'} held.")
    lines += [f"Line {refused.line}: {refused.refusal}" for refused in account.refusals[:MOST_REFUSALS_SHOWN]]
    more = len(account.refusals) - MOST_REFUSALS_SHOWN
    if more > 0:
        lines.append(f"… and {_orders(more)} more; --refused CSV writes them all to a file.")
    return "\n".join([*lines, *(["Nothing was written."] if dry_run else [])])


def _orders(count: int) -> str:
    return f"{count:,} {'order' if count == 1 else 'orders'}"
