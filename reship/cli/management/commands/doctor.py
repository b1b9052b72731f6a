"""`reship doctor`: what is in use, and what is wrong with it."""

import dataclasses
import sys
from typing import Any

from django.conf import settings

from reship.carriers.registry import check_carriers
from reship.cli.command import ReshipCommand
from reship.cli.people import now
from reship.database.checkup import check_folder, check_up
from reship.fulfilment.prune_answers import check_answers


class Command(ReshipCommand):
    help = "Says what this installation uses and what is wrong with it (exit code 1 when something is)."

    def handle(self, *args: Any, **options: Any) -> None:
        findings = [*check_up(), check_folder(settings.VAR), check_carriers(), check_answers(at=now())]
        width = max(len(finding.what) for finding in findings)
        lines = [f"{finding.what:<{width}}  {finding.value}" for finding in findings]
        lines += [f"WRONG: {problem}" for finding in findings for problem in finding.problems]
        self.answer([dataclasses.asdict(finding) for finding in findings], "\n".join(lines))
        if any(finding.problems for finding in findings):
            sys.exit(1)
