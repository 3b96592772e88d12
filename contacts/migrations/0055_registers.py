"""Additions to registers, and incidents."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import campaign_crm.platform.sealed


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0054_row_security"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Incident",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=150, verbose_name="what happened, in a few words")),
                (
                    "description",
                    campaign_crm.platform.sealed.SealedText(blank=True, verbose_name="what is known"),
                ),
                ("known_at", models.DateTimeField(verbose_name="known since")),
                ("happened_from", models.DateField(blank=True, null=True, verbose_name="began on")),
                ("happened_until", models.DateField(blank=True, null=True, verbose_name="ended on")),
                (
                    "risk",
                    models.CharField(
                        choices=[
                            ("none", "No risk for people"),
                            ("risk", "A risk: the authority is told"),
                            ("high", "A high risk: people are told too"),
                        ],
                        default="risk",
                        max_length=6,
                        verbose_name="risk",
                    ),
                ),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=16), blank=True, default=list, size=None
                    ),
                ),
                ("concerned", models.JSONField(default=dict)),
                ("counted_at", models.DateTimeField(null=True)),
                (
                    "measures",
                    campaign_crm.platform.sealed.SealedText(blank=True, verbose_name="what was done"),
                ),
                ("authority_told_at", models.DateTimeField(null=True)),
                ("people_told_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("sources", models.ManyToManyField(blank=True, to="contacts.source")),
            ],
            options={
                "verbose_name": "incident",
            },
        ),
        migrations.CreateModel(
            name="RegisterNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("document", models.CharField(max_length=12)),
                ("key", models.CharField(max_length=40)),
                ("text", models.TextField(blank=True)),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "updated_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "addition to a register",
                "constraints": [
                    models.UniqueConstraint(fields=("document", "key"), name="register_note_once")
                ],
            },
        ),
    ]
