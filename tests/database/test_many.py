"""Writing to many rows with one statement."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_scopes import scope

from reship.catalog.models import Product, Warehouse
from reship.database.many import insert_many, update_many
from reship.inventory.models import StockLevel
from tests.world import World


def test_each_row_gets_its_own_values_in_one_statement(world: World) -> None:
    with scope(client=world.acme.pk):
        rows = [(product.pk, f"{product.sku} 2", product.name.upper()) for product in Product.objects.order_by("pk")]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            update_many(Product, world.acme.pk, ["sku", "name"], rows)
        assert (len(queries), list(Product.objects.order_by("pk").values_list("pk", "sku", "name"))) == (1, rows)


def test_rows_are_found_by_their_ids_and_not_by_walking_through_the_client(world: World) -> None:
    with scope(client=world.acme.pk), CaptureQueriesContext(connection) as queries:
        update_many(Product, world.acme.pk, ["name"], [(Product.objects.get(sku="MUG").pk, "Mug")])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # It would be right for a table of four rows.
            cursor.execute(f"EXPLAIN {queries[-1]['sql']}")
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {queries[-1]['sql']}")
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    by_id = "Index Scan using" if connection.vendor == "postgresql" else "USING INTEGER PRIMARY KEY (rowid=?)"
    assert by_id in plan, plan


def test_inserted_rows_get_their_ids_and_refer_to_rows_that_got_theirs_since(world: World) -> None:
    product = Product(client=world.acme, sku="NEW", name="“Nïu” \\ {a,b}")
    level = StockLevel(client=world.acme, product=product, warehouse=Warehouse.objects.get(code="MAIN"), on_hand=3)
    with scope(client=world.acme.pk):
        for rows in ([Product(client=world.acme, sku="A", name=""), product], [level]):
            with CaptureQueriesContext(connection) as queries:
                insert_many(world.acme.pk, rows)
            assert len(queries) == 1
        assert StockLevel.objects.get(pk=level.pk).product == product
        assert list(Product.objects.filter(pk=product.pk).values_list("sku", "name")) == [("NEW", "“Nïu” \\ {a,b}")]


def test_rows_of_another_client_or_without_what_they_refer_to_are_a_mistake(world: World) -> None:
    product = Product(client=world.acme, sku="NEW")
    with pytest.raises(AssertionError, match="for clients"):
        insert_many(world.other.pk, [product])
    with pytest.raises(AssertionError, match="has no id yet"):
        insert_many(world.acme.pk, [StockLevel(client=world.acme, product=product, warehouse_id=1)])
