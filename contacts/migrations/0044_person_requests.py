"""What people ask of their data."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import campaign_crm.platform.sealed


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0043_grants"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PersonRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("access", "See their data"),
                            ("rectification", "Have it corrected"),
                            ("erasure", "Have it erased"),
                            ("objection", "No more messages"),
                            ("portability", "Take it along"),
                        ],
                        max_length=16,
                        verbose_name="what they ask",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "To handle"), ("answered", "Answered"), ("refused", "Refused")],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "came_by",
                    models.CharField(
                        choices=[
                            ("page", "Public page"),
                            ("email", "E-mail"),
                            ("hand", "Written down by the team"),
                        ],
                        max_length=8,
                        verbose_name="came by",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=200, verbose_name="name")),
                ("address", models.CharField(blank=True, max_length=254, verbose_name="e-mail")),
                ("address_hash", models.BinaryField(max_length=32, null=True)),
                ("language", models.CharField(default="fr", max_length=8, verbose_name="language")),
                ("words", campaign_crm.platform.sealed.SealedText(blank=True, verbose_name="in their words")),
                (
                    "channels",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[("email", "E-mail"), ("sms", "SMS"), ("call", "Call"), ("post", "Post")],
                            max_length=8,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "received_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="received"
                    ),
                ),
                ("due_on", models.DateField(verbose_name="answer due")),
                ("extended_at", models.DateTimeField(null=True)),
                (
                    "extension_reason",
                    models.CharField(blank=True, max_length=300, verbose_name="why it takes longer"),
                ),
                ("reminded", models.PositiveSmallIntegerField(default=0)),
                (
                    "identity",
                    models.CharField(
                        choices=[
                            ("unknown", "Not checked yet"),
                            ("asked", "Link sent"),
                            ("confirmed", "Confirmed by the link"),
                            ("shown", "Checked by the team"),
                        ],
                        default="unknown",
                        max_length=10,
                        verbose_name="identity",
                    ),
                ),
                ("identity_at", models.DateTimeField(null=True)),
                (
                    "identity_how",
                    models.CharField(blank=True, max_length=300, verbose_name="how it was checked"),
                ),
                ("answer", campaign_crm.platform.sealed.SealedText(blank=True, verbose_name="answer")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="answered")),
                ("origin", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="requests",
                        to="contacts.contact",
                        verbose_name="person",
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
                (
                    "handled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="handled_requests",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="handled by",
                    ),
                ),
            ],
            options={
                "verbose_name": "request",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "open")), fields=["due_on", "id"], name="request_due"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["access", "rectification", "erasure", "objection", "portability"])
                        ),
                        name="request_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", True), ("state", "open")),
                            models.Q(
                                models.Q(("state", "open"), _negated=True), ("closed_at__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="request_closed_at_a_moment",
                    ),
                ],
            },
        ),
    ]
