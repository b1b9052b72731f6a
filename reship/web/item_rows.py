"""Refusals about items, and the row of a table that each is about."""

from reship import intake
from reship.errors import Refusal

OF_ITEMS = frozenset(
    {
        "nothing_selected",
        "unknown_item",
        "invalid_quantity",
        "invalid_price",
        "duplicate_item",
        "more_than_shipped",
        "already_reshipped",
        "already_added_back",
        "not_enough_available",
    }
)


def row_error(sku: str, quantity: str, refusal: Refusal | None) -> str:
    """The refusal when it is about this row. Of several quantities that are no numbers each says so at once."""
    if refusal is None:
        return ""
    if refusal.code == "invalid_quantity":
        try:
            intake.quantity(quantity, sku=sku)
        except Refusal as of_row:
            return of_row.message
        return ""
    is_about_it = refusal.figures.get("sku") in {sku.strip(), intake.shown(sku.strip())}
    return refusal.message if refusal.code in OF_ITEMS and is_about_it else ""


def table_error(refusal: Refusal | None, row_errors: list[str]) -> str:
    """A refusal about items that no row shows is shown at the table."""
    if refusal is None or any(row_errors):
        return ""
    is_about_items = refusal.code in OF_ITEMS or refusal.figures.get("field") == "SKU"
    return refusal.message if is_about_items else ""
