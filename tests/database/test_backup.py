"""A backup is whole, of one moment, and never writes over anything."""

import sqlite3
import stat
from pathlib import Path

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection

from reship.database import backup
from reship.database.sqlite.base import Database
from reship.errors import Refusal
from tests.databases import RealDatabase


@pytest.mark.sqlite
def test_a_backup_holds_what_is_still_in_the_log(real_database: RealDatabase, tmp_path: Path) -> None:
    ContentType.objects.create(app_label="still", model="in_the_log")
    call_command("backup", str(tmp_path / "copy"))
    with sqlite3.connect(tmp_path / "copy") as copy:
        assert copy.execute("SELECT model FROM django_content_type WHERE app_label = 'still'").fetchall() == [
            ("in_the_log",)
        ]
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["copy"]


@pytest.mark.sqlite
def test_a_backup_goes_on_while_others_write(
    real_database: RealDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_PAGES_A_STEP", 5)
    writer = Database.connect(real_database.name, isolation_level=None)
    steps: list[int] = []

    def write_meanwhile(done: int, pages: int) -> None:
        steps.append(done)
        writer.execute("INSERT INTO django_content_type (app_label, model) VALUES ('later', ?)", [str(len(steps))])

    backup.back_up(connection, tmp_path / "copy", progress=write_meanwhile)
    writer.close()
    assert len(steps) > 3
    assert steps == sorted(steps)
    with sqlite3.connect(tmp_path / "copy") as copy:
        assert copy.execute("SELECT count(*) FROM django_content_type WHERE app_label = 'later'").fetchone() == (0,)
    copy.close()


@pytest.mark.sqlite
def test_an_existing_file_is_left_alone(real_database: RealDatabase, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("keep")
    with pytest.raises(Refusal) as refused:
        call_command("backup", str(tmp_path / "precious"))
    assert refused.value.code == "file_exists"
    assert (tmp_path / "precious").read_text() == "keep"


@pytest.mark.postgresql
def test_postgresql_has_its_own_tool(db: None, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="pg_dump"):
        call_command("backup", str(tmp_path / "copy"))
    assert list(tmp_path.iterdir()) == []
