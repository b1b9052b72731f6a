import django.db.models.deletion
from django.db import migrations, models

import reship.database.tenancy


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("clients", "0001_initial"),
        ("orders", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="WebhookEndpoint",
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
                ("reference", models.CharField(max_length=40)),
                ("url", models.CharField(max_length=2000)),
                ("description", models.CharField(blank=True, max_length=200)),
                ("event_types", models.JSONField(default=list)),
                ("secret", models.TextField()),
                ("old_secret", models.TextField(blank=True)),
                ("old_secret_until", models.DateTimeField(null=True)),
                ("made_by", models.CharField(max_length=200)),
                ("made_at", models.DateTimeField()),
                ("failing_since", models.DateTimeField(null=True)),
                ("disabled_at", models.DateTimeField(null=True)),
                ("disabled_why", models.CharField(blank=True, max_length=300)),
                ("removed_at", models.DateTimeField(null=True)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="webhookendpoint_client_id"),
                    models.UniqueConstraint(fields=("client", "reference"), name="webhookendpoint_reference"),
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookMessage",
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
                ("reference", models.CharField(max_length=40)),
                ("sequence", models.IntegerField(null=True)),
                ("part", models.IntegerField(default=0)),
                ("type", models.CharField(max_length=30)),
                ("body", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "order",
                    reship.database.tenancy.TenantForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.order"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="webhookmessage_client_id"),
                    reship.database.tenancy.SameClient("order", name="webhookmessage_order_same_client"),
                    models.UniqueConstraint(fields=("client", "reference"), name="webhookmessage_reference"),
                    models.UniqueConstraint(fields=("client", "order", "sequence", "part"), name="webhookmessage_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
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
                        choices=[("PENDING", "Pending"), ("DELIVERED", "Delivered"), ("GIVEN_UP", "Given up")],
                        default="PENDING",
                        max_length=10,
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("next_at", models.DateTimeField(null=True)),
                ("lease", models.CharField(blank=True, max_length=32)),
                ("tries", models.IntegerField(default=0)),
                ("attempts", models.IntegerField(default=0)),
                ("last_status", models.IntegerField(default=0)),
                ("last_failure", models.CharField(blank=True, max_length=300)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "order",
                    reship.database.tenancy.TenantForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.order"
                    ),
                ),
                (
                    "endpoint",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="webhooks.webhookendpoint"
                    ),
                ),
                (
                    "message",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="webhooks.webhookmessage"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False)),
                        fields=["client", "endpoint", "next_at"],
                        name="webhookdelivery_due",
                    ),
                    models.Index(
                        condition=models.Q(("state", "PENDING")),
                        fields=["client", "endpoint", "order", "id"],
                        name="webhookdelivery_pending",
                    ),
                    models.Index(fields=["client", "-made_at", "-id"], name="webhookdelivery_list"),
                    models.Index(
                        fields=["client", "endpoint", "state", "-made_at", "-id"], name="webhookdelivery_of_endpoint"
                    ),
                    models.Index(fields=["client", "message"], name="webhookdelivery_message"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="webhookdelivery_client_id"),
                    reship.database.tenancy.SameClient("endpoint", name="webhookdelivery_endpoint_same_client"),
                    reship.database.tenancy.SameClient("message", name="webhookdelivery_message_same_client"),
                    reship.database.tenancy.SameClient("order", name="webhookdelivery_order_same_client"),
                    models.UniqueConstraint(fields=("client", "endpoint", "message"), name="webhookdelivery_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookAttempt",
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
                ("at", models.DateTimeField()),
                ("url", models.CharField(max_length=2000)),
                ("signature", models.CharField(max_length=300)),
                ("status", models.IntegerField(default=0)),
                ("failure", models.CharField(blank=True, max_length=300)),
                ("answer", models.TextField(blank=True)),
                ("milliseconds", models.IntegerField()),
                (
                    "delivery",
                    reship.database.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="webhooks.webhookdelivery"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="webhookattempt_client_id"),
                    reship.database.tenancy.SameClient("delivery", name="webhookattempt_delivery_same_client"),
                    models.UniqueConstraint(fields=("client", "delivery", "number"), name="webhookattempt_number"),
                ],
            },
        ),
    ]
