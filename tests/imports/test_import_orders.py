"""Importing: what is written, what is left out, and that twice is once."""

from pathlib import Path
from unittest import mock

import pytest
from django.db import OperationalError
from django_scopes import scope, scopes_disabled

from reship.catalog.models import Product, Warehouse
from reship.clients.models import Client
from reship.fulfilment.place_order import place_orders
from reship.imports import import_orders as importing
from reship.imports import rows as importing_rows
from reship.imports.source import ImportRequest
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.inventory.models import LedgerEntry
from reship.orders.models import Order
from tests.cli.terminal import reship
from tests.imports.files import Importer, reship_csv, retail_csv, rows
from tests.world import World, refused

TWO_ORDERS = reship_csv("1,2026-03-01,Jane,NEW,2,1", "1,,,MUG,1,1", "2,2026-03-02,Joe,NEW,3,1")


def test_departed_orders_bring_their_goods_which_leave_again(importer: Importer, world: World) -> None:
    account = importer(TWO_ORDERS)
    assert (account.orders_made, account.products_made, rows(account)) == (2, 1, (3, 3, 0, {}))
    assert world.entries("NEW") == [
        ("RECEIVED", 5, 0),
        ("ALLOCATED", 0, 2),
        ("SHIPPED", -2, -2),
        ("ALLOCATED", 0, 3),
        ("SHIPPED", -3, -3),
    ]
    with scope(client=world.acme.pk):
        received = LedgerEntry.objects.filter(kind="RECEIVED", level__product__sku="NEW").get()
    assert received.reason == "Opening stock for import of “orders.csv”"
    assert (world.stock("NEW"), world.stock("MUG"), world.status("1")) == (Balance(0, 0), Balance(100, 0), "FULFILLED")
    assert audit() == []


def test_orders_that_have_not_departed_take_the_stock_that_is_there(importer: Importer, world: World) -> None:
    content = reship_csv("1,2026-03-01,Jane,TEE,8,1", "2,2026-03-02,Joe,TEE,3,1", "3,2026-03-02,Jim,TEE,2,1")
    account = importer(content, as_departed=False)
    assert (account.orders_made, rows(account)) == (2, (3, 2, 0, {"not_enough_available": 1}))
    (refused_one,) = account.refusals
    figures = refused_one.refusal.figures
    assert (refused_one.line, refused_one.number, figures["asked"], figures["available"]) == (3, "2", 3, 2)
    assert (world.stock("TEE"), world.status("3")) == (Balance(10, 10), "ON_HOLD")
    assert audit() == []


def test_a_second_run_makes_nothing_and_says_so(importer: Importer, world: World) -> None:
    importer(TWO_ORDERS)
    entries = world.entries("NEW")
    again = importer(TWO_ORDERS)
    assert (again.orders_made, again.products_made, rows(again)) == (0, 0, (3, 0, 0, {"order_exists": 3}))
    assert (dict(again.orders_left_out), again.refusals, world.entries("NEW")) == ({"order_exists": 2}, [], entries)
    assert audit() == []


def test_a_longer_file_adds_what_is_new(importer: Importer, world: World) -> None:
    importer(TWO_ORDERS)
    account = importer(f"{TWO_ORDERS}3,2026-03-03,Jim,NEW,1,1\n")
    assert (account.orders_made, rows(account)) == (1, (4, 1, 0, {"order_exists": 3}))
    assert (world.stock("NEW"), [entry[0] for entry in world.entries("NEW")].count("RECEIVED")) == (Balance(0, 0), 2)
    assert audit() == []


def test_a_run_that_is_cut_off_has_made_whole_orders_and_the_next_makes_the_rest(
    importer: Importer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "ORDERS_IN_A_CHUNK", 1)
    chunks = iter(range(2))

    def cut_off(*arguments: object, **options: object) -> object:
        if next(chunks) == 1:
            raise KeyboardInterrupt
        return place_orders(*arguments, **options)  # type: ignore[arg-type] # Passed through.

    with mock.patch.object(importing, "place_orders", cut_off), pytest.raises(KeyboardInterrupt):
        importer(TWO_ORDERS)
    assert (world.stock("NEW"), world.items("1-1")) == (Balance(0, 0), {"NEW": 2, "MUG": 1})
    rest = importer(TWO_ORDERS)
    assert (rest.orders_made, rows(rest), world.stock("NEW")) == (1, (3, 1, 0, {"order_exists": 2}), Balance(0, 0))
    assert audit() == []


