"""Small files of shops in their real layouts, made by hand; all people are invented."""

import csv
import io
from collections.abc import Mapping, Sequence

from bench.shop_exports import ADVANCED, SHOPIFY, WEBTOFFEE

JANE = {
    "Email": "jane@example.com",
    "Financial Status": "paid",
    "Fulfillment Status": "fulfilled",
    "Fulfilled at": "2026-02-03 09:00:00 -0500",
    "Currency": "USD",
    "Shipping Method": "Standard",
    "Shipping Name": "Jane Sample",
    "Shipping Street": "1 Sample Lane, Flat 2",
    "Shipping Address1": "1 Sample Lane",
    "Shipping Address2": "Flat 2",
    "Shipping City": "Boston",
    "Shipping Zip": "'02138",
    "Shipping Province": "MA",
    "Shipping Country": "US",
    "Shipping Phone": "'+15555550100",
}
MUGS = {
    "Created at": "2026-02-01 23:30:00 -0500",
    "Lineitem quantity": "2",
    "Lineitem name": "Mug - Blue",
    "Lineitem price": "9.50",
    "Lineitem sku": "MUG",
    "Lineitem requires shipping": "true",
    "Lineitem fulfillment status": "fulfilled",
}
CUP = {**MUGS, "Lineitem quantity": "1", "Lineitem name": "Cup", "Lineitem price": "4.00", "Lineitem sku": "CUP"}

PAUL = {
    "order_number": "77",
    "order_date": "2026-02-01 10:00:00",
    "status": "completed",
    "order_currency": "EUR",
    "shipping_method": "Flat rate",
    "customer_email": "paul@example.com",
    "billing_first_name": "Paul",
    "billing_last_name": "Muster",
    "billing_phone": "+4955512345",
    "billing_address_1": "Musterweg 3",
    "billing_city": "Leipzig",
    "billing_postcode": "04109",
    "billing_country": "DE",
}
ANNA = {
    "Order Number": "88",
    "Order Status": "Completed",
    "Order Date": "2026-02-01 10:00",
    "First Name (Billing)": "Anna",
    "Last Name (Billing)": "Voorbeeld",
    "Address 1&2 (Shipping)": "Kade 4",
    "City (Shipping)": "'s-Hertogenbosch",
    "Country Code (Shipping)": "NL",
    "Order Currency": "EUR",
    "SKU": "MUG",
    "Item Name": "Mug",
    "Quantity (- Refund)": "1",
    "Item Cost": "9.5",
}


def shopify(*rows: Mapping[str, str]) -> str:
    return _file(SHOPIFY, rows)


def order(name: str, *items: Mapping[str, str], **of_order: str) -> list[dict[str, str]]:
    """The rows of one of Shopify's orders: what belongs to the order stands in the first; `_` is a space in names."""
    said = {key.replace("_", " "): value for key, value in of_order.items()}
    first, *others = ({"Name": name, "Email": JANE["Email"], **item} for item in items)
    return [{**JANE, **first, **said}, *others]


def webtoffee(*rows: Mapping[str, str]) -> str:
    return _file(WEBTOFFEE, rows)


def advanced(*rows: Mapping[str, str], columns: Sequence[str] = ADVANCED) -> str:
    return _file(columns, rows)


def item(sku: str, quantity: int | str = 1, total: str = "9.50", name: str = "Mug") -> str:
    return f"name:{name}|product_id:7|sku:{sku}|quantity:{quantity}|total:{total}|sub_total:{total}|meta:colour:blue"


def _file(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
