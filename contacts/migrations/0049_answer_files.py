"""Files of answers to requests."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import campaign_crm.platform.sealed


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0048_as_of"),
    ]

    operations = [
        migrations.CreateModel(
            name="AnswerFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "form",
                    models.CharField(
                        choices=[("pdf", "PDF"), ("json", "JSON"), ("csv", "CSV")], max_length=4
                    ),
                ),
                ("content", campaign_crm.platform.sealed.SealedText()),
                ("bytes", models.PositiveIntegerField()),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="made"
                    ),
                ),
                ("expires_at", models.DateTimeField(verbose_name="until")),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="files",
                        to="contacts.personrequest",
                    ),
                ),
            ],
            options={
                "verbose_name": "file of an answer",
                "constraints": [models.UniqueConstraint(fields=("request", "form"), name="answer_file_once")],
            },
        ),
    ]
