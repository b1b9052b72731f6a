"""What a scanner reads: the product or the parcel that a code stands for."""

from collections.abc import Iterable

from django.db.models import Q

from reship import intake
from reship.catalog.models import Product
from reship.errors import Refusal
from reship.orders.models import Shipment

LONGEST_CODE = 100


def clean_code(code: str) -> str:
    """A scanned code. Refuses `invalid_text` for an empty one, one that is too long, and control characters."""
    return intake.text(code, field="The code", longest=LONGEST_CODE, required=True)


def products_scanned(codes: Iterable[str]) -> dict[str, Product]:
    """The client's products among these clean codes, each a SKU or a barcode; one statement.

    A barcode is never the SKU of another product (`edit_product` sees to it); were it so, the SKU would win.
    """
    wanted = sorted(set(codes))
    found: dict[str, Product] = {}
    if not wanted:
        return found
    products = list(Product.objects.filter(Q(sku__in=wanted) | Q(barcode__in=wanted)).order_by("pk"))
    found.update({product.barcode: product for product in products if product.barcode in wanted})
    found.update({product.sku: product for product in products if product.sku in wanted})
    return found


def product_scanned(code: str) -> Product:
    """Refuses `invalid_text`, and `unknown_code` when no product of the client has this SKU or barcode."""
    clean = clean_code(code)
    product = products_scanned([clean]).get(clean)
    if product is None:
        raise unknown_code(clean)
    return product


def unknown_code(code: str) -> Refusal:
    return Refusal("unknown_code", f"Nothing has the SKU or barcode {intake.shown(code)}.", given=intake.shown(code))


def parcels_scanned(codes: Iterable[str]) -> dict[str, str]:
    """The numbers of the client's shipments among these clean codes, each such a number or a tracking number.

    One statement. Of several parcels with one tracking number the one that was opened last is meant.
    """
    wanted = sorted(set(codes))
    found: dict[str, str] = {}
    if not wanted:
        return found
    of_codes = Q(number__in=wanted) | Q(tracking_number__in=wanted)
    parcels = Shipment.objects.filter(of_codes).order_by("opened_at", "pk").values_list("number", "tracking_number")
    rows = list(parcels)
    found.update({tracking_number: number for number, tracking_number in rows if tracking_number in wanted})
    found.update({number: number for number, _ in rows if number in wanted})
    return found


def unknown_parcel(code: str) -> Refusal:
    return Refusal(
        "unknown_parcel", f"No parcel has the number or tracking number {intake.shown(code)}.", given=intake.shown(code)
    )
