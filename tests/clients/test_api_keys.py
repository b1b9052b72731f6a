"""API keys: shown once, narrowed by scopes and by their maker, and over at once when they are."""

from datetime import timedelta
from functools import partial

import pytest

from reship.clients.access import require
from reship.clients.api_keys import (
    MadeKey,
    NewKey,
    actor_of_key,
    caller_of,
    keys_of,
    make_key,
    revoke_key,
    roll_key,
)
from reship.clients.key_limits import LIMITS
from reship.clients.models import ApiKey
from reship.clients.roles import RIGHTS, Right, Role, Scope
from reship.errors import Refusal
from tests.databases import RealDatabase
from tests.parallel import in_threads
from tests.world import World, make_world


def a_key(world: World, *scopes: str, role: str = "manager", limit: int = 600) -> MadeKey:
    new = NewKey("helpdesk", scopes or ("read", "orders"), role=role, requests_a_minute=limit)
    return make_key(new, client=world.acme, actor=world.mara, at=world.later(), address="")


def code_of(world: World, text: str) -> str:
    with pytest.raises(Refusal) as refused:
        caller_of(text, at=world.now)
    return refused.value.code


def test_a_key_acts_for_its_client_and_its_text_is_not_kept(world: World) -> None:
    made = a_key(world)
    caller = caller_of(made.text, at=world.now)
    assert (caller.client, caller.actor.name, caller.actor.role) == (world.acme, "helpdesk (API key)", Role.MANAGER)
    assert caller.actor.sees(world.acme.pk)
    assert not caller.actor.sees(world.other.pk)
    assert made.text not in str(ApiKey.objects.filter(pk=made.key.pk).values())


@pytest.mark.parametrize("scope", Scope)
def test_a_scope_gives_no_right_that_the_role_has_not(world: World, scope: Scope) -> None:
    caller = caller_of(a_key(world, scope, role="agent").text, at=world.now)
    assert {right for right in Right if caller.actor.may(right)} <= RIGHTS[Role.AGENT]


def test_a_key_without_the_scope_is_told_which(world: World) -> None:
    caller = caller_of(a_key(world, "read").text, at=world.now)
    with pytest.raises(Refusal) as refused:
        require(caller.actor, Right.RESHIP)
    assert refused.value.figures == {"right": "reship", "role": "manager", "scope": "orders"}


def test_a_key_shrinks_with_its_maker_and_ends_with_their_access(world: World) -> None:
    made = a_key(world)
    maker = world.user_of(world.mara)
    maker.role = "viewer"
    maker.save()
    assert not caller_of(made.text, at=world.now).actor.may(Right.RESHIP)
    maker.is_active = False
    maker.save()
    assert code_of(world, made.text) == "invalid_api_key"
    assert actor_of_key(made.key.pk, at=world.now) is None


def test_a_rolled_key_holds_for_the_overlap_beside_its_successor(world: World) -> None:
    old = a_key(world)
    new = roll_key(
        old.key.prefix, overlap=timedelta(hours=1), client=world.acme, actor=world.mara, at=world.now, address=""
    )
    assert {caller_of(key.text, at=world.now).key.name for key in (old, new)} == {"helpdesk"}
    world.now += timedelta(hours=1)
    assert code_of(world, old.text) == "invalid_api_key"
    assert caller_of(new.text, at=world.now).key == new.key


def test_a_rolled_key_is_followed_by_one_that_lives_as_long_and_is_not_rolled_again(world: World) -> None:
    old = a_key(world).key
    ApiKey.objects.filter(pk=old.pk).update(expires_at=old.made_at + timedelta(days=90))
    at = old.made_at + timedelta(days=80)
    new = roll_key(old.prefix, overlap=timedelta(days=30), client=world.acme, actor=world.mara, at=at, address="").key
    old.refresh_from_db()
    assert (old.expires_at, new.expires_at) == (old.made_at + timedelta(days=90), at + timedelta(days=90))
    with pytest.raises(Refusal) as refused:
        roll_key(old.prefix, overlap=timedelta(0), client=world.acme, actor=world.mara, at=at, address="")
    assert (refused.value.code, refused.value.figures["successor"]) == ("key_ended", new.prefix)
    revoke_key(old.prefix, client=world.acme, actor=world.mara, at=at, address="")


def test_who_has_fewer_rights_than_a_key_cannot_roll_it(world: World) -> None:
    new = NewKey("robot", ["read"], role="operator")
    key = make_key(new, client=world.acme, actor=world.otto, at=world.later(), address="").key
    with pytest.raises(Refusal, match="not_allowed"):
        roll_key(key.prefix, overlap=timedelta(0), client=world.acme, actor=world.mara, at=world.now, address="")


def test_a_revoked_key_opens_nothing(world: World) -> None:
    made = a_key(world)
    revoke_key(made.key.prefix, client=world.acme, actor=world.mara, at=world.later(), address="")
    assert code_of(world, made.text) == "invalid_api_key"
    with pytest.raises(Refusal, match="key_ended"):
        revoke_key(made.key.prefix, client=world.acme, actor=world.mara, at=world.later(), address="")


@pytest.mark.parametrize("text", ["", "rsk", "rsk_", "rsk_0_1", "rsk_é_x", "rsk_0000000000_" + "x" * 200, "a_b_c"])
def test_what_is_no_key_is_refused_alike(world: World, text: str) -> None:
    assert code_of(world, text) == "invalid_api_key"


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (NewKey("", ["read"]), "invalid_text"),
        (NewKey("k", []), "invalid_scope"),
        (NewKey("k", ["read", "everything"]), "invalid_scope"),
        (NewKey("k", ["read"], role="king"), "role_does_not_fit"),
        (NewKey("k", ["read"], role="operator"), "not_allowed"),
        (NewKey("k", ["read"], requests_a_minute=0), "invalid_number"),
    ],
)
def test_a_key_that_cannot_be_is_refused(world: World, new: NewKey, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        make_key(new, client=world.acme, actor=world.mara, at=world.later(), address="")
    assert (refused.value.code, ApiKey.objects.count()) == (code, 0)


def test_another_clients_key_looks_like_none(world: World) -> None:
    made = a_key(world)
    with pytest.raises(Refusal, match="key_not_found"):
        revoke_key(made.key.prefix, client=world.other, actor=world.wren, at=world.later(), address="")
    with pytest.raises(Refusal, match="client_not_found"):
        keys_of(world.acme, actor=world.wren)


def test_a_key_gets_its_limit_a_minute_and_no_more_over_all_processes(world: World) -> None:
    key = a_key(world, limit=45).key
    allowed = 0
    for request in range(60):
        if request % 7 == 0:
            LIMITS.forget()  # As if another process answered.
        allowed += not LIMITS.use_one(key, at=world.now).is_spent
    assert 30 <= allowed <= 45
    LIMITS.forget()
    assert LIMITS.use_one(key, at=world.now).is_spent
    world.now += timedelta(minutes=1)
    assert not LIMITS.use_one(key, at=world.now).is_spent


def test_of_many_who_roll_a_key_at_once_one_does(real_database: RealDatabase) -> None:
    world = make_world()
    old = a_key(world).key
    deed = partial(
        roll_key, old.prefix, overlap=timedelta(hours=1), client=world.acme, actor=world.mara, at=world.now, address=""
    )
    outcomes = in_threads([deed] * 4)
    assert sorted(outcome.code if isinstance(outcome, Refusal) else "rolled" for outcome in outcomes) == [
        *["key_ended"] * 3,
        "rolled",
    ]
    assert ApiKey.objects.count() == 2
