"""The ledger of erasures."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0044_person_requests"),
    ]

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.BigIntegerField()),
                ("created_at", models.DateTimeField()),
                ("hashes", models.JSONField(default=dict)),
                ("request", models.BigIntegerField(null=True)),
                ("hidden_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("gone_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "erasure",
                "constraints": [
                    models.UniqueConstraint(fields=("number", "created_at"), name="erasure_once")
                ],
            },
        ),
    ]
