"""Elections, their rounds, and the silence of each, by the place where people live."""

import datetime

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0041_import_confirmations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Election",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, unique=True, verbose_name="name")),
                (
                    "suffrage",
                    models.CharField(
                        choices=[
                            ("presidential", "Presidential election"),
                            ("legislative", "Legislative election"),
                            ("european", "European election"),
                            ("referendum", "Referendum"),
                            ("municipal", "Municipal election"),
                            ("departmental", "Departmental election"),
                            ("regional", "Regional election"),
                        ],
                        max_length=16,
                        verbose_name="election",
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="contacts.territory",
                        verbose_name="where",
                    ),
                ),
            ],
            options={
                "verbose_name": "election",
            },
        ),
        migrations.CreateModel(
            name="ElectionRound",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="round")),
                ("day", models.DateField(verbose_name="voting day")),
                ("closes_at", models.TimeField(default=datetime.time(20, 0), verbose_name="polls close at")),
                (
                    "election",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rounds",
                        to="contacts.election",
                    ),
                ),
            ],
            options={
                "verbose_name": "round of voting",
                "ordering": ["day"],
            },
        ),
        migrations.CreateModel(
            name="SilenceWindow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "areas",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80), default=list, size=None
                    ),
                ),
                ("begins_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "round",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="windows",
                        to="contacts.electionround",
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contacts.territory",
                    ),
                ),
            ],
            options={
                "verbose_name": "electoral silence",
            },
        ),
        migrations.AddConstraint(
            model_name="election",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "suffrage__in",
                        [
                            "presidential",
                            "legislative",
                            "european",
                            "referendum",
                            "municipal",
                            "departmental",
                            "regional",
                        ],
                    )
                ),
                name="election_suffrage_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="electionround",
            constraint=models.UniqueConstraint(fields=("election", "number"), name="election_round_once"),
        ),
        migrations.AddConstraint(
            model_name="electionround",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__in", [1, 2])), name="election_round_1_or_2"
            ),
        ),
        migrations.AddIndex(
            model_name="silencewindow",
            index=models.Index(fields=["ends_at"], name="silence_ends_at"),
        ),
        migrations.AddConstraint(
            model_name="silencewindow",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("begins_at"))), name="silence_ends_after"
            ),
        ),
    ]
