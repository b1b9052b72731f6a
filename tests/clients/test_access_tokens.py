"""Access tokens: they hold for an hour, for the scopes that were asked for, and never longer than their key."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import signing
from pytest_django import DjangoAssertNumQueries

from reship.clients.access_tokens import MARK, AccessToken, caller_of_bearer, make_access_token, prove
from reship.clients.api_keys import MadeKey, revoke_key, roll_key
from reship.clients.models import User
from reship.clients.roles import Right
from reship.errors import Refusal
from tests.clients.test_api_keys import a_key
from tests.world import World


def token_of(world: World, made: MadeKey, *scopes: str) -> AccessToken:
    caller = prove(made.key.prefix, made.text, address="192.0.2.1", at=world.now)
    return make_access_token(caller, scopes, at=world.now)


def is_refused(world: World, text: str) -> bool:
    with pytest.raises(Refusal) as refused:
        caller_of_bearer(text, at=world.now)
    return refused.value.code == "invalid_api_key"


def test_a_token_acts_as_its_key_for_an_hour(world: World, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    made = a_key(world)
    token = token_of(world, made)
    assert (token.scopes, token.expires_at) == (("read", "orders"), world.now + timedelta(hours=1))
    world.now += timedelta(minutes=59)
    with django_assert_num_queries(1):
        caller = caller_of_bearer(token.text, at=world.now)
    assert caller == caller_of_bearer(made.text, at=world.now)
    world.now += timedelta(minutes=1)
    assert is_refused(world, token.text)


def test_a_token_has_the_scopes_that_were_asked_for(world: World) -> None:
    made = a_key(world)
    caller = caller_of_bearer(token_of(world, made, "read").text, at=world.now)
    assert (caller.actor.may(Right.VIEW), caller.actor.may(Right.RESHIP)) == (True, False)
    with pytest.raises(Refusal, match="invalid_scope"):
        token_of(world, made, "read", "bulk")


def revoke(world: World, made: MadeKey) -> None:
    revoke_key(made.key.prefix, client=world.acme, actor=world.mara, at=world.now, address="")


def roll(world: World, made: MadeKey) -> None:
    roll_key(made.key.prefix, overlap=timedelta(0), client=world.acme, actor=world.mara, at=world.now, address="")


def deactivate(world: World, made: MadeKey) -> None:
    User.objects.filter(name=made.key.made_by).update(is_active=False)


@pytest.mark.parametrize("end", [revoke, roll, deactivate])
def test_a_token_ends_with_its_key(world: World, end: Callable[[World, MadeKey], None]) -> None:
    made = a_key(world)
    token = token_of(world, made)
    world.later()
    end(world, made)
    assert is_refused(world, token.text)


def test_a_token_loses_the_rights_that_its_keys_maker_loses(world: World) -> None:
    token = token_of(world, a_key(world))
    User.objects.filter(name="Mara").update(role="viewer")
    assert not caller_of_bearer(token.text, at=world.now).actor.may(Right.RESHIP)


def test_a_token_does_not_outlive_its_key(world: World) -> None:
    made = a_key(world)
    made.key.expires_at = world.now + timedelta(minutes=5)
    made.key.save()
    assert token_of(world, made).expires_at == made.key.expires_at


def test_what_is_no_token_of_ours_is_refused_alike_and_costs_no_query(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    text = token_of(world, a_key(world)).text
    said = {"key": "rsk_0123456789", "scopes": ["read"], "end": 2**40}
    forged = signing.Signer(key="another secret", salt="reship.clients.access_tokens", sep=".").sign_object(said)
    of_another_use = signing.Signer(sep=".").sign_object(said)
    with django_assert_num_queries(0):
        for wrong in (
            f"{text}x",
            text[:-1],
            MARK,
            f"{MARK}{forged}",
            f"{MARK}{of_another_use}",
            f"{text}é",
            MARK * 500,
        ):
            assert is_refused(world, wrong)


@pytest.mark.parametrize("secret", ["", "rsk_", "of another key", "\ud800"])
def test_whoever_does_not_know_the_keys_text_proves_nothing(world: World, secret: str) -> None:
    made, other = a_key(world), a_key(world)
    text = other.text if secret == "of another key" else secret
    with pytest.raises(Refusal, match="invalid_api_key"):
        prove(made.key.prefix, text, address="192.0.2.1", at=world.now)


def test_guessing_stops_where_it_comes_from_and_nowhere_else(world: World) -> None:
    made = a_key(world)
    told = set()
    for _ in range(50):
        with pytest.raises(Refusal) as refused:
            prove(made.key.prefix, "rsk_0123456789_guess", address="192.0.2.1", at=world.now)
        told.add(refused.value.code)
    assert told == {"invalid_api_key"}
    with pytest.raises(Refusal, match="too_many_attempts"):
        prove(made.key.prefix, made.text, address="192.0.2.1", at=world.now)
    assert prove(made.key.prefix, made.text, address="192.0.2.2", at=world.now).key == made.key


@pytest.mark.parametrize("text", ["rsk_0123456789_guess", "rsk_not-hexadec_x", "rst_x.y", "nothing"])
def test_a_guess_costs_one_look_up_at_most(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries, text: str
) -> None:
    a_key(world)
    with django_assert_max_num_queries(1):
        assert is_refused(world, text)
