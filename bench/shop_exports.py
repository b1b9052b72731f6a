"""Made-up exports of shops in their real column layouts, as large as wished: `python -m bench.shop_exports --help`.

Nothing is drawn by chance: what an order is like follows from its number, so every run makes the same file, and knows
what has to become of each of its rows. All names are invented and all e-mail addresses lie in example domains.
"""

import argparse
import csv
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

FIRST_PLACED = datetime(2024, 11, 1, 8, tzinfo=UTC)
SKUS = 400
FIRST_NAMES = ("Ada", "Bo", "Cleo", "Dima", "Edda", "Femi", "Gül", "Hana", "Ivo", "Jun", "Kofi", "Léa", "Mei")
LAST_NAMES = ("Example", "Placeholder", "Sample", "Specimen", "Muster", "Ejemplo", "Exemple", "Voorbeeld", "Próbka")

_SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,"
    "Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,"
    "Lineitem fulfillment status,Billing Name,Billing Street,Billing Address1,Billing Address2,Billing Company,"
    "Billing City,Billing Zip,Billing Province,Billing Country,Billing Phone,Shipping Name,Shipping Street,"
    "Shipping Address1,Shipping Address2,Shipping Company,Shipping City,Shipping Zip,Shipping Province,"
    "Shipping Country,Shipping Phone,Notes,Note Attributes,Cancelled at,Payment Method,Payment Reference,"
    "Refunded Amount,Vendor,Outstanding Balance,Employee,Location,Device ID,Id,Tags,Risk Level,Source,"
    "Lineitem discount,Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value,Tax 3 Name,Tax 3 Value,Tax 4 Name,Tax 4 Value,"
    "Tax 5 Name,Tax 5 Value,Phone,Receipt Number,Duties,Billing Province Name,Shipping Province Name,Payment ID,"
    "Payment Terms Name,Next Payment Due At,Payment References"
)
SHOPIFY = next(csv.reader([_SHOPIFY]))
"""As Shopify's administration exports them: 79 columns."""

_SIDES = ("first_name", "last_name", "company", "email", "phone", "address_1", "address_2")
_PLACE = ("postcode", "city", "state", "country")
WEBTOFFEE = [
    *("order_id", "order_number", "order_date", "paid_date", "status", "shipping_total", "shipping_tax_total"),
    *("fee_total", "fee_tax_total", "tax_total", "cart_discount", "order_discount", "discount_total", "order_total"),
    *("order_subtotal", "order_key", "order_currency", "payment_method", "payment_method_title", "transaction_id"),
    *("customer_ip_address", "customer_user_agent", "shipping_method", "customer_id", "customer_user"),
    *("customer_email", *(f"billing_{part}" for part in (*_SIDES, *_PLACE))),
    *(f"shipping_{part}" for part in (*_SIDES, *_PLACE) if part != "email"),
    *("customer_note", "wt_import_key", "shipping_items", "fee_items", "tax_items", "coupon_items", "refund_items"),
    *("order_notes", "download_permissions", "line_item_1", "line_item_2", "line_item_3"),
]
ADVANCED = [
    *("Order Number", "Order Status", "Order Date", "Customer Note"),
    *(f"{part} (Billing)" for part in ("First Name", "Last Name", "Company", "Address 1&2", "City", "State Code")),
    *(f"{part} (Billing)" for part in ("Postcode", "Country Code", "Email", "Phone")),
    *(f"{part} (Shipping)" for part in ("First Name", "Last Name", "Address 1&2", "City", "State Code", "Postcode")),
    *("Country Code (Shipping)", "Order Currency", "Payment Method Title", "Cart Discount Amount"),
    *("Order Subtotal Amount", "Shipping Method Title", "Order Shipping Amount", "Order Refund Amount"),
    *("Order Total Amount", "Order Total Tax Amount", "SKU", "Item #", "Item Name", "Quantity (- Refund)"),
    *("Item Cost", "Coupon Code", "Discount Amount", "Discount Amount Tax"),
]


@dataclass
class Expected:
    """What has to become of the file's rows when its departed orders are imported and no goods lie there."""

    orders: int = 0
    rows: int = 0
    imported: int = 0
    merged: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def as_json(self) -> dict[str, object]:
        return {
            "orders_made": self.orders,
            "rows": {
                "read": self.rows,
                "imported": self.imported,
                "merged": self.merged,
                "left_out": dict(sorted((+self.left_out).items())),
            },
        }


