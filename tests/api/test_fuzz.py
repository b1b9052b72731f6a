"""A sample of what `python3 run.py fuzz` asks of the API by the thousand."""

import pytest

from reship.clients.roles import Role
from reship.inventory.audit import audit
from tests.api.fuzzing import fuzz, key_for_fuzzing, paths_of_the_api
from tests.databases import KIND, RealDatabase

HALVES = ("sqlite", "postgresql")


@pytest.mark.parametrize("role", Role)
def test_schemathesis_finds_nothing_wrong(role: Role, real_database: RealDatabase) -> None:
    """Some requests to each operation, and to the role's share of them all that follow from the document."""
    key = key_for_fuzzing(role)
    part = 2 * list(Role).index(role) + HALVES.index(KIND)
    share = paths_of_the_api()[part :: 2 * len(Role)]
    some = fuzz(key, cases=40, seed=part, phases=("examples", "fuzzing", "stateful"))
    assert some.wrong == {}
    if share:
        assert fuzz(key, cases=1, seed=part, phases=("coverage",), only=share).wrong == {}
    assert audit() == []
