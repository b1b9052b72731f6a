"""More goods than the world has by itself, for pages that must not ask more for them."""

from collections.abc import Mapping

from reship.fulfilment.stock import Delivery, NewProduct, add_products, receive_stock
from tests.world import World

MANY = {f"SKU-{n:02}": 2 for n in range(30)}
"""An order of thirty lines."""


def stock_many(world: World, skus: Mapping[str, int]) -> None:
    """Ten of each lie in MAIN."""
    products = [NewProduct(sku, f"Thing {sku}") for sku in skus]
    add_products(products, client=world.acme, actor=world.otto, at=world.later())
    deliveries = [Delivery(sku, "MAIN", 10) for sku in skus]
    receive_stock(deliveries, client=world.acme, actor=world.pim, at=world.later())