@dataclass(frozen=True)
class Person:
    """Whoever ordered, and where it goes."""

    number: int

    @property
    def first_name(self) -> str:
        return FIRST_NAMES[self.number % len(FIRST_NAMES)]

    @property
    def last_name(self) -> str:
        return LAST_NAMES[self.number * 7 % len(LAST_NAMES)]

    @property
    def email(self) -> str:
        return f"customer{self.number % 20_000}@example.com"

    @property
    def street(self) -> str:
        return f"{self.number % 200 + 1} Sample Street"

    @property
    def zip(self) -> str:
        """With the leading zeros of Massachusetts."""
        return f"0{1001 + self.number % 1_700}"


def shopify(orders: int, expected: Expected) -> Iterator[dict[str, str]]:
    """One order in 25 was cancelled, one waits to be sent, one left in part; one of 10 rows needs no shipping."""
    for number in range(orders):
        who, at = Person(number), _placed(number)
        left, is_cancelled = number % 25 not in {7, 13}, number % 25 == 7
        is_partial = number % 25 == 19
        person = {
            **_shopify_side("Billing", who),
            **_shopify_side("Shipping", who),
            "Email": who.email,
            "Financial Status": "refunded" if is_cancelled else "paid",
            "Paid at": f"{at} -0500",
            "Fulfillment Status": "partial" if is_partial else "fulfilled" if left else "unfulfilled",
            "Fulfilled at": f"{at} -0500" if left else "",
            "Accepts Marketing": "no",
            "Currency": "USD",
            "Shipping Method": "Standard",
            "Notes": "Please ring twice,\nthe bell is slow." if number % 40 == 0 else "",
            "Cancelled at": f"{at} -0500" if is_cancelled else "",
            "Discount Code": "SPRING" if number % 5 == 0 else "",
            "Payment Method": "Shopify Payments",
            "Id": str(5_000_000_000_000 + number),
            "Risk Level": "Low",
            "Source": "web",
        }
        rows = [
            {
                "Name": f"#{1001 + number}",
                "Created at": f"{at} -0500",
                "Lineitem quantity": str(1 + (number + place) % 3),
                "Lineitem name": f"Thing {_sku(number, place)} - Blue",
                "Lineitem price": f"{10 + place}.50",
                "Lineitem sku": _sku(number, place),
                "Lineitem requires shipping": "true",
                "Lineitem taxable": "true",
                "Lineitem fulfillment status": "fulfilled" if left and not (is_partial and place) else "pending",
                "Lineitem discount": "1.50" if number % 5 == 0 else "0.00",
                "Vendor": "Acme",
            }
            for place in range(1 + (number % 3 if not is_partial else 1))
        ]
        if number % 10 == 3:
            rows.append(
                {**rows[0], "Lineitem name": "Gift card", "Lineitem sku": "", "Lineitem requires shipping": "false"}
            )
            expected.left_out["needs_no_shipping"] += 1
        if number % 10 == 4:  # The same once more, as when an order was edited.
            rows.append(rows[0])
        goods = len(rows) - (number % 10 == 3)
        expected.rows += len(rows)
        if is_cancelled:
            expected.left_out["cancelled"] += goods
        elif is_partial or not left:
            expected.left_out["not_enough_available"] += goods
        else:
            expected.orders += 1
            expected.merged += number % 10 == 4
            expected.imported += goods - (number % 10 == 4)
        yield person | rows[0]
        yield from ({"Email": who.email} | row for row in rows[1:])


def _shopify_side(side: str, who: Person) -> dict[str, str]:
    return {
        f"{side} Name": f"{who.first_name} {who.last_name}",
        f"{side} Street": who.street,
        f"{side} Address1": who.street,
        f"{side} City": "Sampleton",
        f"{side} Zip": f"'{who.zip}",
        f"{side} Province": "MA",
        f"{side} Country": "US",
        f"{side} Phone": f"'+1555{who.number:07}"[:13],
        f"{side} Province Name": "Massachusetts",
    }


