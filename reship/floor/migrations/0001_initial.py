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
            name="Manifest",
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
                ("number", models.IntegerField()),
                ("carrier", models.CharField(blank=True, max_length=60)),
                ("made_by", models.CharField(max_length=200)),
                ("made_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_by", models.CharField(blank=True, max_length=200)),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.warehouse",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["client", "-made_at", "-id"], name="manifest_list")],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="manifest_client_id"),
                    models.UniqueConstraint(fields=("client", "number"), name="manifest_number"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ManifestShipment",
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
                    "manifest",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="floor.manifest"
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
                "indexes": [models.Index(fields=["client", "manifest"], name="manifestshipment_of")],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="manifestshipment_client_id"),
                    reship.database.tenancy.SameClient("manifest", name="manifestshipment_manifest_same_client"),
                    reship.database.tenancy.SameClient("shipment", name="manifestshipment_shipment_same_client"),
                    models.UniqueConstraint(fields=("client", "shipment"), name="manifestshipment_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PickBatch",
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
                ("number", models.IntegerField()),
                ("claimed_by", models.CharField(max_length=200)),
                ("claimed_at", models.DateTimeField()),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.warehouse",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["client", "user", "claimed_at"], name="pickbatch_of")],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="pickbatch_client_id"),
                    models.UniqueConstraint(fields=("client", "number"), name="pickbatch_number"),
                ],
            },
        ),
        migrations.CreateModel(
            name="BatchShipment",
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
                    "shipment",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.shipment"
                    ),
                ),
                (
                    "batch",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="floor.pickbatch"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["client", "batch"], name="batchshipment_batch")],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="batchshipment_client_id"),
                    reship.database.tenancy.SameClient("batch", name="batchshipment_batch_same_client"),
                    reship.database.tenancy.SameClient("shipment", name="batchshipment_shipment_same_client"),
                    models.UniqueConstraint(fields=("client", "shipment"), name="batchshipment_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PullTask",
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
                ("made_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                ("done_by", models.CharField(blank=True, max_length=200)),
                ("voided_at", models.DateTimeField(null=True)),
                (
                    "shipment",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.shipment"
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
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at__isnull", True), ("voided_at__isnull", True)),
                        fields=["client", "made_at"],
                        name="pulltask_to_do",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="pulltask_client_id"),
                    reship.database.tenancy.SameClient("shipment", name="pulltask_shipment_same_client"),
                    models.UniqueConstraint(
                        condition=models.Q(("voided_at__isnull", True)),
                        fields=("client", "shipment"),
                        name="pulltask_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Question",
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
                            ("CHANGE", "Change asked for"),
                            ("LATE_ARRIVAL", "Original arrived after all"),
                            ("TRACKING", "Carrier and books disagree"),
                        ],
                        max_length=15,
                    ),
                ),
                ("text", models.CharField(max_length=1000)),
                ("asked_by", models.CharField(max_length=200)),
                ("asked_by_company", models.BooleanField(default=False)),
                ("asked_at", models.DateTimeField()),
                ("answer", models.CharField(blank=True, max_length=1000)),
                ("answered_by", models.CharField(blank=True, max_length=200)),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "order",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.order"
                    ),
                ),
                (
                    "shipment",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.shipment"
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
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("answered_at__isnull", True)),
                        fields=["client", "asked_at", "id"],
                        name="question_open",
                    ),
                    models.Index(fields=["client", "shipment"], name="question_shipment"),
                    models.Index(fields=["client", "-asked_at", "-id"], name="question_list"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="question_client_id"),
                    reship.database.tenancy.SameClient("order", name="question_order_same_client"),
                    reship.database.tenancy.SameClient("shipment", name="question_shipment_same_client"),
                    models.UniqueConstraint(
                        condition=models.Q(("answered_at__isnull", True), models.Q(("kind", "CHANGE"), _negated=True)),
                        fields=("client", "shipment", "kind"),
                        name="question_open_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Scan",
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
                ("purpose", models.CharField(choices=[("PACK", "Packing"), ("PULL", "Pulling")], max_length=10)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("GOOD", "Good"),
                            ("WRONG_ITEM", "Wrong item"),
                            ("TOO_MANY", "Too many"),
                            ("UNKNOWN", "Unknown code"),
                            ("RESTARTED", "Started again"),
                        ],
                        max_length=10,
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=100)),
                ("quantity", models.IntegerField(default=1)),
                ("sequence", models.IntegerField()),
                ("actor", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "line",
                    reship.database.tenancy.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.shipmentline",
                    ),
                ),
                (
                    "shipment",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.shipment"
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
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="scan_client_id"),
                    reship.database.tenancy.SameClient("shipment", name="scan_shipment_same_client"),
                    reship.database.tenancy.SameClient("line", name="scan_line_same_client"),
                    models.UniqueConstraint(fields=("client", "shipment", "sequence"), name="scan_sequence"),
                    models.CheckConstraint(
                        condition=models.Q(
                            reship.database.tenancy.IsWhole("quantity"),
                            models.Q(("quantity__gte", 1), ("quantity__lte", 1000000)),
                        ),
                        name="scan_quantity",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TrackingEvent",
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
                ("carrier", models.CharField(blank=True, max_length=60)),
                ("status", models.CharField(max_length=20)),
                ("detail", models.CharField(blank=True, max_length=300)),
                ("place", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
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
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="trackingevent_client_id"),
                    reship.database.tenancy.SameClient("shipment", name="trackingevent_shipment_same_client"),
                    models.UniqueConstraint(fields=("client", "shipment", "status", "at"), name="trackingevent_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Label",
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
                    "state",
                    models.CharField(
                        choices=[
                            ("ASKED", "Asked for"),
                            ("BOUGHT", "Bought"),
                            ("REFUSED", "Refused by the carrier"),
                            ("VOIDED", "Voided"),
                        ],
                        default="ASKED",
                        max_length=10,
                    ),
                ),
                ("reference", models.CharField(max_length=80)),
                ("carrier", models.CharField(max_length=60)),
                ("service", models.CharField(blank=True, max_length=80)),
                ("carrier_reference", models.CharField(blank=True, max_length=200)),
                ("tracking_number", models.CharField(blank=True, max_length=80)),
                ("cost", models.DecimalField(decimal_places=2, default=0, max_digits=12)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("format", models.CharField(blank=True, max_length=10)),
                ("content", models.BinaryField(default=bytes)),
                ("problem", models.CharField(blank=True, max_length=500)),
                ("asked_by", models.CharField(max_length=200)),
                ("asked_at", models.DateTimeField()),
                ("bought_at", models.DateTimeField(null=True)),
                ("voided_at", models.DateTimeField(null=True)),
                (
                    "shipment",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.shipment"
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
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "BOUGHT")),
                        fields=["client", "bought_at", "id"],
                        name="label_bought",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="label_client_id"),
                    reship.database.tenancy.SameClient("shipment", name="label_shipment_same_client"),
                    models.UniqueConstraint(fields=("client", "reference"), name="label_reference"),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["ASKED", "BOUGHT"])),
                        fields=("client", "shipment"),
                        name="label_one_valid",
                    ),
                ],
            },
        ),
    ]
