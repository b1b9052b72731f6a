import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

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
            name="Job",
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
                (
                    "deed",
                    models.CharField(
                        choices=[
                            ("reship", "Reship Orders"),
                            ("hold", "Place hold"),
                            ("lift", "Lift hold"),
                            ("cancel", "Cancel orders"),
                            ("import", "Import orders"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("DRAFT", "Dry run"),
                            ("RUNNING", "Running"),
                            ("DONE", "Ended"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        default="DRAFT",
                        max_length=10,
                    ),
                ),
                ("options", models.JSONField(default=dict)),
                ("selection", models.CharField(blank=True, max_length=300)),
                ("key", models.CharField(blank=True, max_length=200)),
                ("input_hash", models.CharField(blank=True, max_length=64)),
                ("submitted", models.IntegerField(default=0)),
                ("last_position", models.IntegerField(default=0)),
                ("rehearsed", models.IntegerField(default=0)),
                ("would_go", models.IntegerField(default=0)),
                ("would_be_refused", models.JSONField(default=dict)),
                ("warnings", models.JSONField(default=dict)),
                ("several_parcels", models.IntegerField(default=0)),
                ("reached", models.IntegerField(default=0)),
                ("done", models.IntegerField(default=0)),
                ("refused", models.IntegerField(default=0)),
                ("refusals", models.JSONField(default=dict)),
                ("made_by", models.CharField(max_length=200)),
                ("made_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("worked_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(blank=True, max_length=200)),
                (
                    "api_key",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clients.apikey",
                    ),
                ),
                (
                    "retry_of",
                    reship.database.tenancy.TenantForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jobs.job"
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
                    models.Index(fields=["client", "-made_at", "-id"], name="job_list"),
                    models.Index(
                        condition=models.Q(("state__in", ["DRAFT", "RUNNING"])),
                        fields=["client", "number"],
                        name="job_unfinished",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="job_client_id"),
                    reship.database.tenancy.SameClient("retry_of", name="job_retry_of_same_client"),
                    models.UniqueConstraint(fields=("client", "number"), name="job_client_number"),
                    models.UniqueConstraint(
                        condition=models.Q(("key", ""), _negated=True), fields=("client", "key"), name="job_client_key"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "submitted__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("done"), "+", models.F("refused")
                                ),
                            )
                        ),
                        name="job_counts",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JobItem",
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
                ("order_number", models.CharField(max_length=40)),
                ("source", models.CharField(blank=True, db_default="", default="", max_length=60)),
                ("asked", models.JSONField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("PENDING", "Pending"),
                            ("DONE", "Done"),
                            ("REFUSED", "Refused"),
                            ("LEFT_OUT", "Left out"),
                        ],
                        db_default="PENDING",
                        default="PENDING",
                        max_length=10,
                    ),
                ),
                ("forecast", models.CharField(blank=True, db_default="", default="", max_length=40)),
                ("warning", models.CharField(blank=True, db_default="", default="", max_length=40)),
                ("other_parcels", models.IntegerField(db_default=0, default=0)),
                ("code", models.CharField(blank=True, db_default="", default="", max_length=40)),
                ("refusal", models.JSONField(null=True)),
                ("shipment", models.CharField(blank=True, db_default="", default="", max_length=60)),
                (
                    "job",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jobs.job"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "REFUSED")),
                        fields=["client", "job", "position"],
                        name="jobitem_refused",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="jobitem_client_id"),
                    reship.database.tenancy.SameClient("job", name="jobitem_job_same_client"),
                    models.UniqueConstraint(fields=("client", "job", "position"), name="jobitem_position"),
                    models.UniqueConstraint(fields=("client", "job", "order_number", "source"), name="jobitem_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="JobStock",
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
                ("on_hand", models.BigIntegerField()),
                ("allocated", models.BigIntegerField()),
                ("on_hand_change", models.BigIntegerField()),
                ("allocated_change", models.BigIntegerField()),
                (
                    "job",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jobs.job"
                    ),
                ),
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
                    models.UniqueConstraint(fields=("client", "id"), name="jobstock_client_id"),
                    reship.database.tenancy.SameClient("job", name="jobstock_job_same_client"),
                    reship.database.tenancy.SameClient("product", name="jobstock_product_same_client"),
                    models.UniqueConstraint(fields=("client", "job", "product", "warehouse"), name="jobstock_place"),
                ],
            },
        ),
    ]
