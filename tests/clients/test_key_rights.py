"""Which rights a key has: the whole table of roles and scopes."""

import pytest

from reship.clients.api_keys import NewKey, caller_of, make_key
from reship.clients.roles import Right, Role, Scope
from tests.world import World

OF_AGENTS = "edit_shipment hold place_order reship"
OF_MANAGERS = f"add_back cancel {OF_AGENTS} reship_again send_again_anyway"
TABLE = {
    "viewer": {"read": "view"},
    "agent": {"read": "view", "orders": OF_AGENTS},
    "manager": {"read": "see_costs view", "orders": OF_MANAGERS, "bulk": "bulk", "webhooks": "webhooks"},
    "packer": {"read": "view", "stock": "adjust_stock warehouse_work"},
    "operator": {
        "read": "see_costs view",
        "orders": f"{OF_MANAGERS} lift_operator_hold",
        "stock": "adjust_stock warehouse_work",
        "bulk": "bulk",
        "webhooks": "webhooks",
    },
}
TABLE["admin"] = TABLE["operator"]
OF_PEOPLE_ONLY = {
    "change_client_settings",
    "choose_client",
    "keys",
    "pack_by_hand",
    "people",
    "reset_two_step",
    "see_client_settings",
    "settings",
    "shops",
}


def rights_of(world: World, role: str, *scopes: str) -> set[str]:
    new = NewKey("Key", scopes, role=role)
    made = make_key(new, client=world.acme, actor=world.ada, at=world.later(), address="")
    actor = caller_of(made.text, at=world.now).actor
    return {right.value for right in Right if actor.may(right)}


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_a_key_has_the_rights_of_its_role_that_each_scope_includes(world: World, role: str) -> None:
    for scope in Scope:
        assert rights_of(world, role, scope.value) == set(TABLE[role].get(scope.value, "").split()), scope
    all_scopes = rights_of(world, role, *(scope.value for scope in Scope))
    assert all_scopes == {right for rights in TABLE[role].values() for right in rights.split()}
    assert all_scopes.isdisjoint(OF_PEOPLE_ONLY)


def test_what_no_key_may_is_what_no_row_names(world: World) -> None:
    named = {right for scopes in TABLE.values() for rights in scopes.values() for right in rights.split()}
    assert {right.value for right in Right} - named == OF_PEOPLE_ONLY
