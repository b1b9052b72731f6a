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
            name="Shop",
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
                (
                    "kind",
                    models.CharField(choices=[("shopify", "Shopify"), ("woocommerce", "WooCommerce")], max_length=12),
                ),
                ("name", models.CharField(max_length=100)),
                ("address", models.CharField(max_length=200)),
                ("public_id", models.CharField(max_length=60)),
                ("credentials", models.TextField(blank=True)),
                ("webhook_secret", models.TextField(blank=True)),
                ("number_prefix", models.CharField(blank=True, max_length=20)),
                ("method", models.CharField(blank=True, max_length=60)),
                ("methods", models.JSONField(default=dict)),
                ("paid_only", models.BooleanField(default=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("CONNECTED", "Connected"),
                            ("PAUSED", "Paused"),
                            ("BROKEN", "Broken"),
                            ("DISCONNECTED", "Disconnected"),
                        ],
                        default="CONNECTED",
                        max_length=12,
                    ),
                ),
                ("state_since", models.DateTimeField()),
                ("why", models.CharField(blank=True, max_length=300)),
                ("connected_at", models.DateTimeField()),
                ("connected_by", models.CharField(max_length=200)),
                ("synced_until", models.DateTimeField()),
                ("sync_began_at", models.DateTimeField(null=True)),
                ("cursor", models.CharField(blank=True, max_length=500)),
                ("polls_at", models.DateTimeField()),
                ("looked_at", models.DateTimeField()),
                ("tries", models.IntegerField(default=0)),
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
                    "warehouse",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
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
                    models.UniqueConstraint(fields=("client", "id"), name="shop_client_id"),
                    models.UniqueConstraint(fields=("client", "public_id"), name="shop_public_id"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "DISCONNECTED"), _negated=True),
                        fields=("client", "kind", "address"),
                        name="shop_address",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShopOrder",
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
                ("remote_id", models.CharField(max_length=64)),
                ("remote_number", models.CharField(blank=True, max_length=60)),
                ("changed_at", models.DateTimeField(null=True)),
                ("said", models.JSONField(default=dict)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("PLACED", "Placed"),
                            ("EDITED", "Edited"),
                            ("CANCELLED", "Cancelled"),
                            ("NOTHING", "Nothing to do"),
                            ("LEFT_OUT", "Left out"),
                            ("REFUSED", "Refused"),
                        ],
                        max_length=10,
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=40)),
                ("message", models.CharField(blank=True, max_length=500)),
                ("seen_at", models.DateTimeField()),
                ("is_watched", models.BooleanField(default=False)),
                ("is_retried", models.BooleanField(default=False)),
                (
                    "order",
                    reship.database.tenancy.TenantForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.order"
                    ),
                ),
                (
                    "shop",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="channels.shop"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_watched", True)),
                        fields=["client", "shop", "order"],
                        name="shoporder_watched",
                    ),
                    models.Index(
                        condition=models.Q(("is_retried", True)),
                        fields=["client", "shop", "seen_at"],
                        name="shoporder_retried",
                    ),
                    models.Index(
                        condition=models.Q(("order__isnull", True)),
                        fields=["client", "shop", "outcome"],
                        name="shoporder_unplaced",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="shoporder_client_id"),
                    reship.database.tenancy.SameClient("shop", name="shoporder_shop_same_client"),
                    reship.database.tenancy.SameClient("order", name="shoporder_order_same_client"),
                    models.UniqueConstraint(fields=("client", "shop", "remote_id"), name="shoporder_remote_id"),
                    models.UniqueConstraint(
                        condition=models.Q(("order__isnull", False)), fields=("client", "order"), name="shoporder_order"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShopMessage",
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
                ("message_id", models.CharField(max_length=140)),
                ("topic", models.CharField(blank=True, max_length=60)),
                ("remote_number", models.CharField(blank=True, max_length=60)),
                ("order_number", models.CharField(blank=True, max_length=40)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("PLACED", "Placed"),
                            ("EDITED", "Edited"),
                            ("CANCELLED", "Cancelled"),
                            ("NOTHING", "Nothing to do"),
                            ("LEFT_OUT", "Left out"),
                            ("REFUSED", "Refused"),
                        ],
                        default="NOTHING",
                        max_length=10,
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=40)),
                ("message", models.CharField(blank=True, max_length=500)),
                ("at", models.DateTimeField()),
                (
                    "shop",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="channels.shop"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["client", "shop", "-at", "-id"], name="shopmessage_log")],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="shopmessage_client_id"),
                    reship.database.tenancy.SameClient("shop", name="shopmessage_shop_same_client"),
                    models.UniqueConstraint(fields=("client", "shop", "message_id"), name="shopmessage_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShopTracking",
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
                ("departed_at", models.DateTimeField()),
                ("carrier", models.CharField(blank=True, max_length=60)),
                ("tracking_number", models.CharField(max_length=80)),
                (
                    "state",
                    models.CharField(
                        choices=[("PENDING", "To be sent"), ("SENT", "Sent"), ("REFUSED", "Refused")],
                        default="PENDING",
                        max_length=8,
                    ),
                ),
                ("tries", models.IntegerField(default=0)),
                ("next_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("reference", models.CharField(blank=True, max_length=120)),
                ("code", models.CharField(blank=True, max_length=40)),
                ("message", models.CharField(blank=True, max_length=500)),
                (
                    "shipment",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.shipment"
                    ),
                ),
                (
                    "shop",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="channels.shop"
                    ),
                ),
                (
                    "shop_order",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="channels.shoporder"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "PENDING")),
                        fields=["client", "shop", "next_at"],
                        name="shoptracking_pending",
                    ),
                    models.Index(fields=["client", "shop_order", "departed_at"], name="shoptracking_order"),
                    models.Index(fields=["client", "shop", "-departed_at", "-id"], name="shoptracking_log"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="shoptracking_client_id"),
                    reship.database.tenancy.SameClient("shop", name="shoptracking_shop_same_client"),
                    reship.database.tenancy.SameClient("shop_order", name="shoptracking_shop_order_same_client"),
                    reship.database.tenancy.SameClient("shipment", name="shoptracking_shipment_same_client"),
                    models.UniqueConstraint(fields=("client", "shipment"), name="shoptracking_once"),
                ],
            },
        ),
    ]
