"""Items that somebody chose from a shipment: SKUs and quantities, checked against its lines."""

from collections.abc import Iterable

from reship import intake
from reship.catalog.models import Product, Warehouse
from reship.errors import Refusal
from reship.fulfilment.facts import LineFacts, ShipmentFacts


def chosen_items(of_shipment: ShipmentFacts, items: Iterable[tuple[str, int | str]]) -> list[tuple[LineFacts, int]]:
    """The lines that the SKUs name, with whole quantities, in the shipment's order of lines.

    Refuses `nothing_selected`, `unknown_item`, `invalid_quantity`, `duplicate_item`.
    """
    number = of_shipment.shipment.number
    by_sku = {line.line.sku: line for line in of_shipment.units}
    chosen: dict[str, tuple[LineFacts, int]] = {}
    for given, asked in items:
        sku = intake.text(given, field="SKU", longest=60)
        line = by_sku.get(sku)
        if line is None:
            raise Refusal(
                "unknown_item",
                f"{intake.shown(sku)} is not among the items of {number}.",
                shipment=number,
                sku=sku,
                known=sorted(by_sku),
            )
        quantity = intake.quantity(asked, sku=sku)
        if sku in chosen:
            raise Refusal("duplicate_item", f"{sku} is named twice.", shipment=number, sku=sku)
        chosen[sku] = (line, quantity)
    if not chosen:
        raise Refusal("nothing_selected", "Select at least one item.", shipment=number)
    return sorted(chosen.values(), key=lambda choice: choice[0].line.position)


def known_products(skus: Iterable[str]) -> dict[str, Product]:
    """The client's products among these SKUs, by SKU; one statement. What cannot be a SKU is no product."""
    asked = set()
    for sku in skus:
        try:
            asked.add(intake.text(sku, field="SKU", longest=60))
        except Refusal:
            continue  # Refused in words, with its request, where each item is checked.
    return {product.sku: product for product in Product.objects.filter(sku__in=sorted(asked))} if asked else {}


def known_warehouse(code: str) -> Warehouse:
    """Refuses `unknown_warehouse`."""
    warehouse = known_warehouses([code]).get(code)
    if warehouse is None:
        raise unknown_warehouse(code)
    return warehouse


def unknown_warehouse(code: str) -> Refusal:
    return Refusal("unknown_warehouse", f"There is no warehouse {intake.shown(code)}.", given=intake.shown(code))


def known_warehouses(codes: Iterable[str]) -> dict[str, Warehouse]:
    """The warehouses among these codes, by code; one statement."""
    asked = {code for code in codes if intake.can_be_stored(code)}
    return {warehouse.code: warehouse for warehouse in Warehouse.objects.filter(code__in=sorted(asked))}
