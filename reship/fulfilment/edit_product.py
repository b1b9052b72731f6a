"""What the warehouse and the client keep of a product: its barcode, its bin in each warehouse, what a unit costs."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.db import IntegrityError, transaction
from django_scopes import scope

from reship import intake
from reship.catalog.models import Product
from reship.clients.access import Actor, not_allowed, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.retry import one_transaction
from reship.errors import Refusal
from reship.fulfilment.desk import Desk, at_desk
from reship.fulfilment.items import known_warehouses, unknown_warehouse
from reship.fulfilment.receive import LONGEST_BIN
from reship.fulfilment.stock import NewProduct, add_product
from reship.inventory.ledger import Place
from reship.inventory.models import StockLevel

LONGEST_BARCODE = 60
_MOST_COST = Decimal(10) ** 10


@dataclass(frozen=True, slots=True)
class ProductEdit:
    """What shall be kept of a product; None leaves it as it is. `bins` are by the codes of warehouses.

    `unit_cost` is in the client's currency, with a point and at most four decimals.
    """

    sku: str
    barcode: str | None = None
    bins: tuple[tuple[str, str], ...] = ()
    unit_cost: str | None = None


def edit_product(edit: ProductEdit, *, client: Client, actor: Actor, at: datetime) -> Product:
    """Refuses `not_allowed` (costs are for those who may see them, the rest for the warehouse), `unknown_item`,
    `unknown_warehouse`, `invalid_text`, `invalid_price`, and `barcode_taken` when another product has this barcode, or
    has it as its SKU.
    """

    def work(desk: Desk) -> Product:
        if edit.barcode is not None or edit.bins:
            require(actor, Right.WAREHOUSE_WORK)
        if edit.unit_cost is not None and not may_see_costs(actor):
            raise not_allowed(actor, Right.SEE_COSTS)
        sku = intake.text(edit.sku, field="SKU", longest=60)
        product = Product.objects.select_for_update(no_key=True).filter(sku=sku).first()
        if product is None:
            raise Refusal("unknown_item", f"There is no product {intake.shown(sku)}.", sku=intake.shown(sku))
        places = _bins(desk, product, edit)
        if edit.barcode is not None:
            product.barcode = _barcode(product, edit.barcode)
        if edit.unit_cost is not None:
            product.unit_cost = _cost(edit.unit_cost)
        try:
            with transaction.atomic():
                Product.objects.filter(pk=product.pk).update(barcode=product.barcode, unit_cost=product.unit_cost)
        except IntegrityError as error:  # Somebody else gave it to another product at the same instant.
            raise _barcode_taken(product.barcode, "Another product") from error
        if places:
            # The levels are made where nothing lay before, and locked as every writer of them locks them.
            desk.ledger.open(places)
            for place, name in places.items():
                levels = StockLevel.objects.filter(product_id=place.product_id, warehouse_id=place.warehouse_id)
                levels.update(bin=name)
        return product

    return at_desk(work, client=client, actor=actor, at=at)


def make_product(sku: str, *, name: str = "", barcode: str = "", client: Client, actor: Actor, at: datetime) -> Product:
    """A product that nobody knew, with the barcode that was scanned; one that is there gets the barcode only.

    Refuses as `add_products`, and `edit_product` of the barcode.
    """

    def work() -> Product:
        with transaction.atomic():
            product = add_product(NewProduct(sku, name), client=client, actor=actor, at=at)
            edit = ProductEdit(product.sku, barcode=barcode or None)
            return edit_product(edit, client=client, actor=actor, at=at) if barcode else product

    with scope(client=client.pk):
        return one_transaction(work)


def may_see_costs(actor: Actor) -> bool:
    return actor.may(Right.SEE_COSTS)


def _bins(desk: Desk, product: Product, edit: ProductEdit) -> dict[Place, str]:
    buildings = known_warehouses(code for code, _ in edit.bins)
    places = {}
    for code, name in edit.bins:
        if code not in buildings:
            raise unknown_warehouse(code)
        places[Place(product.pk, buildings[code].pk)] = intake.text(name, field="bin", longest=LONGEST_BIN)
    return places


def _barcode(product: Product, given: str) -> str:
    barcode = intake.text(given, field="barcode", longest=LONGEST_BARCODE)
    if not barcode or barcode == product.barcode:
        return barcode
    others = Product.objects.exclude(pk=product.pk)
    taken = others.filter(barcode=barcode).first() or others.filter(sku=barcode).first()
    if taken is not None:
        raise _barcode_taken(barcode, taken.sku)
    return barcode


def _barcode_taken(barcode: str, sku: str) -> Refusal:
    return Refusal(
        "barcode_taken",
        f"{sku} is already what {intake.shown(barcode)} stands for.",
        sku=sku,
        given=intake.shown(barcode),
    )


def _cost(given: str) -> Decimal:
    text = given.strip(" \t")
    try:
        cost = Decimal(text) if len(text) <= 20 and set(text) <= set("0123456789.") else None
    except InvalidOperation:
        cost = None
    if cost is None or not 0 <= cost < _MOST_COST or cost != cost.quantize(Decimal("0.0001")):
        raise Refusal(
            "invalid_price",
            f"A unit's cost is a number such as 12.50, with at most four decimals, not {intake.shown(given)}.",
            given=intake.shown(given),
        )
    return cost
