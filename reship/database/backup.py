"""A copy of an embedded database that is in use.

Copying the file would miss what is still in the write-ahead log (24 of 25 such copies lacked committed rows), so SQLite
makes the copy, of one moment.
"""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from django.db.backends.base.base import BaseDatabaseWrapper

from reship.database.sqlite.base import Database
from reship.errors import Refusal

_PAGES_A_STEP = 5_000


def back_up(connection: BaseDatabaseWrapper, file: Path, *, progress: Callable[[int, int], None]) -> None:
    """Writes `file`, readable by this user only; `progress` is told the pages done and their number.

    Refused when it exists, and on PostgreSQL, which has a tool of its own. A copy that fails leaves no file.
    """
    if connection.vendor != "sqlite":
        raise Refusal("not_embedded", "This database is PostgreSQL: back it up with pg_dump.", vendor=connection.vendor)
    if file.exists():
        raise Refusal("file_exists", f"{file} exists already and is left as it is.", file=str(file))
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        part.touch(mode=0o600)
        _copy(connection, part, progress)
        os.link(part, file)  # Unlike a rename, never over a file that has come up meanwhile.
    except FileExistsError as error:
        raise Refusal("file_exists", f"{file} exists already and is left as it is.", file=str(file)) from error
    except OSError as error:
        raise Refusal("file_not_writable", f"{file} cannot be written: {error.strerror}.", file=str(file)) from error
    finally:
        part.unlink(missing_ok=True)


def _copy(connection: BaseDatabaseWrapper, file: Path, progress: Callable[[int, int], None]) -> None:
    connection.ensure_connection()
    source = connection.connection
    with contextlib.closing(Database.connect(str(file))) as target:
        # One reading transaction around all steps: without it every write by somebody else would start the copy anew.
        source.execute("BEGIN")
        try:
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(
                target, pages=_PAGES_A_STEP, progress=lambda status, left, pages: progress(pages - left, pages)
            )
        finally:
            source.execute("ROLLBACK")
        # A single file, that needs no log beside it wherever it is carried.
        target.execute("PRAGMA journal_mode = DELETE")
        (verdict,) = target.execute("PRAGMA quick_check(1)").fetchone()
        assert verdict == "ok", verdict
