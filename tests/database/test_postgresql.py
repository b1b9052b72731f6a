"""The PostgreSQL backend: limits per session, keys from plain sequences."""

import contextlib

import pytest
from django.db import connection

from reship.database.postgresql.base import DatabaseWrapper
from tests.databases import RealDatabase

pytestmark = pytest.mark.postgresql


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("lock_timeout", "4s"),
        ("idle_in_transaction_session_timeout", "15s"),
        ("client_connection_check_interval", "500ms"),
        ("statement_timeout", "0"),
    ],
)
def test_a_session_has_limits(real_database: RealDatabase, setting: str, value: str) -> None:
    as_it_comes = DatabaseWrapper(connection.settings_dict | {"OPTIONS": {}})
    with contextlib.closing(as_it_comes), as_it_comes.cursor() as cursor:
        cursor.execute(f"SHOW {setting}")
        assert cursor.fetchone() == (value,)


def test_limits_can_be_set_otherwise(real_database: RealDatabase) -> None:
    options = connection.settings_dict["OPTIONS"] | {"session": {"statement_timeout": "10s", "lock_timeout": None}}
    other = DatabaseWrapper(connection.settings_dict | {"OPTIONS": options})
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
            assert cursor.fetchone() == ("10s", "0")
    finally:
        other.close()


def test_every_key_comes_from_a_plain_sequence(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_attribute WHERE attidentity <> ''")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT pg_get_serial_sequence('clients_client', 'id')")
        assert cursor.fetchone() == ("public.clients_client_id_seq",)
