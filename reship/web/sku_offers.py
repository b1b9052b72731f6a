"""SKUs to choose from while one is typed, with what of each is available."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q
from django_scopes import scope

from reship.catalog.models import Product, Warehouse
from reship.clients.models import Client
from reship.inventory.ledger import Place, levels_at

SKUS_OFFERED = 20
LONGEST = 60


@dataclass(frozen=True, slots=True)
class SkuOffer:
    """A SKU to choose; `available` says where how many units are."""

    sku: str
    name: str
    available: str


def sku_offers(client: Client, typed: str, warehouses: Sequence[Warehouse]) -> list[SkuOffer]:
    """Products whose SKU begins so, or whose name contains it. With several warehouses, each is named."""
    wanted = typed[:LONGEST].strip()
    if not (wanted and wanted.isprintable()):
        return []
    with scope(client=client.pk):
        matching = Product.objects.filter(Q(sku__istartswith=wanted) | Q(name__icontains=wanted))
        products = list(matching.order_by("sku", "pk")[:SKUS_OFFERED])
        places = [Place(product.pk, warehouse.pk) for product in products for warehouse in warehouses]
        levels = levels_at(client.pk, places)
    offers = []
    for product in products:
        told = []
        for warehouse in warehouses:
            level = levels.get(Place(product.pk, warehouse.pk))
            name = f" in {warehouse.code}" if len(warehouses) > 1 else ""
            told.append(f"{level.available if level else 0:,} available{name}")
        offers.append(SkuOffer(product.sku, product.name, ", ".join(told)))
    return offers
