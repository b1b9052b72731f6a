"""What every test may ask for. CONTRIBUTING.md says when to take which.

- `db` (pytest-django's, or the mark `django_db`): a transaction that is rolled back. For most tests.
- `real_database`: a database of the test's own, committed, which threads and processes can open. For tests about
  parallel use, crashes, or the command line as a process.
- `world`: the named people, clients, goods and deeds of `tests/world.py`, inside `db`. With `real_database`, call
  `make_world()` there.
- `live_world` and `new_page`: a world that a real browser shows; see `tests/browsing.py`.
- `transactional_db` is refused: append-only tables cannot be emptied.
"""

import gc
import signal
from collections.abc import Callable, Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.databases import KIND, Databases, RealDatabase, databases_of_this_run, migrated
from tests.world import World, make_world

pytest_plugins = ["tests.browsing"]


def pytest_configure() -> None:
    # The suite ends its parts by SIGTERM; servers, databases and folders of the run then end with it.
    signal.signal(signal.SIGTERM, lambda number, frame: pytest.exit("told to end", returncode=128 + number))


def pytest_report_header() -> str:
    return f"database: {KIND}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for kind in ("sqlite", "postgresql"):
            if item.get_closest_marker(kind) and kind != KIND:
                item.add_marker(pytest.mark.skip(reason=f"only says something on {kind}"))
        django_db = item.get_closest_marker("django_db")
        names = set(getattr(item, "fixturenames", ()))
        is_transactional = django_db is not None and django_db.kwargs.get("transaction")
        if is_transactional or names & {"transactional_db", "live_server"}:
            raise pytest.UsageError(f"{item.nodeid}: append-only tables cannot be flushed; take `real_database`")
        if "real_database" in names and (django_db is not None or "db" in names):
            raise pytest.UsageError(f"{item.nodeid}: takes both `db` and `real_database`; one is enough")


def pytest_collection_finish() -> None:
    """What was loaded stays until the end: to look for garbage in it again and again took a seventh of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    made = databases_of_this_run()
    made.open()
    yield made
    made.close()


@pytest.fixture(scope="session")
def template(databases: Databases, django_db_blocker: DjangoDbBlocker) -> RealDatabase:
    """Migrated once per run; only ever copied."""
    with django_db_blocker.unblock():
        return migrated(databases, "template")


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, databases: Databases, template: RealDatabase, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Replaces pytest-django's: the database in whose transactions most tests run."""
    with django_db_blocker.unblock():
        context = databases.copy(template).in_use()
        context.__enter__()
    yield
    with django_db_blocker.unblock():
        context.__exit__(None, None, None)


@pytest.fixture
def new_database(
    databases: Databases, template: RealDatabase, django_db_blocker: DjangoDbBlocker
) -> Iterator[Callable[[], RealDatabase]]:
    """Makes further databases of the test's own, which nothing leads to yet."""
    made: list[RealDatabase] = []

    def make() -> RealDatabase:
        made.append(databases.copy(template))
        return made[-1]

    yield make
    for database in made:
        databases.drop(database)


@pytest.fixture
def real_database(
    new_database: Callable[[], RealDatabase], django_db_blocker: DjangoDbBlocker
) -> Iterator[RealDatabase]:
    """A migrated, empty database of this test's own; the default connection of every thread leads to it.

    A thread that used it ends with `connections.close_all()` (`tests.parallel.in_threads` does).
    """
    with django_db_blocker.unblock(), new_database().in_use() as database:
        yield database


@pytest.fixture
def world(db: None) -> World:
    return make_world()
