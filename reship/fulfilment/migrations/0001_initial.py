import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("clients", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="RequestKey",
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
                ("key", models.CharField(max_length=200)),
                ("input_hash", models.CharField(max_length=64)),
                ("answer", models.TextField(blank=True)),
                ("made_at", models.DateTimeField()),
                ("kept_until", models.DateTimeField(null=True)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("kept_until__isnull", False)),
                        fields=["client", "kept_until"],
                        name="requestkey_kept",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "id"), name="requestkey_client_id"),
                    models.UniqueConstraint(fields=("client", "key"), name="requestkey_client_key"),
                ],
            },
        ),
    ]
