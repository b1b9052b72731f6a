"""Every font that the papers carry is named in `fonts.lock`, with its hash, origin and licence, and no other."""

import hashlib
import json

import pytest

from reship.papers.typefaces import FILES, FONTS

pytestmark = pytest.mark.sqlite  # No database is asked.


def locked_files() -> list[dict[str, str]]:
    files: list[dict[str, str]] = json.loads((FONTS.parent / "fonts.lock").read_text(encoding="utf-8"))["files"]
    return files


def test_the_lock_names_just_the_fonts_that_are_carried_with_their_hashes() -> None:
    carried = {
        path.relative_to(FONTS).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in FONTS.rglob("*")
        if path.is_file()
    }

    assert carried == {entry["file"]: entry["sha256"] for entry in locked_files()}


def test_every_font_has_an_origin_a_version_and_its_licence_beside_it() -> None:
    assert [
        entry for entry in locked_files() if not all(entry[key] for key in ("name", "version", "licence", "source"))
    ] == []
    assert [file for file in FILES.values() if not (file.parent / "LICENSE").is_file()] == []
