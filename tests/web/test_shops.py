"""Settings → Shops: connected, paused, changed, disconnected; and what a shop says and is told."""

import itertools
import json
from collections.abc import Callable
from urllib.parse import urlsplit

from django.test import Client as Visitor
from django_scopes import scope
from pytest_django import DjangoAssertNumQueries

from reship.channels.models import Shop, ShopMessage, ShopState
from reship.channels.registry import signature_of
from reship.channels.shops import ShopSecrets, ShopSettings, connect_shop
from reship.clients.access import Actor
from tests.channels.rows import add_shop_rows
from tests.channels.simulated import woocommerce_order
from tests.web.pages import Page
from tests.world import World

VisitAs = Callable[[Actor], Visitor]
SHOPS = "/clients/ACME/shops/"
TYPED = {"name": "Mugs & more", "address": "mugs.example", "key": "ck_secret", "secret": "cs_secret"}


def a_shop(world: World, name: str = "Mugs") -> Shop:
    settings, given = (
        ShopSettings(name, f"https://{name.lower()}.example"),
        ShopSecrets({"key": "ck_1", "secret": "cs_1"}),
    )
    at = world.later()
    return connect_shop("woocommerce", settings, given, client=world.acme, actor=world.mara, at=at, address="")


def test_a_manager_connects_a_shop_and_enters_what_the_page_says_there(world: World, visit_as: VisitAs) -> None:
    mara = visit_as(world.mara)
    form = Page(mara.get(f"{SHOPS}new/woocommerce/")).form(SHOPS)
    answer = form.send(mara, **TYPED)
    assert answer.status_code == 303
    page = Page(mara.get(answer["Location"]))
    hook, secret = page.one(id="hook-url")["value"], page.one(id="hook-secret")["value"]
    assert not [one for one in ("ck_secret", "cs_secret") if one in mara.get(answer["Location"]).text]
    body = json.dumps(woocommerce_order(77)).encode()
    headers = {"X-WC-Webhook-Signature": signature_of(body, secret), "X-WC-Webhook-Topic": "order.created"}
    said = Visitor().post(urlsplit(hook).path, body, content_type="application/json", headers=headers)
    assert (said.status_code, said.json()["outcome"]) == (200, "PLACED")
    assert "/orders/ACME/77/" in mara.get(answer["Location"]).text
    assert "connected the shop Mugs &amp; more (https://mugs.example)" in mara.get("/activity/").text


def test_a_refused_form_keeps_what_was_typed_but_no_secret(world: World, visit_as: VisitAs) -> None:
    mara = visit_as(world.mara)
    form = Page(mara.get(f"{SHOPS}new/shopify/")).form(SHOPS)
    answer = form.send(mara, name="Mugs", address="mugs.example", token="shpat_secret", webhook_secret="s3cret")
    assert answer.status_code == 422
    page = Page(answer)
    assert page.one(id="id_address")["value"] == "mugs.example"
    assert "is no name of a Shopify shop" in page.text
    assert not [one for one in ("shpat_secret", "s3cret") if one in answer.text]


def test_the_list_tells_how_each_shop_is(
    world: World, visit_as: VisitAs, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    mara = visit_as(world.mara)
    assert "No shop is connected" in mara.get(SHOPS).text
    world.place("1042", MUG=1)
    add_shop_rows(world, world.acme)
    with django_assert_num_queries(5):
        one = mara.get(SHOPS)
    shops = [a_shop(world), a_shop(world, "Cups")]
    with scope(client=world.acme.pk):
        for shop in shops:
            ShopMessage.objects.create(client=world.acme, shop=shop, message_id="1", at=world.now, outcome="REFUSED")
        Shop.objects.filter(pk=shops[0].pk).update(state=ShopState.BROKEN)
    with django_assert_num_queries(5):
        three = mara.get(SHOPS)
    assert "mugs.myshopify.com" in Page(one).text
    assert [word for word in ("Broken", "Refused", "cups.example", "WooCommerce") if word not in Page(three).text] == []


def test_a_shops_page_is_read_with_as_many_statements_whatever_it_said(
    world: World, visit_as: VisitAs, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    mara = visit_as(world.mara)
    world.place("1042", MUG=1)
    add_shop_rows(world, world.acme)
    with scope(client=world.acme.pk):
        shop = Shop.objects.get()
    with django_assert_num_queries(7):
        page = mara.get(f"{SHOPS}a/")
    assert [word for word in ("T1", "1042-1", "To be sent") if word not in Page(page).text] == []
    rows = [
        ShopMessage(client=world.acme, shop=shop, message_id=str(n), at=world.now, order_number="1042")
        for n in range(60)
    ]
    with scope(client=world.acme.pk):
        ShopMessage.objects.bulk_create(rows)
    with django_assert_num_queries(7):
        mara.get(f"{SHOPS}a/")


def test_a_shop_rests_goes_on_and_is_let_go(world: World, visit_as: VisitAs) -> None:
    mara, shop = visit_as(world.mara), a_shop(world)
    of_shop = f"{SHOPS}{shop.public_id}/"
    states = []
    for deed in ("pause", "resumption", "disconnection"):
        mara.post(f"{of_shop}{deed}/")
        with scope(client=world.acme.pk):
            states.append(Shop.objects.get().state)
    assert states == ["PAUSED", "CONNECTED", "DISCONNECTED"]
    assert mara.get(of_shop).status_code == 404


def test_another_clients_shop_looks_like_an_unknown_one(world: World, visit_as: VisitAs) -> None:
    wren, shop = visit_as(world.wren), a_shop(world)
    paths = ("", "changes/", "pause/", "resumption/", "disconnection/")
    for method, path in itertools.product((wren.get, wren.post), paths):
        answers = [method(f"/clients/OTHER/shops/{name}/{path}") for name in (shop.public_id, "ACME-nothing")]
        assert answers[0].status_code == answers[1].status_code
        assert answers[0].status_code in {404, 405}
