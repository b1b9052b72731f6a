import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import reship.clients.roles


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Client",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=20, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("timezone", models.CharField(default="UTC", max_length=60)),
                ("may_add_back", models.BooleanField(default=True)),
                ("reason_required", models.BooleanField(default=True)),
                ("hold_every_reship", models.BooleanField(default=False)),
                ("second_reship_needs_manager", models.BooleanField(default=False)),
                ("most_reships_of_order", models.IntegerField(default=0)),
                ("most_reships_a_day", models.IntegerField(default=0)),
                ("reship_fee", models.DecimalField(decimal_places=2, default=0, max_digits=12)),
                ("currency", models.CharField(default="EUR", max_length=3)),
                ("reasons", models.JSONField(default=list)),
                ("sends_events", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "client",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="users",
                        to="clients.client",
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("email", models.EmailField(max_length=254, unique=True)),
                ("name", models.CharField(max_length=200)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("viewer", "viewer"),
                            ("agent", "agent"),
                            ("manager", "manager"),
                            ("packer", "packer"),
                            ("operator", "operator"),
                            ("admin", "admin"),
                        ],
                        max_length=10,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("client__isnull", False),
                                (
                                    "role__in",
                                    [
                                        reship.clients.roles.Role["AGENT"],
                                        reship.clients.roles.Role["MANAGER"],
                                        reship.clients.roles.Role["VIEWER"],
                                    ],
                                ),
                            ),
                            models.Q(
                                ("client__isnull", True),
                                (
                                    "role__in",
                                    [
                                        reship.clients.roles.Role["ADMIN"],
                                        reship.clients.roles.Role["OPERATOR"],
                                        reship.clients.roles.Role["PACKER"],
                                    ],
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="user_role_matches_client",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clients.client"
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("prefix", models.CharField(max_length=16, unique=True)),
                ("digest", models.CharField(max_length=64)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("viewer", "viewer"),
                            ("agent", "agent"),
                            ("manager", "manager"),
                            ("packer", "packer"),
                            ("operator", "operator"),
                            ("admin", "admin"),
                        ],
                        max_length=10,
                    ),
                ),
                ("scopes", models.JSONField(default=list)),
                ("requests_a_minute", models.IntegerField(default=600)),
                ("made_by", models.CharField(max_length=200)),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("revoked_by", models.CharField(blank=True, max_length=200)),
                (
                    "maker",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "rolled_into",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clients.apikey",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ApiKeyUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("minute", models.BigIntegerField()),
                ("taken", models.IntegerField()),
                ("last_used_at", models.DateTimeField()),
                (
                    "key",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="use", to="clients.apikey"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "digest"), name="recoverycode_user_digest")],
            },
        ),
        migrations.CreateModel(
            name="SecondStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("secret", models.TextField()),
                ("turned_on_at", models.DateTimeField(null=True)),
                ("last_counter", models.BigIntegerField(default=0)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("device", models.CharField(blank=True, max_length=300)),
                ("address", models.CharField(blank=True, max_length=60)),
                ("signed_in_at", models.DateTimeField(null=True)),
                ("seen_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="AccountEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "client",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clients.client"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("what", models.CharField(max_length=40)),
                ("facts", models.JSONField(default=dict)),
                ("actor", models.CharField(max_length=200)),
                ("address", models.CharField(blank=True, max_length=60)),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                "indexes": [models.Index(fields=["-at", "-id"], name="accountevent_list")],
            },
        ),
    ]
