"""The catalogue of errors is what the code says; RESHIP_WRITE_ERRORS=1 writes it."""

import json
import os
from pathlib import Path

from reship.http_status import STATUS
from tests.project.errors_of_code import as_markdown, catalogue

PROJECT = Path(__file__).parent.parent.parent
PAGE, FILE = PROJECT / "docs" / "errors.md", PROJECT / "reship" / "api" / "errors.json"
# They are composed where they are raised, so that no search for words finds them.
COMPOSED = {"failed"}


def test_the_catalogue_is_what_the_code_says() -> None:
    entries = catalogue()
    page, file = as_markdown(entries), json.dumps([entry.as_json() for entry in entries], indent=1, ensure_ascii=False)
    if os.environ.get("RESHIP_WRITE_ERRORS"):
        PAGE.write_text(page)
        FILE.write_text(f"{file}\n")
    assert PAGE.read_text() == page
    assert FILE.read_text() == f"{file}\n"


def test_every_status_belongs_to_a_code_that_is_raised() -> None:
    assert set(STATUS) - {entry.code for entry in catalogue()} - COMPOSED == set()
