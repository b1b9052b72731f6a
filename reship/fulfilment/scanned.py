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
    """The client's products among these clean codes, each a SKU or a barcode.

    One statement, and one more for what is no SKU: asked for both at once, a database would look through all products.
    A barcode is never the SKU of another product (`edit_product` sees to it); were it so, the SKU would win.
    """
    wanted = set(codes)
    found = {product.sku: product for product in Product.objects.filter(sku__in=sorted(wanted))} if wanted else {}
    left = sorted(wanted - found.keys())
    if left:
        scanned = Product.objects.filter(~Q(barcode=""), barcode__in=left)
        found.update({product.barcode: product for product in scanned})
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

    One statement, and one more for what is no number. Of several parcels with one tracking number the one that was
    opened last is meant.
    """
    wanted = set(codes)
    if not wanted:
        return {}
    numbers = Shipment.objects.filter(number__in=sorted(wanted)).values_list("number", flat=True)
    found = {number: number for number in numbers}
    left = sorted(wanted - found.keys())
    if left:
        tracked = Shipment.objects.filter(~Q(tracking_number=""), tracking_number__in=left)
        rows = tracked.order_by("opened_at", "pk").values_list("tracking_number", "number")
        found.update(dict(rows))
    return found


def unknown_parcel(code: str) -> Refusal:
    return Refusal(
        "unknown_parcel", f"No parcel has the number or tracking number {intake.shown(code)}.", given=intake.shown(code)
    )
