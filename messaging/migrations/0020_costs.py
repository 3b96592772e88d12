"""What mailings cost, and the invoices of the campaign accounts."""

import uuid

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0046_retention"),
        ("messaging", "0019_mailing_resumed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CampaignCost",
            fields=[
                (
                    "campaign",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="cost",
                        serialize=False,
                        to="messaging.campaign",
                    ),
                ),
                ("accepted", models.PositiveIntegerField(default=0)),
                ("unpriced", models.PositiveIntegerField(default=0)),
                ("computed", models.DecimalField(decimal_places=4, default=0, max_digits=12)),
                ("computed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "override",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="real cost",
                    ),
                ),
                ("override_reason", models.CharField(blank=True, max_length=300, verbose_name="why")),
            ],
            options={
                "verbose_name": "cost of a mailing",
            },
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("number", models.CharField(max_length=60, verbose_name="number")),
                ("issued_on", models.DateField(verbose_name="date")),
                ("supplier", models.CharField(max_length=150, verbose_name="supplier")),
                ("what", models.CharField(blank=True, max_length=300, verbose_name="what it is for")),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=12,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="amount, VAT included",
                    ),
                ),
                (
                    "payer",
                    models.CharField(
                        choices=[
                            ("agent", "The financial agent"),
                            ("candidate", "The candidate"),
                            ("party", "A party"),
                            ("other", "Somebody else"),
                        ],
                        default="agent",
                        max_length=12,
                        verbose_name="paid by",
                    ),
                ),
                (
                    "heading",
                    models.CharField(
                        choices=[
                            ("supplies", "Office supplies and purchases"),
                            ("premises", "Rent of premises"),
                            ("equipment", "Rent of equipment"),
                            ("staff", "Staff"),
                            ("advice", "Fees and advice in communication"),
                            ("accountant", "Chartered accountant"),
                            ("print", "Printed matter"),
                            ("press", "Publications and press"),
                            ("audiovisual", "Audiovisual production"),
                            ("online", "Websites and online services"),
                            ("meetings", "Public meetings"),
                            ("polls", "Surveys and polls"),
                            ("travel", "Transport and travel"),
                            ("postage", "Postage and distribution"),
                            ("phone", "Telephone and SMS"),
                            ("receptions", "Receptions"),
                            ("bank", "Financial costs"),
                            ("other", "Sundries"),
                        ],
                        max_length=16,
                        verbose_name="heading",
                    ),
                ),
                (
                    "account_number",
                    models.CharField(
                        blank=True,
                        help_text="As printed in the form of your election’s accounts, such as 616.",
                        max_length=12,
                        verbose_name="account number",
                    ),
                ),
                (
                    "is_free_service",
                    models.BooleanField(default=False, verbose_name="free service, put at its value"),
                ),
                (
                    "is_from_company",
                    models.BooleanField(
                        default=False, verbose_name="given by a company or another legal person"
                    ),
                ),
                ("file_name", models.CharField(blank=True, max_length=150, verbose_name="file")),
                ("file_type", models.CharField(blank=True, max_length=20)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "campaigns",
                    models.ManyToManyField(
                        blank=True,
                        related_name="invoices",
                        to="messaging.campaign",
                        verbose_name="mailings it pays for",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "election",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="contacts.election",
                        verbose_name="election",
                    ),
                ),
            ],
            options={
                "verbose_name": "invoice",
                "indexes": [models.Index(fields=["-issued_on", "-id"], name="invoice_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("supplier", "number"),
                        name="invoice_once",
                        violation_error_message="This supplier’s invoice is there already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 0)), name="invoice_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "heading__in",
                                [
                                    "supplies",
                                    "premises",
                                    "equipment",
                                    "staff",
                                    "advice",
                                    "accountant",
                                    "print",
                                    "press",
                                    "audiovisual",
                                    "online",
                                    "meetings",
                                    "polls",
                                    "travel",
                                    "postage",
                                    "phone",
                                    "receptions",
                                    "bank",
                                    "other",
                                ],
                            )
                        ),
                        name="invoice_heading_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnitCost",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("email", "E-mail"), ("sms", "SMS"), ("call", "Call"), ("post", "Post")],
                        default="email",
                        max_length=8,
                        verbose_name="channel",
                    ),
                ),
                ("since", models.DateField(verbose_name="since")),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=6,
                        max_digits=9,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="euros a message, VAT included",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="messaging.provideraccount",
                        verbose_name="way out",
                    ),
                ),
            ],
            options={
                "verbose_name": "unit cost",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "channel", "since"),
                        name="unit_cost_once_a_day",
                        violation_error_message="There is a cost from this day on already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 0)), name="unit_cost_not_negative"
                    ),
                ],
            },
        ),
    ]
