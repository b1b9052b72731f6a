"""The command line, called in this process: what it printed, and how it ended."""

import contextlib
import io
import json
from dataclasses import dataclass
from typing import Any
from unittest import mock

from django.core.management import load_command_class
from django.db import connections


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def reship(command: str, *arguments: str) -> Ended:
    """Runs `reship COMMAND …` as `main` does, in the transaction of the test."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        # A command leaves no connection behind; the test's transaction is on it.
        mock.patch.object(connections, "close_all"),
    ):
        try:
            load_command_class("reship.cli", command).run_from_argv(["reship", command, *arguments])
        except SystemExit as ended:
            return Ended(ended.code if isinstance(ended.code, int) else 0, out.getvalue(), err.getvalue())
        except KeyboardInterrupt:
            return Ended(130, out.getvalue(), err.getvalue())
    return Ended(0, out.getvalue(), err.getvalue())