def webtoffee(orders: int, expected: Expected) -> Iterator[dict[str, str]]:
    """A row per order. One order in 25 was cancelled, one is paid and waits to be sent."""
    for number in range(orders):
        who, status = Person(number), _woo_status(number)
        items = {
            f"line_item_{place + 1}": (
                f"name:Thing {_sku(number, place)}|product_id:{place + 7}|sku:{_sku(number, place)}"
                f"|quantity:{1 + (number + place) % 3}|total:{10 + place}.50|sub_total:{11 + place}.50|tax:0.84"
                '|tax_data:{"total":{"1":"0.84"}}|meta:pa_colour:blue'
            )
            for place in range(1 + number % 3)
        }
        yield {
            "order_id": str(number + 9_000),
            "order_number": str(number + 9_000),
            "order_date": _placed(number),
            "paid_date": f"{_placed(number).replace(' ', 'T')}+00:00",
            "status": status,
            "order_currency": "EUR",
            "shipping_method": "Flat rate",
            "customer_email": who.email,
            **_woo_side("billing", who),
            **_woo_side("shipping", who),
            "customer_note": "Ring twice,\nplease." if number % 40 == 0 else "",
            "order_notes": f"content:Order status changed; paid.|date:{_placed(number)}|customer:|added_by:system",
            "download_permissions": "1",
            **items,
        }
        expected.rows += 1
        _expect_woo(expected, status, 1)


def advanced(orders: int, expected: Expected) -> Iterator[dict[str, str]]:
    """A row per item, in which the order is repeated."""
    for number in range(orders):
        who, status = Person(number), _woo_status(number)
        for place in range(1 + number % 3):
            yield {
                "Order Number": str(number + 9_000),
                "Order Status": status.capitalize(),
                "Order Date": _placed(number)[:16],
                "First Name (Billing)": who.first_name,
                "Last Name (Billing)": who.last_name,
                "Address 1&2 (Billing)": who.street,
                "City (Billing)": "Sampleton",
                "State Code (Billing)": "MA",
                "Postcode (Billing)": who.zip.lstrip("0"),
                "Country Code (Billing)": "US",
                "Email (Billing)": who.email,
                "Phone (Billing)": f"1555{who.number:07}.0",
                "Order Currency": "USD",
                "Shipping Method Title": "Flat rate",
                "SKU": _sku(number, place),
                "Item #": str(place + 1),
                "Item Name": f"Thing {_sku(number, place)}",
                "Quantity (- Refund)": str(1 + (number + place) % 3),
                "Item Cost": f"{10 + place}.5",
            }
        expected.rows += 1 + number % 3
        _expect_woo(expected, status, 1 + number % 3)


def _woo_side(side: str, who: Person) -> dict[str, str]:
    return {
        f"{side}_first_name": who.first_name,
        f"{side}_last_name": who.last_name,
        f"{side}_phone": f"+49555{who.number:07}",
        f"{side}_address_1": who.street,
        f"{side}_postcode": who.zip,
        f"{side}_city": "Musterstadt",
        f"{side}_country": "DE",
    }


def _woo_status(number: int) -> str:
    return {7: "cancelled", 13: "processing"}.get(number % 25, "completed")


def _expect_woo(expected: Expected, status: str, rows: int) -> None:
    if status == "completed":
        expected.orders += 1
        expected.imported += rows
    else:
        expected.left_out["cancelled" if status == "cancelled" else "not_enough_available"] += rows


def _placed(number: int) -> str:
    return f"{FIRST_PLACED + timedelta(minutes=19 * number):%Y-%m-%d %H:%M:%S}"


def _sku(number: int, place: int) -> str:
    return f"SKU-{(number * 17 + place * 131) % SKUS:03}"


LAYOUTS: dict[str, tuple[list[str], Callable[[int, Expected], Iterator[dict[str, str]]]]] = {
    "shopify": (SHOPIFY, shopify),
    "webtoffee": (WEBTOFFEE, webtoffee),
    "advanced": (ADVANCED, advanced),
}


def write(layout: str, orders: int, file: IO[str]) -> Expected:
    """Writes the file, and answers what has to become of it."""
    columns, rows = LAYOUTS[layout]
    expected = Expected()
    writer = csv.DictWriter(file, columns, restval="", lineterminator="\r\n" if layout == "advanced" else "\n")
    writer.writeheader()
    writer.writerows(rows(orders, expected))
    return expected


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.shop_exports", description=__doc__)
    parser.add_argument("layout", choices=LAYOUTS, help="webtoffee and advanced are plug-ins of WooCommerce")
    parser.add_argument("orders", type=int)
    parser.add_argument("file", type=Path, help="what has to become of its rows is printed as JSON")
    options = parser.parse_args(arguments)
    with options.file.open("w", encoding="utf-8", newline="") as file:
        expected = write(options.layout, options.orders, file)
    sys.stdout.write(json.dumps(expected.as_json, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
