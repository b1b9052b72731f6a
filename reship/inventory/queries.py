"""What lies where, and what moved it: the questions of the stock pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import F, Q
from django_scopes import scope, scopes_disabled

from reship import intake
from reship.catalog.models import Product
from reship.catalog.queries import LONGEST_SEARCH, named
from reship.clients.models import Client
from reship.database.keyset import Cursor, Keyset, Part
from reship.inventory.models import LedgerEntry, StockLevel


class StockState(StrEnum):
    """What a level's balances say."""

    AVAILABLE = "available"
    NOTHING_AVAILABLE = "nothing-available"
    ALLOCATED = "allocated"


@dataclass(frozen=True, slots=True)
class LevelFilter:
    """Which stock levels. `search` is a part of a SKU or of a product's name; `warehouse` is a code."""

    search: str = ""
    warehouse: str = ""
    state: StockState | None = None


def find_levels(
    wanted: LevelFilter, *, client_ids: Sequence[int] | None, limit: int, after: Cursor | None = None
) -> Part[StockLevel]:
    """Levels sorted by SKU, of these clients, or of all when `client_ids` is None: for the fulfilment company only.

    One statement. Each level has its product, warehouse and client at hand. Refuses `invalid_cursor`, `invalid_text`.
    """
    if client_ids is not None and len(set(client_ids)) == 1:
        with scope(client=client_ids[0]):
            return _levels(wanted, Q(), limit, after)
    with scopes_disabled():
        return _levels(wanted, Q() if client_ids is None else Q(client_id__in=sorted(client_ids)), limit, after)


def count_sheet(
    client: Client, *, warehouse: str, bin_prefix: str = "", limit: int, after: Cursor | None = None
) -> Part[StockLevel]:
    """The client's levels in a warehouse, sorted by bin, of those bins that begin so: what to walk along and count.

    One statement. Each level has its product at hand. Refuses `invalid_cursor`, `invalid_text`.
    """
    with scope(client=client.pk):
        levels = StockLevel.objects.filter(warehouse__code=warehouse).select_related("product", "warehouse")
        prefix = intake.text(bin_prefix, field="bin", longest=40)
        if prefix:
            levels = levels.filter(bin__startswith=prefix)
        return _BY_BIN.part_of(levels, limit=limit, after=after)


def level_of(client: Client, *, sku: str, warehouse: str) -> StockLevel:
    """The level of one product in one warehouse. Raises `StockLevel.DoesNotExist` where nothing of it ever lay."""
    with scope(client=client.pk):
        levels = StockLevel.objects.select_related("product", "warehouse", "client")
        return levels.get(product__sku=sku, warehouse__code=warehouse)


def levels_of(product: Product) -> list[StockLevel]:
    """Where a product lies or lay, by the warehouses' codes; one statement. Each level has its warehouse at hand."""
    with scope(client=product.client_id):
        levels = StockLevel.objects.filter(product=product).select_related("warehouse")
        return list(levels.order_by("warehouse__code", "pk"))


def ledger_of(level: StockLevel, *, limit: int, after: Cursor | None = None) -> Part[LedgerEntry]:
    """The entries of one level, newest first, with the shipment, order and reshipment that caused each.

    One statement. Refuses `invalid_cursor`.
    """
    with scope(client=level.client_id):
        entries = LedgerEntry.objects.filter(level_id=level.pk).select_related(
            "shipment_line__shipment__order", "reshipment__shipment"
        )
        return _BY_SEQUENCE.part_of(entries, limit=limit, after=after)


_BY_SKU = Keyset("sku", "product__sku", str)
_BY_BIN = Keyset("bin", "bin", str)
_BY_SEQUENCE = Keyset("sequence", "sequence", int, is_descending=True)


def _levels(wanted: LevelFilter, of_clients: Q, limit: int, after: Cursor | None) -> Part[StockLevel]:
    levels = StockLevel.objects.filter(of_clients).select_related("product", "warehouse", "client")
    search = intake.text(wanted.search, field="search", longest=LONGEST_SEARCH)
    if search:
        levels = levels.filter(named(search, product="product__"))
    if wanted.warehouse:
        known = intake.can_be_stored(wanted.warehouse)
        levels = levels.filter(warehouse__code=wanted.warehouse) if known else levels.none()
    if wanted.state is not None:
        levels = levels.filter(_STATES[wanted.state])
    return _BY_SKU.part_of(levels, limit=limit, after=after)


_STATES = {
    StockState.AVAILABLE: Q(on_hand__gt=F("allocated")),
    StockState.NOTHING_AVAILABLE: Q(on_hand=F("allocated")),
    StockState.ALLOCATED: Q(allocated__gt=0),
}
