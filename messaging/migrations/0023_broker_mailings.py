"""Mailings that brokers send to their own files, and opt-outs handed to them as hashes."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0022_row_security"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BrokerMailing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("broker", models.CharField(max_length=150, verbose_name="broker")),
                (
                    "proof",
                    models.TextField(
                        help_text="Where the contract and the broker’s proof of consent are kept.",
                        verbose_name="proof",
                    ),
                ),
                (
                    "origin_text",
                    models.CharField(
                        help_text="Completes “We write to you because…”, such as “you agreed that Exempla sends you…”.",
                        max_length=300,
                        verbose_name="why people get it",
                    ),
                ),
                ("leaves_at", models.DateTimeField(verbose_name="leaves at")),
                (
                    "expected",
                    models.PositiveIntegerField(
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="recipients, about",
                    ),
                ),
                (
                    "cost",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="cost in euros, VAT included",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("handed", "Handed to the broker"),
                            ("done", "Sent by the broker"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="planned",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("approved_version", models.CharField(blank=True, default="", max_length=64)),
                ("compiled", models.JSONField(null=True)),
                ("handed_at", models.DateTimeField(null=True)),
                ("sent", models.PositiveIntegerField(blank=True, null=True, verbose_name="sent")),
                ("delivered", models.PositiveIntegerField(blank=True, null=True, verbose_name="delivered")),
                ("opens", models.PositiveIntegerField(blank=True, null=True, verbose_name="opens")),
                ("clicks", models.PositiveIntegerField(blank=True, null=True, verbose_name="clicks")),
                (
                    "unsubscribes",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="unsubscribed"),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="broker_mailings",
                        to="messaging.campaign",
                        verbose_name="message",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "mailing by a broker",
            },
        ),
        migrations.CreateModel(
            name="OptOutHandOver",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("salt", models.CharField(blank=True, default="", max_length=64)),
                ("count", models.PositiveIntegerField()),
                ("unknown", models.PositiveIntegerField()),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("expires_at", models.DateTimeField()),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "mailing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hand_overs",
                        to="messaging.brokermailing",
                    ),
                ),
            ],
            options={
                "verbose_name": "opt-outs handed to a broker",
            },
        ),
        migrations.AddIndex(
            model_name="brokermailing",
            index=models.Index(fields=["leaves_at"], name="broker_mailing_day"),
        ),
        migrations.AddConstraint(
            model_name="brokermailing",
            constraint=models.UniqueConstraint(
                fields=("campaign", "broker"),
                name="broker_mailing_once",
                violation_error_message="This broker has this message already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="brokermailing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["handed", "done"]), _negated=True),
                    ("compiled__isnull", False),
                    _connector="OR",
                ),
                name="broker_mailing_frozen_when_handed",
            ),
        ),
    ]
