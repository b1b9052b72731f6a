"""`reship clients`, `create-client` and `invite`."""

import pytest

from reship.catalog.models import Warehouse
from reship.cli.people import now
from reship.clients.invitations import accept_invitation
from reship.clients.models import Client, SecondStep, User
from tests.cli.terminal import reship
from tests.world import World


@pytest.mark.django_db
def test_the_first_client_brings_a_warehouse() -> None:
    assert reship("create-client", "ACME", "--name", "Acme & Co", "--json").json == {
        "code": "ACME",
        "name": "Acme & Co",
    }
    assert list(Client.objects.values_list("code", "name")) == [("ACME", "Acme & Co")]
    assert list(Warehouse.objects.values_list("code", flat=True)) == ["MAIN"]


def test_a_later_one_takes_the_warehouses_that_there_are(world: World) -> None:
    reship("create-client", "NEW", "--name", "New")
    assert sorted(Warehouse.objects.values_list("code", flat=True)) == ["EAST", "MAIN"]


def test_the_clients_are_listed_by_their_codes(world: World) -> None:
    told = reship("clients", "--json").json
    assert [client["code"] for client in told] == ["ACME", "OTHER"]
    out = reship("clients").out
    assert [client for client in told if client["code"] not in out or client["name"] not in out] == []


def test_an_unknown_client_is_told_with_those_that_there_are_but_not_to_somebody_else(world: World) -> None:
    alone = reship("order", "1042", "--client", "NONE", "--json").json
    assert (alone["code"], alone["figures"]) == ("client_not_found", {"client": "NONE", "known": ["ACME", "OTHER"]})
    assert alone["message"] == "There is no client “NONE”. There are: ACME, OTHER."
    somebody = reship("keys", "--client", "NONE", "--as", "mara@acme.example", "--json").json
    assert (somebody["code"], somebody["figures"]) == ("client_not_found", {"client": "NONE"})


@pytest.mark.django_db
def test_where_there_are_no_clients_none_is_named() -> None:
    assert reship("order", "1042", "--client", "NONE").err == "client_not_found: There is no client “NONE”.\n"
    assert "create-client" in reship("clients").out


@pytest.mark.parametrize(
    ("code", "name", "refusal"),
    [
        ("ACME", "Acme", "client_exists"),
        ("acme", "Acme", "client_exists"),
        ("", "Acme", "invalid_text"),
        ("A/B", "Acme", "invalid_text"),
        ("A" * 21, "Acme", "invalid_text"),
        ("É", "Acme", "invalid_text"),
        ("NEW", " ", "invalid_text"),
        ("NEW", "a\0b", "invalid_text"),
    ],
)
def test_a_client_that_cannot_be_made_is_refused(world: World, code: str, name: str, refusal: str) -> None:
    ended = reship("create-client", code, "--name", name, "--json")
    assert (ended.code, ended.json["code"], Client.objects.count()) == (1, refusal, 2)


def test_an_invitation_lets_a_person_choose_a_password(world: World) -> None:
    arguments = ["New@Acme.example", "--client", "ACME", "--role", "agent", "--name", "Nell", "--json"]
    path = reship("invite", *arguments).json["path"]
    _, _, uid, token, _ = path.split("/")
    user = accept_invitation(uid, token, password="a long password of hers", at=now())
    assert (user.email, user.name, user.role, user.client) == ("new@acme.example", "Nell", "agent", world.acme)


def test_the_companys_people_have_no_client(world: World) -> None:
    said = reship("invite", "pat@reship.example", "--role", "packer", "--name", "Pat").out
    assert "/invitations/" in said
    assert User.objects.get(email="pat@reship.example").client is None


@pytest.mark.parametrize(
    ("email", "arguments", "code"),
    [
        ("dana@acme.example", ["--client", "ACME", "--role", "agent"], "user_exists"),
        ("new@acme.example", ["--role", "agent"], "role_does_not_fit"),
        ("new@acme.example", ["--client", "ACME", "--role", "packer"], "role_does_not_fit"),
        ("new@acme.example", ["--client", "NONE", "--role", "agent"], "client_not_found"),
        ("not an address", ["--client", "ACME", "--role", "agent"], "invalid_text"),
    ],
)
def test_an_invitation_that_cannot_be_made_is_refused(
    world: World, email: str, arguments: list[str], code: str
) -> None:
    before = User.objects.count()
    ended = reship("invite", email, *arguments, "--name", "Nell", "--json")
    assert (ended.code, ended.json["code"], User.objects.count()) == (1, code, before)


def test_a_role_that_does_not_exist_is_wrong_use(world: World) -> None:
    assert reship("invite", "new@acme.example", "--role", "boss", "--name", "Nell").code == 2


def test_a_lost_phone_is_reset_on_the_command_line(world: World) -> None:
    SecondStep.objects.create(user=world.user_of(world.ada), secret="x", turned_on_at=now())
    assert reship("reset-two-step", "ada@reship.example", "--json").json == {"email": "ada@reship.example"}
    assert SecondStep.objects.count() == 0
    ended = reship("reset-two-step", "ada@reship.example", "--json")
    assert (ended.code, ended.json["code"]) == (1, "two_step_is_off")
    assert (
        reship("reset-two-step", "dana@acme.example", "--as", "mara@acme.example", "--json").json["code"]
        == "not_allowed"
    )
