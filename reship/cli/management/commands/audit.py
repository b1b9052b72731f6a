"""`reship audit`: the proof that stock, shipments and history agree."""

import dataclasses
import os
import sys
from typing import Any

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from reship.cli.command import ReshipCommand
from reship.inventory.audit import audit


class Command(ReshipCommand):
    help = "Replays every ledger entry and compares; one line and exit code 1 for what does not hold."

    def handle(self, *args: Any, **options: Any) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, transient=True, disable=not os.isatty(2)) as bar:
            task = bar.add_task("audit")
            violations = audit(lambda check: bar.update(task, description=check.replace("_", " ")))
        lines = [violation.text for violation in violations] or ["Everything holds."]
        self.answer([dataclasses.asdict(violation) for violation in violations], "\n".join(lines))
        if violations:
            sys.exit(1)