@pytest.mark.parametrize("as_departed", [True, False])
def test_a_dry_run_gives_the_account_of_the_run_and_writes_nothing(
    importer: Importer, world: World, as_departed: bool
) -> None:
    content = reship_csv("1,2026-03-01,Jane,TEE,8,1", "2,2026-03-02,Joe,TEE,3,1", "3,2026-03-02,Jim,NEW,2,1")
    world.place("3", MUG=1)
    dry = importer(content, as_departed=as_departed, dry_run=True)
    with scopes_disabled():
        assert (Order.objects.count(), Product.objects.filter(sku="NEW").exists()) == (1, False)
    wet = importer(content, as_departed=as_departed)
    assert dry.as_json() == wet.as_json()
    assert rows(dry)[3] == {"order_exists": 1} | ({} if as_departed else {"not_enough_available": 1})
    assert audit() == []


def test_unknown_products_are_refused_before_anything_is_written(importer: Importer, world: World) -> None:
    content = reship_csv("1,2026-03-01,Jane,MUG,1,1", "2,2026-03-02,Joe,NEW,3,1", "2,,,NEWER,3,1")
    refusal = importer.refusal(content, create_products=False)
    assert (refusal.code, refusal.figures) == ("unknown_item", {"line": 3, "sku": "“NEW”", "unknown": 2})
    with scopes_disabled():
        assert not Order.objects.exists()


def test_an_order_with_more_of_a_product_than_can_be_is_left_out(importer: Importer) -> None:
    account = importer(reship_csv("1,2026-03-01,Jane,MUG,900000,1", "1,,,MUG,900000,2", "2,2026-03-01,Jane,MUG,1,1"))
    assert (account.orders_made, rows(account)) == (1, (3, 1, 0, {"invalid_quantity": 2}))
    assert audit() == []


def test_chunks_are_as_good_as_one(importer: Importer, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "LINES_IN_A_CHUNK", 3)
    content = reship_csv(*(f"{order},2026-03-01,Jane,{sku},1,1" for order in range(9) for sku in ("A", "B")))
    account = importer(content)
    assert (account.orders_made, rows(account), world.stock("A")) == (9, (18, 18, 0, {}), Balance(0, 0))
    assert audit() == []


def test_a_file_of_scattered_orders_is_refused_when_it_would_not_fit_into_memory(
    importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing_rows, "MOST_ROWS_HELD", 10)
    orders = [f"{order},2026-03-01,Jane,MUG,1,1" for order in range(12)]
    refusal = importer.refusal(reship_csv(*orders, *orders))
    assert (refusal.code, refusal.figures) == ("scattered_orders", {"line": 12, "held": 10})


def test_a_file_that_changes_while_it_is_read_is_refused(importer: Importer, tmp_path: Path, world: World) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(TWO_ORDERS)

    def change(stage: str, done: int, size: int) -> None:
        if stage == "Checking" and done == size:
            path.write_text(f"{TWO_ORDERS}3,2026-03-03,Jim,NEW,1,1\n")

    request = ImportRequest(path, "ACME", create_products=True, as_departed=True)
    with refused("file_changed", file="orders.csv"):
        importing.import_orders(request, actor=world.otto, at=world.now, progress=change)
    with scopes_disabled():
        assert not Order.objects.exists()


def test_a_client_is_made_only_when_asked_and_when_the_file_is_good(importer: Importer, tmp_path: Path) -> None:
    new = Importer(tmp_path, client="NEW")
    assert new.refusal(TWO_ORDERS).code == "client_not_found"
    assert new.refusal(f"{TWO_ORDERS}3,2026-03-03,Jim,NEW,0,1\n", create_client=True).code == "invalid_quantity"
    assert new(TWO_ORDERS, create_client=True, dry_run=True).orders_made == 2
    assert not Client.objects.filter(code="NEW").exists()
    assert new(TWO_ORDERS, create_client=True).orders_made == 2
    assert Client.objects.filter(code="NEW").exists()


@pytest.mark.django_db
def test_the_first_import_of_all_makes_the_warehouse(tmp_path: Path) -> None:
    assert Importer(tmp_path, client="FIRST")(TWO_ORDERS, create_client=True).orders_made == 2
    assert list(Warehouse.objects.values_list("code", flat=True)) == ["MAIN"]
    assert audit() == []


