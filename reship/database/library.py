"""Which SQLite library this process uses, and whether that one can be trusted with a write-ahead log.

SQLite 3.7.0 to 3.51.2 can corrupt a database in WAL mode (the "WAL-reset bug"; fixed in 3.51.3, 3.50.7 and 3.44.6), and
Debian 12 carries 3.40.1. The package pysqlite3 carries a newer one.
"""

import sqlite3
import sys

Version = tuple[int, ...]


def use_the_newer_sqlite() -> None:
    """Makes `import sqlite3` mean pysqlite3, when that is installed and newer.

    One process must never have two SQLite libraries on one file, so it is all or nothing: called before Django loads.
    """
    try:
        import pysqlite3
        import pysqlite3.dbapi2
    except ImportError:
        return
    if pysqlite3.sqlite_version_info > sqlite3.sqlite_version_info:
        sys.modules["sqlite3"] = pysqlite3
        sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2


def sqlite_version() -> Version:
    """The version of the library that Django uses."""
    return tuple(sys.modules["sqlite3"].sqlite_version_info)


def has_wal_reset_bug(version: Version) -> bool:
    """Whether a write-ahead log is unsafe with this version of SQLite."""
    if version[:2] == (3, 44):
        return version < (3, 44, 6)
    if version[:2] == (3, 50):
        return version < (3, 50, 7)
    return (3, 7, 0) <= version < (3, 51, 3)
