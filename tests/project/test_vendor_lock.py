"""Every file that others wrote and that the portal serves is named in `vendor.lock`, with its hash, and no other."""

import hashlib
import json
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.sqlite  # No database is asked.

WEB = Path(__file__).resolve().parents[2] / "reship" / "web"
VENDOR = WEB / "static" / "web" / "vendor"


def locked_files() -> list[dict[str, str]]:
    files: list[dict[str, str]] = json.loads((WEB / "vendor.lock").read_text(encoding="utf-8"))["files"]
    return files


def test_every_locked_file_has_the_hash_that_the_lock_names() -> None:
    files = [entry["file"] for entry in locked_files()]
    found = {file: hashlib.sha256((VENDOR / file).read_bytes()).hexdigest() for file in files}

    assert found == {entry["file"]: entry["sha256"] for entry in locked_files()}


def test_no_vendored_file_is_missing_from_the_lock() -> None:
    carried = sorted(path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file())

    assert carried == sorted(entry["file"] for entry in locked_files())


def test_every_locked_file_names_its_origin_version_and_licence() -> None:
    incomplete = [
        entry["file"]
        for entry in locked_files()
        if not all(entry.get(key) for key in ("name", "version", "licence", "source"))
    ]

    assert incomplete == []


def test_every_library_carries_its_licence() -> None:
    files = {entry["file"] for entry in locked_files()}

    assert {file.split("/")[0] for file in files} == {file.split("/")[0] for file in files if file.endswith("/LICENSE")}


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (VENDOR / "lucide" / "icons.svg").read_text(encoding="utf-8")))
    asked = {
        name
        for template in (WEB / "templates").rglob("*.html")
        for name in re.findall(r'_icon\.html" with name="([^"]+)"', template.read_text(encoding="utf-8"))
    }

    assert asked - drawn == set()