def test_a_format_may_be_named(importer: Importer) -> None:
    assert importer.refusal(TWO_ORDERS, format="online-retail").code == "wrong_columns"
    refused = importer.refusal(TWO_ORDERS, format="shopify")
    assert (refused.code, "columns of the format shopify" in refused.message) == ("wrong_columns", True)
    said = importer.refusal("order-id,status\n1,new\n").message
    assert "The columns fit no format." in said
    assert "reship needs order_number, placed_at, customer_name, sku, quantity." in said
    assert "woocommerce needs order_number, status, order_date, line_item_1; or " in said
    assert importer.refusal(TWO_ORDERS, format="magento").code == "unknown_format"
    assert importer(TWO_ORDERS, format="reship").orders_made == 2


def test_the_command_answers_with_the_account(importer: Importer, tmp_path: Path, world: World) -> None:
    (tmp_path / "retail.csv").write_text(
        retail_csv(
            "1,A,Heart,6,2010-12-01 08:26:00,2.55,17850.0,France",
            "1,A,Heart,1,2010-12-01 08:26:00,2.55,17850.0,France",
            "C2,A,Heart,-6,2010-12-01 08:26:00,2.55,17850.0,France",
        )
    )
    arguments = [str(tmp_path / "retail.csv"), "--client", "ACME", "--create-products", "--as-departed"]
    ended = reship("import-orders", *arguments, "--json")
    assert (ended.code, ended.err) == (0, "")
    assert ended.json == {
        "file": str(tmp_path / "retail.csv"),
        "client": "ACME",
        "dry_run": False,
        "orders_made": 1,
        "orders_left_out": {},
        "products_made": 1,
        "rows": {"read": 3, "imported": 1, "merged": 1, "left_out": {"cancellation": 1}},
        "noted": {},
        "held": [],
        "refusals": [],
    }
    said = reship("import-orders", *arguments).out
    assert ("left out: cancellation" in said, "left out: order_exists" in said) == (True, True)
    assert reship("import-orders", *arguments, "--dry-run").out.endswith("Nothing was written.\n")
    assert audit() == []


def test_the_command_says_which_orders_are_held_before_and_after(tmp_path: Path, world: World) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(reship_csv("1,2026-03-01,Jane,TEE,1,1", "2,2026-03-02,Joe,TEE,30,1"))
    arguments = ["import-orders", str(path), "--client", "ACME"]
    why = "The address in the file is not complete. Name a recipient or a company. Choose a country."
    dry = reship(*arguments, "--dry-run")
    assert f"Line 2: order 1 would be held (Address hold): {why}" in dry.out
    told = reship(*arguments, "--json").json
    ((held,), noted) = told["held"], told["noted"]
    assert (held["line"], held["order"], held["hold"], noted) == (2, "1", "ADDRESS", {"address_hold": 1})
    assert held["why"].startswith(why)
    assert [hold.placed_by_company for hold in world.facts("1").holds] == [False]
    assert audit() == []


def test_the_command_refuses_a_bad_file_in_one_line_or_in_json(tmp_path: Path, world: World) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(reship_csv('1,2026-03-01,"Jane,MUG,1,1'))
    ended = reship("import-orders", str(path), "--client", "ACME")
    said = "malformed_csv: Line 2: a quote that is opened in this line is not closed in it.\n"
    assert (ended.code, ended.out, ended.err) == (1, "", said)
    told = reship("import-orders", str(path), "--client", "ACME", "--json")
    assert (told.code, told.json["code"], told.json["figures"]) == (1, "malformed_csv", {"line": 2})
    assert reship("import-orders", str(path), "--client", "ACME", "--format", "xls").code == 2


def test_the_command_says_how_to_go_on_when_the_database_goes_away(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*arguments: object, **options: object) -> object:
        raise OperationalError("terminating connection due to idle-in-transaction timeout")

    monkeypatch.setattr(importing, "place_orders", away)
    path = tmp_path / "orders.csv"
    path.write_text(TWO_ORDERS)
    ended = reship("import-orders", str(path), "--client", "ACME", "--create-products", "--json")
    assert (ended.code, ended.json["code"]) == (1, "database_away")
