"""`reship backup FILE`: a whole copy of the embedded database, while it is in use."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db import connection
from rich.progress import Progress

from reship.cli.command import ReshipCommand
from reship.database.backup import back_up


class Command(ReshipCommand):
    help = "Copies the embedded database to FILE, whole, while it is in use."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="must not exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        with Progress(transient=True, disable=not os.isatty(2)) as progress:
            task = progress.add_task("Backing up")
            back_up(connection, file, progress=lambda done, pages: progress.update(task, completed=done, total=pages))
        size = file.stat().st_size
        self.answer({"file": str(file), "bytes": size}, f"{file}: {size:,} bytes")
