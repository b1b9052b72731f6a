import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import reship.database.bytewise
import reship.database.tenancy


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0001_initial"),
        ("clients", "0001_initial"),
        ("clients", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Order",
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
                ("recipient", models.CharField(blank=True, max_length=200)),
                ("company", models.CharField(blank=True, max_length=200)),
                ("street_1", models.CharField(blank=True, max_length=200)),
                ("street_2", models.CharField(blank=True, max_length=200)),
                ("city", models.CharField(blank=True, max_length=120)),
                ("region", models.CharField(blank=True, max_length=120)),
                ("postal_code", models.CharField(blank=True, max_length=20)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("number", reship.database.bytewise.BytewiseCharField(max_length=40)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("AWAITING", "Awaiting"),
                            ("ON_HOLD", "On hold"),
                            ("FULFILLED", "Fulfilled"),
                            ("RESHIPPING", "Reshipping"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        default="AWAITING",
                        max_length=12,
                    ),
                ),
                ("customer_name", models.CharField(max_length=200)),
                ("customer_email", models.CharField(blank=True, max_length=254)),
                ("currency", models.CharField(max_length=3)),
                ("method", models.CharField(blank=True, max_length=60)),
                ("placed_at", models.DateTimeField()),
                ("shipments_made", models.IntegerField(default=0)),
                ("reshipments_made", models.IntegerField(default=0)),
                ("events_written", models.IntegerField(default=0)),
                (
                    "copied_from",
                    reship.database.tenancy.TenantForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.order"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["client", "-placed_at", "-id"], name="order_list"),
                    models.Index(fields=["client", "status", "-placed_at", "-id"], name="order_list_by_status"),
                    models.Index(
                        condition=models.Q(("copied_from__isnull", False)),
                        fields=["client", "copied_from"],
                        name="order_copies",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="order_client_id"),
                    reship.database.tenancy.SameClient("copied_from", name="order_copied_from_same_client"),
                    models.UniqueConstraint(fields=("client", "number"), name="order_client_number"),
                ],
            },
        ),
        migrations.CreateModel(
            name="EventToSend",
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
                ("sequence", models.IntegerField()),
                (
                    "order",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.order"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="eventtosend_client_id"),
                    reship.database.tenancy.SameClient("order", name="eventtosend_order_same_client"),
                    models.UniqueConstraint(fields=("client", "order", "sequence"), name="eventtosend_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CustomerText",
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
                ("text", models.TextField()),
                (
                    "order",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.order"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="customertext_client_id"),
                    reship.database.tenancy.SameClient("order", name="customertext_order_same_client"),
                    models.UniqueConstraint(fields=("client", "order"), name="customertext_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderLine",
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
                ("position", models.IntegerField()),
                ("sku", models.CharField(max_length=60)),
                ("description", models.CharField(blank=True, max_length=300)),
                ("quantity", models.IntegerField()),
                ("unit_price", models.DecimalField(decimal_places=4, default=0, max_digits=14)),
                (
                    "order",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.order"
                    ),
                ),
                (
                    "product",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.product"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["client", "sku", "order"], name="orderline_sku")],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="orderline_client_id"),
                    reship.database.tenancy.SameClient("order", name="orderline_order_same_client"),
                    reship.database.tenancy.SameClient("product", name="orderline_product_same_client"),
                    models.UniqueConstraint(fields=("client", "order", "position"), name="orderline_position"),
                    models.CheckConstraint(
                        condition=models.Q(
                            reship.database.tenancy.IsWhole("quantity"),
                            models.Q(("quantity__gte", 1), ("quantity__lte", 1000000)),
                        ),
                        name="orderline_quantity",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Shipment",
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
                ("recipient", models.CharField(blank=True, max_length=200)),
                ("company", models.CharField(blank=True, max_length=200)),
                ("street_1", models.CharField(blank=True, max_length=200)),
                ("street_2", models.CharField(blank=True, max_length=200)),
                ("city", models.CharField(blank=True, max_length=120)),
                ("region", models.CharField(blank=True, max_length=120)),
                ("postal_code", models.CharField(blank=True, max_length=20)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("number", models.CharField(max_length=60)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("OPEN", "Open"),
                            ("PICKING", "Picking"),
                            ("PACKED", "Packed"),
                            ("DEPARTED", "Departed"),
                            ("DELIVERED", "Delivered"),
                            ("LOST", "Lost"),
                            ("RETURNED", "Returned"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        default="OPEN",
                        max_length=10,
                    ),
                ),
                ("method", models.CharField(blank=True, max_length=60)),
                ("edition", models.IntegerField(default=1)),
                ("waits_for_stock", models.BooleanField(default=False)),
                ("carrier", models.CharField(blank=True, max_length=60)),
                ("tracking_number", models.CharField(blank=True, max_length=80)),
                (
                    "departure",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("MANIFEST", "manifest scan"),
                            ("CARRIER", "carrier's first scan"),
                            ("HAND", "recorded by hand"),
                        ],
                        max_length=10,
                    ),
                ),
                ("picked_by", models.CharField(blank=True, max_length=200)),
                ("opened_at", models.DateTimeField()),
                ("picking_at", models.DateTimeField(null=True)),
                ("packed_at", models.DateTimeField(null=True)),
                ("departed_at", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                ("lost_at", models.DateTimeField(null=True)),
                ("returned_at", models.DateTimeField(null=True)),
                ("cancelled_at", models.DateTimeField(null=True)),
                (
                    "order",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.order"
                    ),
                ),
                (
                    "picker",
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.warehouse",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["client", "order", "opened_at", "id"], name="shipment_order"),
                    models.Index(
                        condition=models.Q(("tracking_number", ""), _negated=True),
                        fields=["client", "tracking_number"],
                        name="shipment_tracking",
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ["OPEN", "PICKING", "PACKED"])),
                        fields=["client", "status", "opened_at"],
                        name="shipment_to_go",
                    ),
                    models.Index(
                        condition=models.Q(("status", "RETURNED")),
                        fields=["client", "returned_at", "id"],
                        name="shipment_returned",
                    ),
                    models.Index(
                        condition=models.Q(("waits_for_stock", True)),
                        fields=["client", "opened_at", "id"],
                        name="shipment_waiting",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="shipment_client_id"),
                    reship.database.tenancy.SameClient("order", name="shipment_order_same_client"),
                    models.UniqueConstraint(fields=("client", "number"), name="shipment_client_number"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reshipment",
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
                ("reason", models.CharField(blank=True, max_length=40)),
                ("reason_label", models.CharField(blank=True, max_length=100)),
                (
                    "fault",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("carrier", "carrier"),
                            ("warehouse", "warehouse"),
                            ("merchant", "merchant"),
                            ("customer", "customer"),
                        ],
                        max_length=10,
                    ),
                ),
                ("fee", models.DecimalField(decimal_places=2, default=0, max_digits=12)),
                ("note", models.CharField(blank=True, max_length=1000)),
                ("added_back", models.BooleanField()),
                ("sent_again_anyway", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField()),
                ("made_by", models.CharField(max_length=200)),
                ("cancelled_at", models.DateTimeField(null=True)),
                ("cancelled_by", models.CharField(blank=True, max_length=200)),
                (
                    "order",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.order"
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
                    "shipment",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.shipment"
                    ),
                ),
                (
                    "source",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.shipment"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["client", "order", "cancelled_at"], name="reshipment_order"),
                    models.Index(fields=["client", "source"], name="reshipment_source"),
                    models.Index(fields=["client", "made_at"], name="reshipment_made"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="reshipment_client_id"),
                    reship.database.tenancy.SameClient("order", name="reshipment_order_same_client"),
                    reship.database.tenancy.SameClient("source", name="reshipment_source_same_client"),
                    reship.database.tenancy.SameClient("shipment", name="reshipment_shipment_same_client"),
                    models.UniqueConstraint(fields=("client", "shipment"), name="reshipment_shipment"),
                ],
            },
        ),
        migrations.CreateModel(
            name="EvidencePhoto",
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
                ("position", models.IntegerField()),
                ("name", models.CharField(max_length=200)),
                ("content", models.BinaryField()),
                ("sha256", models.CharField(max_length=64)),
                ("added_by", models.CharField(max_length=200)),
                ("added_at", models.DateTimeField()),
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
                    "reshipment",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.reshipment"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="evidencephoto_client_id"),
                    reship.database.tenancy.SameClient("reshipment", name="evidencephoto_reshipment_same_client"),
                    models.UniqueConstraint(fields=("client", "reshipment", "position"), name="evidencephoto_position"),
                    models.UniqueConstraint(fields=("client", "reshipment", "sha256"), name="evidencephoto_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            reship.database.tenancy.IsWhole("position"),
                            models.Q(("position__gte", 1), ("position__lte", 5)),
                        ),
                        name="evidencephoto_number",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderEvent",
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
                ("sequence", models.IntegerField()),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("order.placed", "Order Placed"),
                            ("order.copied", "Order Copied"),
                            ("order.reshipped", "Reshipped"),
                            ("reshipment.cancelled", "Reshipment Cancelled"),
                            ("shipment.edited", "Shipment Edited"),
                            ("shipment.cancelled", "Shipment Cancelled"),
                            ("shipment.picking", "Shipment Picking"),
                            ("shipment.packed", "Shipment Packed"),
                            ("shipment.departed", "Shipment Departed"),
                            ("shipment.delivered", "Shipment Delivered"),
                            ("shipment.lost", "Shipment Lost"),
                            ("shipment.returned", "Shipment Returned"),
                            ("shipment.restocked", "Shipment Restocked"),
                            ("shipment.allocated", "Shipment Allocated"),
                            ("shipment.taken_over", "Shipment Taken Over"),
                            ("shipment.pulled", "Shipment Pulled"),
                            ("shipment.tracked", "Shipment Tracked"),
                            ("label.bought", "Label Bought"),
                            ("label.voided", "Label Voided"),
                            ("question.asked", "Question Asked"),
                            ("question.answered", "Question Answered"),
                            ("evidence.added", "Evidence Added"),
                            ("order.hold.added", "Hold Added"),
                            ("order.hold.lifted", "Hold Lifted"),
                        ],
                        max_length=30,
                    ),
                ),
                ("facts", models.JSONField(default=dict)),
                ("actor", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "order",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.order"
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
                    "reshipment",
                    reship.database.tenancy.TenantForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.reshipment"
                    ),
                ),
                (
                    "shipment",
                    reship.database.tenancy.TenantForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.shipment"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="orderevent_client_id"),
                    reship.database.tenancy.SameClient("order", name="orderevent_order_same_client"),
                    reship.database.tenancy.SameClient("shipment", name="orderevent_shipment_same_client"),
                    reship.database.tenancy.SameClient("reshipment", name="orderevent_reshipment_same_client"),
                    models.UniqueConstraint(fields=("client", "order", "sequence"), name="orderevent_sequence"),
                    models.UniqueConstraint(
                        condition=models.Q(("reshipment__isnull", False)),
                        fields=("client", "reshipment", "type"),
                        name="orderevent_reshipment_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Hold",
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
                    models.CharField(
                        choices=[
                            ("OPERATOR", "Operator Hold"),
                            ("CLIENT", "Client hold"),
                            ("ADDRESS", "Address hold"),
                            ("PAYMENT", "Payment hold"),
                            ("FRAUD", "Fraud hold"),
                        ],
                        max_length=10,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=1000)),
                ("placed_by", models.CharField(max_length=200)),
                ("placed_by_company", models.BooleanField()),
                ("placed_at", models.DateTimeField()),
                ("lifted_by", models.CharField(blank=True, max_length=200)),
                ("lifted_at", models.DateTimeField(null=True)),
                (
                    "order",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.order"
                    ),
                ),
                (
                    "shipment",
                    reship.database.tenancy.TenantForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.shipment"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("lifted_at__isnull", True)), fields=["client", "order"], name="hold_order"
                    ),
                    models.Index(
                        condition=models.Q(("lifted_at__isnull", True)),
                        fields=["client", "kind", "order"],
                        name="hold_kind",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="hold_client_id"),
                    reship.database.tenancy.SameClient("order", name="hold_order_same_client"),
                    reship.database.tenancy.SameClient("shipment", name="hold_shipment_same_client"),
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at__isnull", True), ("shipment__isnull", True)),
                        fields=("client", "order", "kind"),
                        name="hold_order_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at__isnull", True), ("shipment__isnull", False)),
                        fields=("client", "shipment", "kind"),
                        name="hold_shipment_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShipmentLine",
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
                ("position", models.IntegerField()),
                ("sku", models.CharField(max_length=60)),
                ("quantity", models.IntegerField()),
                (
                    "order_line",
                    reship.database.tenancy.TenantForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.orderline"
                    ),
                ),
                (
                    "product",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.product"
                    ),
                ),
                (
                    "shipment",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.shipment"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("order_line__isnull", True)),
                        fields=["client", "sku"],
                        name="shipmentline_swapped_in",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="shipmentline_client_id"),
                    reship.database.tenancy.SameClient("shipment", name="shipmentline_shipment_same_client"),
                    reship.database.tenancy.SameClient("order_line", name="shipmentline_order_line_same_client"),
                    reship.database.tenancy.SameClient("product", name="shipmentline_product_same_client"),
                    models.UniqueConstraint(fields=("client", "shipment", "position"), name="shipmentline_position"),
                    models.UniqueConstraint(fields=("client", "shipment", "product"), name="shipmentline_product"),
                    models.CheckConstraint(
                        condition=models.Q(
                            reship.database.tenancy.IsWhole("quantity"),
                            models.Q(("quantity__gte", 0), ("quantity__lte", 1000000)),
                        ),
                        name="shipmentline_quantity",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReshipmentLine",
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
                ("quantity", models.IntegerField()),
                ("added_back", models.IntegerField(default=0)),
                (
                    "reshipment",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.reshipment"
                    ),
                ),
                (
                    "line",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.shipmentline"
                    ),
                ),
                (
                    "source_line",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.shipmentline"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="reshipmentline_client_id"),
                    reship.database.tenancy.SameClient("reshipment", name="reshipmentline_reshipment_same_client"),
                    reship.database.tenancy.SameClient("source_line", name="reshipmentline_source_line_same_client"),
                    reship.database.tenancy.SameClient("line", name="reshipmentline_line_same_client"),
                    models.UniqueConstraint(
                        fields=("client", "reshipment", "source_line"), name="reshipmentline_source"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(reship.database.tenancy.IsWhole("quantity"), models.Q(("quantity__gte", 0))),
                        name="reshipmentline_quantity",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            reship.database.tenancy.IsWhole("added_back"), models.Q(("added_back__gte", 0))
                        ),
                        name="reshipmentline_added_back",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LineUsage",
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
                ("quantity", models.IntegerField()),
                ("added_back", models.IntegerField(default=0)),
                ("reshipped", models.IntegerField(default=0)),
                ("waiting", models.IntegerField(default=0)),
                (
                    "line",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.shipmentline"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="lineusage_client_id"),
                    reship.database.tenancy.SameClient("line", name="lineusage_line_same_client"),
                    models.UniqueConstraint(fields=("client", "line"), name="lineusage_line"),
                    models.CheckConstraint(
                        condition=models.Q(
                            reship.database.tenancy.IsWhole("added_back"),
                            models.Q(("added_back__gte", 0), ("added_back__lte", models.F("quantity"))),
                        ),
                        name="lineusage_added_back",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            reship.database.tenancy.IsWhole("reshipped"), models.Q(("reshipped__gte", 0))
                        ),
                        name="lineusage_reshipped",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            reship.database.tenancy.IsWhole("waiting"),
                            models.Q(
                                ("waiting__gte", 0),
                                (
                                    "waiting__lte",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("quantity"), "-", models.F("added_back")
                                    ),
                                ),
                            ),
                        ),
                        name="lineusage_waiting",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NumberCounter",
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
                ("next_order", models.BigIntegerField(default=1001)),
                ("next_job", models.IntegerField(default=1)),
                ("next_batch", models.IntegerField(default=1)),
                ("next_manifest", models.IntegerField(default=1)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="numbercounter_client_id"),
                    models.UniqueConstraint(fields=("client",), name="numbercounter_client"),
                ],
            },
        ),
    ]
