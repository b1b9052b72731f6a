"""The products of a client: the questions of every door."""

from django.db.models import Q
from django_scopes import scope

from reship import intake
from reship.catalog.models import Product
from reship.clients.models import Client
from reship.database.keyset import Cursor, Keyset, Part
from reship.database.search import part_spellings, whole_spellings
from reship.errors import Refusal

LONGEST_SEARCH = 200
_BY_SKU = Keyset("sku", "sku", str)


def find_products(client: Client, *, search: str = "", limit: int, after: Cursor | None = None) -> Part[Product]:
    """Products sorted by SKU; `search` is a part of a SKU or of a name.

    One statement. Refuses `invalid_cursor`, `invalid_text`.
    """
    with scope(client=client.pk):
        products = Product.objects.all()
        cleaned = intake.text(search, field="search", longest=LONGEST_SEARCH)
        if cleaned:
            products = products.filter(named(cleaned))
        return _BY_SKU.part_of(products, limit=limit, after=after)


def product_of(client: Client, sku: str) -> Product:
    """Refuses `product_not_found`."""
    with scope(client=client.pk):
        product = Product.objects.filter(sku=sku).first() if intake.can_be_stored(sku) else None
    if product is None:
        raise Refusal("product_not_found", f"There is no product {intake.named(sku)}.", sku=intake.named(sku))
    return product


def named(search: str, *, product: str = "") -> Q:
    """Products with this in their SKU or name; `product` is the way there from what is looked for, such as `product__`.

    A SKU that is written whole goes by the index.
    """
    found = Q(**{f"{product}sku__in": whole_spellings(search)})
    for spelling in part_spellings(search):
        found |= Q(**{f"{product}sku__icontains": spelling}) | Q(**{f"{product}name__icontains": spelling})
    return found
