"""`reship shops`."""

from reship.channels.models import ShopState
from tests.channels.rows import add_shop_rows
from tests.cli.terminal import reship
from tests.world import World


def test_shops_tells_how_each_one_is_and_no_secret(world: World) -> None:
    assert reship("shops", "--client", "ACME").out == "No shop is connected.\n"
    world.place("1042", MUG=1)
    add_shop_rows(world, world.acme)
    (shop,) = reship("shops", "--client", "ACME", "--as", "mara@acme.example", "--json").json
    told = {name: shop[name] for name in ("name", "state", "refused_orders", "tracking_to_send")}
    assert told == {"name": "Mugs", "state": ShopState.CONNECTED, "refused_orders": 0, "tracking_to_send": 1}
    assert {"credentials", "webhook_secret", "public_id"} & shop.keys() == set()
    assert "mugs.myshopify.com" in reship("shops", "--client", "ACME").out


def test_shops_are_shown_to_those_who_may_connect_them(world: World) -> None:
    for email, code in (("dana@acme.example", "not_allowed"), ("wren@other.example", "client_not_found")):
        answer = reship("shops", "--client", "ACME", "--as", email, "--json")
        assert (answer.code, code in answer.out + answer.err) == (1, True)
