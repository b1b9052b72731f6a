"""Receiving by scan and by list: all or nothing, once, into a bin, and to those who wait."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django_scopes import scope

from reship.errors import Refusal
from reship.fulfilment.edit_product import ProductEdit, edit_product
from reship.fulfilment.models import RequestKey
from reship.fulfilment.receive import Goods, Receipt, Received, goods_of_text, receive_goods
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.inventory.models import LedgerEntry, StockLevel
from tests.databases import RealDatabase
from tests.parallel import in_threads
from tests.world import NINE, World, make_world, refused, reship_request


def receive(world: World, goods: Sequence[Goods], *, warehouse: str = "MAIN", **more: Any) -> Receipt:
    return receive_goods(goods, warehouse=warehouse, client=world.acme, actor=world.pim, at=world.later(), **more)


def bin_of(world: World, sku: str) -> str:
    with scope(client=world.acme.pk):
        return StockLevel.objects.get(product__sku=sku, warehouse__code="MAIN").bin


def test_goods_are_received_by_barcode_into_their_bin(world: World) -> None:
    edit_product(ProductEdit("HAT", barcode="4006381333931"), client=world.acme, actor=world.pim, at=world.later())
    receipt = receive(world, [Goods("4006381333931", "5", "A-01")], reason="note 7")
    assert receipt == Receipt((Received("HAT", 5, 5, 5, ()),), replayed=False)
    assert bin_of(world, "HAT") == "A-01"
    receive(world, [Goods("HAT", 1)])
    assert (bin_of(world, "HAT"), world.stock("HAT")) == ("A-01", Balance(6, 0))
    with scope(client=world.acme.pk):
        assert LedgerEntry.objects.get(reason="note 7").on_hand_change == 5
    assert audit() == []


def test_the_receipt_names_who_waited_for_the_goods(world: World) -> None:
    world.place("1042", TEE=10)
    world.ship("1042-1")
    world.send(replace(reship_request("1042"), wait_for_stock=True))
    receipt = receive(world, [Goods("TEE", 12), Goods("MUG", 1)])
    assert (receipt.served, receipt.units) == (["1042-R1"], 13)
    assert receipt.received[0] == Received("TEE", 12, 12, 2, ("1042-R1",))
    assert audit() == []


def test_a_request_that_is_sent_twice_receives_once(world: World) -> None:
    first = receive(world, [Goods("MUG", 5)], key="K")
    again = receive(world, [Goods("MUG", 5)], key="K")
    assert (first.replayed, again.replayed, again.received) == (False, True, first.received)
    with refused("request_key_reused", key="K"):
        receive(world, [Goods("MUG", 6)], key="K")
    assert world.stock("MUG") == Balance(105, 0)
    assert audit() == []


@pytest.mark.parametrize(
    ("goods", "code"),
    [
        ([], "nothing_selected"),
        ([Goods("MUG", 1)] * 501, "too_many_rows"),
        ([Goods("MUG", 1), Goods("XXX", 1)], "unknown_code"),
        ([Goods("MUG", 1), Goods("", 1)], "invalid_text"),
        ([Goods("MUG", 1), Goods("CUP", "1.5")], "invalid_quantity"),
        ([Goods("MUG", 1, "b" * 41)], "invalid_text"),
        ([Goods("MUG", 1), Goods("CUP\0", 1)], "invalid_text"),
    ],
)
def test_of_goods_that_cannot_be_received_nothing_is(world: World, goods: list[Goods], code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        receive(world, goods, key="K")
    assert refusal.value.code == code
    assert refusal.value.message.startswith("Line 2: ") == (len(goods) == 2)
    assert world.stock("MUG") == Balance(100, 0)
    with scope(client=world.acme.pk):
        assert not RequestKey.objects.exists()
    assert audit() == []


def test_the_same_product_may_be_on_several_lines(world: World) -> None:
    receive(world, [Goods("MUG", 2), Goods("CUP", 1), Goods("MUG", 3)])
    assert (world.stock("MUG"), world.stock("CUP")) == (Balance(105, 0), Balance(101, 0))
    assert audit() == []


def test_a_list_is_read_line_by_line() -> None:
    text = "MUG\t2\tA-01\r\nCUP; 3\n\n  TEE  \nHAT,4,,more\n"
    assert goods_of_text(text) == [
        Goods("MUG", "2", "A-01"),
        Goods("CUP", "3", ""),
        Goods("TEE", "1", ""),
        Goods("HAT", "4", ""),
    ]


def test_a_strangers_key_and_goods_are_their_own(world: World) -> None:
    receive(world, [Goods("MUG", 5)], key="K")
    with pytest.raises(Refusal) as refusal:
        receive_goods(
            [Goods("MUG", 5)], warehouse="MAIN", key="K", client=world.acme, actor=world.wren, at=world.later()
        )
    assert refusal.value.code == "client_not_found"


def test_a_double_click_at_one_instant_receives_once(real_database: RealDatabase) -> None:
    world = make_world()
    click = partial(
        receive_goods, [Goods("MUG", 5)], warehouse="MAIN", key="K", client=world.acme, actor=world.pim, at=NINE
    )
    answers = in_threads([click] * 4)
    assert sorted(answer.replayed for answer in answers if isinstance(answer, Receipt)) == [False, True, True, True]
    assert world.stock("MUG") == Balance(105, 0)
    assert audit() == []
