"""`reship receive`."""

import json
from pathlib import Path

from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from tests.cli.terminal import reship
from tests.world import World


def test_receive_answers_what_lies_there_now_and_does_it_once_per_key(world: World) -> None:
    asked = ("MUG", "5", "--client", "ACME", "--bin", "A-01", "--reason", "note 7", "--key", "K")
    first = reship("receive", *asked, "--json").json
    assert first == {
        "warehouse": "MAIN",
        "received": [{"sku": "MUG", "quantity": 5, "on_hand": 105, "available": 105, "served": []}],
        "replayed": False,
    }
    assert reship("receive", *asked).out == (
        "5 × MUG received: 105 on hand, 105 available.\nThis was done before, under the same key.\n"
    )
    assert world.stock("MUG") == Balance(105, 0)
    assert audit() == []


def test_receive_reads_a_list_and_takes_it_whole_or_not_at_all(world: World, tmp_path: Path) -> None:
    goods = tmp_path / "goods"
    goods.write_text("MUG\t5\nXXX\t1\n")
    refused = reship("receive", "--client", "ACME", "--file", str(goods), "--json")
    assert (refused.code, json.loads(refused.out)["code"]) == (1, "unknown_code")
    goods.write_text("MUG\t5\tA-01\nCUP\n")
    assert reship("receive", "--client", "ACME", "--file", str(goods), "--as", "pim@reship.example").code == 0
    assert (world.stock("MUG"), world.stock("CUP")) == (Balance(105, 0), Balance(101, 0))
    assert audit() == []


def test_receive_is_for_those_who_may_and_takes_one_product_or_a_file(world: World) -> None:
    refused = reship("receive", "MUG", "--client", "ACME", "--as", "dana@acme.example")
    assert (refused.code, refused.err.startswith("not_allowed: ")) == (1, True)
    assert reship("receive", "--client", "ACME").code == 2
    assert world.stock("MUG") == Balance(100, 0)
