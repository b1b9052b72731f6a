"""The format of the Online Retail file: what is made of each of its rows."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django_scopes import scope

from reship.catalog.models import Product
from reship.imports.online_retail import NOT_GOODS
from reship.inventory.audit import audit
from reship.orders.addresses import Address
from reship.orders.models import OrderLine
from tests.imports.files import Importer, retail_csv, rows
from tests.world import World


def row(
    invoice: str = "536365",
    sku: str = "85123A",
    quantity: int = 6,
    price: str = "2.55",
    *,
    description: str = "HEART HOLDER",
    customer: str = "17850.0",
    country: str = "United Kingdom",
) -> str:
    return f"{invoice},{sku},{description},{quantity},2010-12-01 08:26:00,{price},{customer},{country}"


def test_an_invoice_is_an_order_of_a_customer_whose_name_nobody_knows(importer: Importer, world: World) -> None:
    account = importer(retail_csv(row(), row(sku="71053", country="EIRE")))
    facts = world.facts("536365")
    order = facts.order
    assert rows(account) == (2, 2, 0, {})
    assert (order.customer_name, order.currency, order.placed_at, order.address) == (
        "Customer 17850",
        "GBP",
        datetime(2010, 12, 1, 8, 26, tzinfo=UTC),
        Address(recipient="Customer 17850", country="GB"),
    )
    assert facts.shipments[0].shipment.departed_at == order.placed_at
    assert audit() == []


def test_a_customer_without_a_number_is_a_guest_in_a_country_that_may_be_unknown(
    importer: Importer, world: World
) -> None:
    importer(retail_csv(row("1", customer="", country="EIRE"), row("2", customer="", country="Channel Islands")))
    orders = [world.facts(number).order for number in ("1", "2")]
    assert [(order.customer_name, order.country) for order in orders] == [("Guest", "IE"), ("Guest", "")]


@pytest.mark.parametrize(
    ("left_out", "cause"),
    [
        (row("C536365"), "cancellation"),
        (row("C536365", quantity=-6), "cancellation"),
        (row("C536365", "POST"), "cancellation"),
        *((row(sku=sku), "not_goods") for sku in sorted(NOT_GOODS)),
        (row(sku="m"), "not_goods"),
        (row(sku="gift_0001_20"), "not_goods"),
        (row(sku="POST", quantity=-1), "not_goods"),
        (row(sku="B", price="-11062.06"), "not_goods"),
        (row(quantity=0), "quantity_not_positive"),
        (row(quantity=-3, price="0.0", description="damages"), "quantity_not_positive"),
        (row(price="-1"), "negative_price"),
        (row("536366", price="0.0", customer="", description="found"), "stock_correction"),
    ],
)
def test_what_is_no_sale_of_goods_is_left_out_by_its_cause(importer: Importer, left_out: str, cause: str) -> None:
    account = importer(retail_csv(row(sku="71053"), left_out))
    assert (account.orders_made, rows(account)) == (1, (2, 1, 0, {cause: 1}))
    assert account.adds_up


def test_goods_for_nothing_are_sold_when_somebody_bought_something(importer: Importer, world: World) -> None:
    priced = [row("1", customer=""), row("1", "71053", price="0.0", customer="")]
    account = importer(retail_csv(*priced, row("2", price="0.0")))
    assert (rows(account), account.orders_made, world.items("1-1")) == ((3, 3, 0, {}), 2, {"85123A": 6, "71053": 6})


def test_the_same_product_twice_is_merged_at_one_price_and_kept_apart_at_two(importer: Importer, world: World) -> None:
    account = importer(retail_csv(row(), row(quantity=1), row(price="2.10", quantity=3)))
    with scope(client=world.acme.pk):
        lines = list(OrderLine.objects.order_by("position").values_list("quantity", "unit_price"))
    assert (rows(account), lines) == ((3, 2, 1, {}), [(7, Decimal("2.55")), (3, Decimal("2.1"))])
    assert world.items("536365-1") == {"85123A": 10}


def test_numbers_that_a_spreadsheet_made_floats_are_numbers_again(importer: Importer, world: World) -> None:
    importer(retail_csv(row("536365.0", "22752.0")))
    assert world.items("536365-1") == {"22752": 6}


def test_a_product_is_called_by_its_first_description_or_by_its_code(importer: Importer, world: World) -> None:
    importer(retail_csv(row("1", "X1", description=""), row("2", "X1"), row("2", "X2", description="")))
    with scope(client=world.acme.pk):
        names = dict(Product.objects.filter(sku__in=["X1", "X2"]).values_list("sku", "name"))
    assert names == {"X1": "HEART HOLDER", "X2": "X2"}


def test_an_invoice_in_several_parts_is_one_order(importer: Importer, world: World) -> None:
    account = importer(retail_csv(row("1"), row("C2"), row("1", "71053"), row("3"), row("1", quantity=1)))
    assert (account.orders_made, rows(account)) == (2, (5, 3, 1, {"cancellation": 1}))
    assert world.items("1-1") == {"85123A": 7, "71053": 6}
    assert audit() == []
