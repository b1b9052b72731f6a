"""A sample of what `python3 run.py fuzz` asks of the API by the thousand, as each role and of each operation."""

import pytest

from reship.clients.roles import Role
from reship.inventory.audit import audit
from tests.api.fuzzing import fuzz, key_for_fuzzing, paths_of_the_api
from tests.databases import KIND, RealDatabase

# The roles that differ most, and each half has some of its own: what a database answers does not go by the role.
ROLES = {
    "sqlite": (Role.VIEWER, Role.MANAGER, Role.OPERATOR),
    "postgresql": (Role.AGENT, Role.MANAGER, Role.PACKER),
}
SHARES = 18
"""A run of this sample has one of so many shares of the paths for all that follows from the document."""


@pytest.mark.parametrize("role", ROLES[KIND])
def test_schemathesis_finds_nothing_wrong(role: Role, real_database: RealDatabase) -> None:
    """Some requests to each operation, and to a share of the paths all that follow from the document."""
    key = key_for_fuzzing(role)
    part = 3 * list(ROLES).index(KIND) + ROLES[KIND].index(role)
    assert fuzz(key, cases=40, seed=part, phases=("examples", "fuzzing", "stateful")).wrong == {}
    assert fuzz(key, cases=1, seed=part, phases=("coverage",), only=paths_of_the_api()[part::SHARES]).wrong == {}
    assert audit() == []
