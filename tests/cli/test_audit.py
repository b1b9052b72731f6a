"""`reship audit`."""

from django.db import connection

from tests.cli.terminal import reship
from tests.world import World


def test_it_says_that_everything_holds(world: World) -> None:
    world.place("1042", MUG=2)
    assert (reship("audit").out, reship("audit", "--json").json) == ("Everything holds.\n", [])


def test_each_violation_is_a_line_and_the_exit_code_is_1(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_stocklevel SET on_hand = on_hand + 1 WHERE on_hand = 10")
    ended = reship("audit")
    assert (ended.code, ended.out.count("\n")) == (1, 1)
    assert ended.out.startswith("ACME/TEE: on hand 11, allocated 0, but")
    told = reship("audit", "--json")
    assert (told.code, [violation["check"] for violation in told.json]) == (1, ["balance_is_sum_of_entries"])
