"""The whole file, checked as it will be placed, before anything is written."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django_scopes import scope

from reship import intake
from reship.catalog.models import Product
from reship.clients.models import Client
from reship.errors import Refusal
from reship.fulfilment.new_client import default_warehouse_code
from reship.fulfilment.place_order import NewOrder, clean_order, order_exists, unknown_item
from reship.fulfilment.refusals import not_enough_available
from reship.imports.account import Account
from reship.imports.rows import ReadOrder, in_chunks, in_line
from reship.imports.source import Source
from reship.inventory.models import StockLevel
from reship.orders.models import Order

ORDERS_IN_A_LOOK = 500


@dataclass(slots=True)
class Survey:
    """The account that a run would give now, and the products that the client does not have yet.

    `new_products` has the name that the file gives a product, and the line of the first order with it, by SKU.
    """

    account: Account = field(default_factory=Account)
    new_products: dict[str, tuple[str, int]] = field(default_factory=dict)


def survey(source: Source, client: Client | None) -> Survey:
    """Reads and checks every order; `client` is None when it is still to be made.

    Refuses, each with the line: what the format refuses, and what `clean_order` does. What depends on the client's
    orders and stock is in the account.
    """
    found = Survey()
    known = _Known(client)
    # What is wrong with one order of a shop stops no other.
    refuses_unknown = source.format.of_shop and not source.request.create_products
    for chunk in in_chunks(source.orders("Checking"), orders=ORDERS_IN_A_LOOK):
        # Those of a shop were cleaned when they were read.
        orders = [
            (read, read.order if source.format.of_shop else cleaned(read, read.order))
            for read in chunk
            if read.order is not None
        ]
        found.account.read(chunk)
        known.look_up(order for _, order in orders)
        for read, order in orders:
            if order.number in known.numbers:
                refusal: Refusal | None = order_exists(order.number)
            else:
                refusal = known.take(order, brings_goods=source.brings_goods, refuses_unknown=refuses_unknown)
                if not refuses_unknown:
                    _note_new_products(found, known, read, order)
            found.account.place(read, refusal)
    found.account.products_made = len(found.new_products)
    return found


def refuse_new_products(found: Survey) -> None:
    """Refuses `unknown_item` with the first line that needs a product that is not there, and how many there are."""
    if not found.new_products:
        return
    sku, (_, line) = next(iter(found.new_products.items()))
    raise Refusal(
        "unknown_item",
        f"The order in line {line} needs {intake.shown(sku)}, which is no product yet; in all, "
        f"{len(found.new_products):,} SKUs are unknown. --create-products makes them.",
        line=line,
        sku=intake.shown(sku),
        unknown=len(found.new_products),
    )


def cleaned(read: ReadOrder, order: NewOrder) -> NewOrder:
    """The order as it will be placed. Refuses what `clean_order` does, with the line."""
    try:
        return clean_order(order)
    except Refusal as refusal:
        raise in_line(read.line, refusal) from refusal


def _note_new_products(found: Survey, known: "_Known", read: ReadOrder, order: NewOrder) -> None:
    for line in order.lines:
        if line.sku not in known.available:
            name, first_line = found.new_products.get(line.sku, ("", read.line))
            found.new_products[line.sku] = (name or line.description, first_line)


class _Known:
    """What is in the database of what the file names; stock is taken on paper."""

    def __init__(self, client: Client | None) -> None:
        self._client = client
        self._warehouse = default_warehouse_code()
        self._looked_up: set[str] = set()
        self.numbers: set[str] = set()
        self.available: dict[str, int] = {}
        """Units by SKU, of the products that there are."""

    def look_up(self, orders: Iterable[NewOrder]) -> None:
        """Asks for the next few orders' numbers and SKUs, of which those before them are forgotten and kept."""
        named = list(orders)
        skus = {line.sku for order in named for line in order.lines} - self._looked_up
        self._looked_up |= skus
        self.numbers = set()
        if self._client is None:
            return
        with scope(client=self._client.pk):
            numbers = Order.objects.filter(number__in=[order.number for order in named])
            self.numbers.update(numbers.values_list("number", flat=True))
            products = Product.objects.filter(sku__in=sorted(skus)).values_list("sku", flat=True)
            self.available |= dict.fromkeys(products, 0)
            levels = StockLevel.objects.filter(product__sku__in=sorted(skus), warehouse__code=self._warehouse)
            for level in levels.select_related("product"):
                self.available[level.product.sku] = level.available

    def take(self, order: NewOrder, *, brings_goods: bool, refuses_unknown: bool) -> Refusal | None:
        """Takes an order's units, but for those that left and come with it; or says which SKU it cannot have."""
        asked: dict[str, int] = {}
        for line in order.lines:
            if refuses_unknown and line.sku not in self.available:
                return unknown_item(line.sku)
            if not (brings_goods and order.has_left(line.parcel)):
                asked[line.sku] = asked.get(line.sku, 0) + int(line.quantity)
        for sku, quantity in asked.items():
            available = self.available.get(sku, 0)
            if quantity > available:
                return not_enough_available(sku, asked=quantity, available=available, warehouse=self._warehouse)
        for sku, quantity in asked.items():
            self.available[sku] -= quantity
        return None
