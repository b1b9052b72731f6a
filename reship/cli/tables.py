"""Tables for a person at a terminal."""

import io
import shutil
import sys

from rich.console import Console
from rich.table import Table

_WIDTH_OF_A_FILE = 200


def rendered(table: Table) -> str:
    """The table as text, as wide as the terminal. What customers are called is never taken for markup."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH_OF_A_FILE
    console = Console(file=io.StringIO(), width=width, markup=False, highlight=False, emoji=False)
    with console.capture() as capture:
        console.print(table)
    return "\n".join(line.rstrip() for line in capture.get().splitlines() if line.strip())
