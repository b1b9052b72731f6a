import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import reship.database.tenancy


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0001_initial"),
        ("clients", "0001_initial"),
        ("clients", "__first__"),
        ("orders", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="StockLevel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clients.client",
                    ),
                ),
                ("on_hand", models.BigIntegerField(default=0)),
                ("allocated", models.BigIntegerField(default=0)),
                ("sequence", models.BigIntegerField(default=0)),
                ("bin", models.CharField(blank=True, max_length=40)),
                (
                    "product",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.product"
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.warehouse",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="stocklevel_client_id"),
                    reship.database.tenancy.SameClient("product", name="stocklevel_product_same_client"),
                    models.UniqueConstraint(fields=("client", "product", "warehouse"), name="stocklevel_place"),
                    models.CheckConstraint(
                        condition=models.Q(
                            reship.database.tenancy.IsWhole("on_hand"),
                            models.Q(("on_hand__gte", 0), ("on_hand__lte", 1000000000000)),
                        ),
                        name="stocklevel_on_hand",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            reship.database.tenancy.IsWhole("allocated"),
                            models.Q(("allocated__gte", 0), ("allocated__lte", models.F("on_hand"))),
                        ),
                        name="stocklevel_allocated",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LedgerEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clients.client",
                    ),
                ),
                ("sequence", models.BigIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("RECEIVED", "Received"),
                            ("ALLOCATED", "Allocated"),
                            ("RELEASED", "Released"),
                            ("SHIPPED", "Shipped"),
                            ("ADDED_BACK", "Added back"),
                            ("ADD_BACK_UNDONE", "Add-back undone"),
                            ("RESTOCKED", "Restocked"),
                            ("ADJUSTED", "Adjusted"),
                        ],
                        max_length=15,
                    ),
                ),
                ("on_hand_change", models.BigIntegerField()),
                ("allocated_change", models.BigIntegerField()),
                ("on_hand_after", models.BigIntegerField()),
                ("allocated_after", models.BigIntegerField()),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("actor", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "reshipment",
                    reship.database.tenancy.TenantForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.reshipment"
                    ),
                ),
                (
                    "shipment_line",
                    reship.database.tenancy.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.shipmentline",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "level",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inventory.stocklevel"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("shipment_line__isnull", False)),
                        fields=["client", "shipment_line"],
                        name="ledgerentry_line",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="ledgerentry_client_id"),
                    reship.database.tenancy.SameClient("level", name="ledgerentry_level_same_client"),
                    reship.database.tenancy.SameClient("shipment_line", name="ledgerentry_shipment_line_same_client"),
                    reship.database.tenancy.SameClient("reshipment", name="ledgerentry_reshipment_same_client"),
                    models.UniqueConstraint(fields=("client", "level", "sequence"), name="ledgerentry_sequence"),
                ],
            },
        ),
    ]
