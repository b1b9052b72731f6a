"""Writing to many rows with one statement."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_scopes import scope

from reship.catalog.models import Product
from reship.database.many import update_many
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
