"""`reship create-key`, `keys`, `roll-key` and `revoke-key`."""

from datetime import UTC, datetime, timedelta

import pytest

from reship.cli.people import now
from reship.clients.api_keys import caller_of
from reship.clients.models import ApiKey
from reship.clients.roles import Right
from reship.errors import Refusal
from tests.cli.terminal import Ended, reship
from tests.world import World


def create_key(*more: str) -> Ended:
    return reship("create-key", "--client", "ACME", "--name", "Help desk", "--scopes", "read,orders", *more)


def test_the_keys_text_is_the_only_line_on_standard_output(world: World) -> None:
    ended = create_key()
    assert ended.out.count("\n") == 1
    caller = caller_of(ended.out.rstrip("\n"), at=now())
    assert (caller.client, caller.key.name, caller.actor.may(Right.RESHIP)) == (world.acme, "Help desk", True)
    assert caller.key.prefix in ended.err
    assert ended.out.strip() not in ended.err


def test_a_program_gets_the_key_with_what_it_is(world: World) -> None:
    world.acme.timezone = "Europe/Berlin"
    world.acme.save()
    made = create_key("--role", "agent", "--expires", "2099-03-31", "--requests-a-minute", "30", "--json").json
    key = caller_of(made["key"], at=now()).key
    del made["made_at"]
    assert made == {
        "key": made["key"],
        "prefix": key.prefix,
        "name": "Help desk",
        "client": "ACME",
        "role": "agent",
        "scopes": ["read", "orders"],
        "requests_a_minute": 30,
        "state": "active",
        "made_by": "command line",
        "expires_at": "2099-04-01T00:00:00+02:00",
        "revoked_at": None,
        "rolled_into": None,
    }
    assert key.expires_at == datetime(2099, 3, 31, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--scopes", "read,everything"], "invalid_scope"),
        (["--scopes", ""], "invalid_scope"),
        (["--expires", "2020-01-01"], "invalid_time"),
        (["--requests-a-minute", "0"], "invalid_number"),
        (["--as", "dana@acme.example"], "not_allowed"),
        (["--as", "mara@acme.example", "--role", "operator"], "not_allowed"),
        (["--as", "wren@other.example"], "client_not_found"),
    ],
)
def test_a_key_that_cannot_be_made_is_refused(world: World, more: list[str], code: str) -> None:
    ended = create_key("--json", *more)
    assert (ended.code, ended.json["code"], ApiKey.objects.count()) == (1, code, 0)


@pytest.mark.parametrize("more", [["--expires", "soon"], ["--role", "king"], ["--requests-a-minute", "many"]])
def test_what_cannot_be_read_is_wrong_use(world: World, more: list[str]) -> None:
    assert create_key(*more).code == 2


def test_a_key_is_rolled_and_revoked_by_how_it_begins(world: World) -> None:
    old = create_key("--json").json
    new = reship("roll-key", old["prefix"], "--overlap", "2", "--json").json
    assert {caller_of(text, at=now()).key.name for text in (old["key"], new["key"])} == {"Help desk"}
    with pytest.raises(Refusal, match="invalid_api_key"):
        caller_of(old["key"], at=now() + timedelta(hours=3))
    assert reship("revoke-key", new["prefix"], "--json").json["state"] == "revoked"
    listed = reship("keys", "--client", "ACME", "--json").json
    assert [(key["prefix"], key["state"], key["rolled_into"]) for key in listed] == [
        (new["prefix"], "revoked", None),
        (old["prefix"], "rolled", new["prefix"]),
    ]
    assert {"key", "digest"}.isdisjoint(listed[0])
    shown = reship("keys", "--client", "ACME").out
    assert old["prefix"] in shown
    assert old["key"] not in shown


@pytest.mark.parametrize("command", ["revoke-key", "roll-key"])
def test_another_clients_key_is_nobodys(world: World, command: str) -> None:
    prefix = create_key("--json").json["prefix"]
    for given in (prefix, "rsk_unknown"):
        ended = reship(command, given, "--as", "wren@other.example", "--json")
        assert (ended.code, ended.json["code"]) == (1, "key_not_found")
    assert reship(command, prefix, "--as", "dana@acme.example", "--json").json["code"] == "not_allowed"


@pytest.mark.parametrize("overlap", ["721", "-1", "1.5"])
def test_an_overlap_is_0_to_30_days_in_whole_hours(world: World, overlap: str) -> None:
    prefix = create_key("--json").json["prefix"]
    assert reship("roll-key", prefix, f"--overlap={overlap}").code in {1, 2}
    assert ApiKey.objects.count() == 1
