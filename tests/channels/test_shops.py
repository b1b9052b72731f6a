"""Connecting a shop: what is refused, what is logged, and that its secrets are nowhere to be read."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django_scopes import scope

from reship.channels.models import Shop, ShopState
from reship.channels.shops import (
    ShopSecrets,
    ShopSettings,
    change_shop,
    connect_shop,
    disconnect_shop,
    pause_shop,
    resume_shop,
    shop_of,
    webhook_secret_of,
)
from reship.clients.account_log import find_events, wording
from reship.errors import Refusal
from tests.world import World

MUGS = ShopSettings("Mugs", "mugs.myshopify.com")
TOKEN = ShopSecrets({"token": "shpat_secret"}, "signing secret")
DEED: dict[str, Any] = {"address": "192.0.2.1"}


def connect(world: World, wanted: ShopSettings = MUGS, given: ShopSecrets = TOKEN, **more: Any) -> Shop:
    by: dict[str, Any] = {"client": world.acme, "actor": world.mara, "at": world.later()} | DEED | more
    return connect_shop(by.pop("kind", "shopify"), wanted, given, **by)


CANNOT_BE: list[tuple[str, str | None, dict[str, Any]]] = [
    ("invalid_shop", "kind", {"kind": "magento"}),
    ("invalid_shop", "address", {"wanted": replace(MUGS, address="mugs.example")}),
    ("invalid_shop", "address", {"wanted": replace(MUGS, address="http://127.0.0.1")}),
    ("invalid_shop", "address", {"wanted": replace(MUGS, address="mugs.myshopify.com.evil.example")}),
    ("invalid_shop", "address", {"kind": "woocommerce", "wanted": replace(MUGS, address="http://mugs.example")}),
    ("invalid_shop", "address", {"kind": "woocommerce", "wanted": replace(MUGS, address="https://10.0.0.1")}),
    ("invalid_shop", "address", {"kind": "woocommerce", "wanted": replace(MUGS, address="https://a:b@mugs.example")}),
    ("invalid_shop", "address", {"kind": "woocommerce", "wanted": replace(MUGS, address="https://mugs.example/?a=1")}),
    ("invalid_shop", "credentials", {"given": ShopSecrets({}, "s")}),
    ("invalid_shop", "credentials", {"given": ShopSecrets({"client_id": "only"}, "s")}),
    ("invalid_shop", "credentials", {"given": ShopSecrets({"token": "a\nb"}, "s")}),
    ("invalid_shop", "webhook_secret", {"given": ShopSecrets({"token": "t"})}),
    ("invalid_shop", "methods", {"wanted": replace(MUGS, methods="Standard")}),
    ("invalid_shop", "number_prefix", {"wanted": replace(MUGS, number_prefix="a/b")}),
    ("invalid_text", "name", {"wanted": replace(MUGS, name=" ")}),
    ("unknown_warehouse", None, {"wanted": replace(MUGS, warehouse="NOWHERE")}),
]  # fmt: skip


def test_what_cannot_be_a_shop_is_refused_with_its_field(world: World) -> None:
    for code, about, changes in CANNOT_BE:
        with pytest.raises(Refusal) as refusal:
            connect(world, **changes)
        assert (refusal.value.code, refusal.value.figures.get("field")) == (code, about), changes
    with scope(client=world.acme.pk):
        assert not Shop.objects.exists()


def test_a_shop_is_connected_once_and_again_after_it_was_disconnected(world: World) -> None:
    shop = connect(world)
    with pytest.raises(Refusal, match="shop_exists"):
        connect(world, replace(MUGS, address="https://Mugs.MyShopify.com/"))
    connect(world, client=world.other, actor=world.wren)
    disconnect_shop(shop.public_id, client=world.acme, actor=world.mara, at=world.later(), **DEED)
    again = connect(world)
    assert again.public_id != shop.public_id
    with pytest.raises(Refusal, match="shop_not_found"):
        shop_of(shop.public_id, client=world.acme)


def test_whoever_may_not_connects_and_changes_no_shop(world: World) -> None:
    shop = connect(world)
    deeds: list[Callable[..., object]] = [
        partial(connect_shop, "shopify", MUGS, TOKEN),
        partial(change_shop, shop.public_id, MUGS, TOKEN),
        *(partial(deed, shop.public_id) for deed in (pause_shop, resume_shop, disconnect_shop)),
    ]
    for actor, deed in itertools.product((world.vic, world.dana, world.pim, world.wren), deeds):
        with pytest.raises(Refusal) as refusal:
            deed(client=world.acme, actor=actor, at=world.later(), **DEED)
        assert refusal.value.code == ("client_not_found" if actor == world.wren else "not_allowed")
    with pytest.raises(Refusal, match="shop_not_found"):
        pause_shop(shop.public_id, client=world.other, actor=world.wren, at=world.later(), **DEED)


def test_secrets_are_sealed_and_told_nobody(world: World) -> None:
    shop = connect(world)
    change_shop(
        shop.public_id,
        replace(MUGS, name="Mugs & more", methods="Standard = Post\nA = B = Courier"),
        ShopSecrets({"token": "shpat_other"}, "another signing secret"),
        client=world.acme,
        actor=world.mara,
        at=world.later(),
        **DEED,
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM channels_shop")
        stored = str(cursor.fetchall())
    events = find_events(client_ids=[world.acme.pk], limit=9).rows
    told = stored + repr(shop) + repr(TOKEN) + str([event.facts for event in events])
    assert not [secret for secret in ("shpat", "signing secret") if secret in told]
    assert [wording(event) for event in events][::-1] == [
        "connected the shop Mugs (mugs.myshopify.com) to Acme (ACME)",
        "changed the shop Mugs & more (mugs.myshopify.com) of Acme (ACME)",
    ]
    changed = shop_of(shop.public_id, client=world.acme)
    assert changed.methods == {"Standard": "Post", "A = B": "Courier"}
    assert webhook_secret_of(changed) == "another signing secret"


def test_keys_never_go_to_a_new_address_by_themselves(world: World) -> None:
    shop = connect(world)
    elsewhere = replace(MUGS, address="evil.myshopify.com")
    by: dict[str, Any] = {"client": world.acme, "actor": world.mara, "at": world.later()} | DEED
    with pytest.raises(Refusal) as refusal:
        change_shop(shop.public_id, elsewhere, ShopSecrets(), **by)
    assert (refusal.value.code, refusal.value.figures["field"]) == ("invalid_shop", "credentials")
    assert change_shop(shop.public_id, elsewhere, TOKEN, **by).address == "evil.myshopify.com"


def test_a_paused_shop_that_is_changed_stays_paused(world: World) -> None:
    shop = connect(world)
    by: dict[str, Any] = {"client": world.acme, "actor": world.mara} | DEED
    for _ in range(2):
        pause_shop(shop.public_id, at=world.later(), **by)
    change_shop(shop.public_id, MUGS, TOKEN, at=world.later(), **by)
    assert shop_of(shop.public_id, client=world.acme).state == ShopState.PAUSED
    assert resume_shop(shop.public_id, at=world.later(), **by).state == ShopState.CONNECTED
    told = [event.what for event in find_events(client_ids=[world.acme.pk], limit=9).rows]
    assert told[::-1] == ["shop_connected", "shop_paused", "shop_changed", "shop_resumed"]
