"""Requests name electors; whoever was erased as one stays away from the next roll."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import campaign_crm.platform.sealed
from campaign_crm.platform.row_security import closed, opened


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0055_registers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ErasedElector",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.BigIntegerField()),
                ("bucket", models.SmallIntegerField(db_index=True)),
                (
                    "hashes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64), size=None
                    ),
                ),
                ("request", models.BigIntegerField(null=True)),
                ("erased_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "verbose_name": "erased elector",
            },
        ),
        migrations.RunSQL(closed("contacts_erasedelector"), opened("contacts_erasedelector")),
        migrations.AddField(
            model_name="personrequest",
            name="correction",
            field=campaign_crm.platform.sealed.SealedText(
                blank=True, default="", verbose_name="what is wrong on the roll"
            ),
        ),
        migrations.AddField(
            model_name="personrequest",
            name="electors",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="personrequest",
            name="letter_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="personrequest",
            name="identity",
            field=models.CharField(
                choices=[
                    ("unknown", "Not checked yet"),
                    ("asked", "Link sent"),
                    ("confirmed", "Confirmed by the link"),
                    ("letter", "Confirmed by a letter"),
                    ("shown", "Checked by the team"),
                ],
                default="unknown",
                max_length=10,
                verbose_name="identity",
            ),
        ),
        migrations.AddIndex(
            model_name="personrequest",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("electors", []), _negated=True),
                fields=["electors"],
                name="request_electors",
            ),
        ),
    ]
