"""How long data stays: elections of sources, rules, purges, their certificates, and frozen figures of rolls."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

APPEND_ONLY = """
CREATE TRIGGER purge_certificate_append_only BEFORE UPDATE OR DELETE ON contacts_purgecertificate
    FOR EACH ROW EXECUTE FUNCTION crm_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0045_erasures"),
        ("platform", "0008_second_step_asked"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="source",
            name="elections",
            field=models.ManyToManyField(
                blank=True,
                help_text="A roll goes some days after the last of them: tick none, and nothing says when.",
                related_name="sources",
                to="contacts.election",
                verbose_name="elections it is kept for",
            ),
        ),
        migrations.CreateModel(
            name="Purge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "rule",
                    models.CharField(
                        choices=[
                            ("roll", "After the vote"),
                            ("rental", "At the end of the licence"),
                            ("last_sign", "After the last sign of life"),
                        ],
                        max_length=12,
                        verbose_name="rule",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("announced", "Announced"),
                            ("running", "Under way"),
                            ("done", "Done"),
                            ("stale", "Its rule has changed since"),
                        ],
                        default="announced",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("terms", models.JSONField()),
                ("counted", models.JSONField(default=dict)),
                ("counted_at", models.DateTimeField()),
                ("announced_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("due_on", models.DateField(verbose_name="goes on")),
                ("gone", models.JSONField(default=dict)),
                ("ids_digest", models.BinaryField(default=bytes, max_length=32)),
                ("began_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "job",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to="platform.job"
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="purges",
                        to="contacts.source",
                        verbose_name="source",
                    ),
                ),
            ],
            options={
                "verbose_name": "purge",
            },
        ),
        migrations.CreateModel(
            name="PurgeCertificate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source_name", models.CharField(blank=True, max_length=150, verbose_name="source")),
                ("content", models.JSONField()),
                ("ids_digest", models.BinaryField(max_length=32)),
                ("seal", models.BinaryField(max_length=32)),
                ("issued_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "purge",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificate",
                        to="contacts.purge",
                    ),
                ),
            ],
            options={
                "verbose_name": "certificate",
            },
        ),
        migrations.CreateModel(
            name="RetentionRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "rule",
                    models.CharField(
                        choices=[
                            ("roll", "After the vote"),
                            ("rental", "At the end of the licence"),
                            ("last_sign", "After the last sign of life"),
                        ],
                        max_length=12,
                        verbose_name="rule",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("roll", "Electoral roll"),
                            ("address_book", "Address book"),
                            ("broker_purchase", "Broker file, bought"),
                            ("broker_rental", "Broker file, rented"),
                            ("form", "Form"),
                            ("api", "Website (API)"),
                            ("hand", "Typed by hand"),
                            ("opt_out", "Opt-out file"),
                        ],
                        max_length=20,
                        verbose_name="kind of source",
                    ),
                ),
                (
                    "relationship",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("member", "Member"),
                            ("former", "Former member"),
                            ("regular", "Regular contact"),
                            ("occasional", "Occasional contact"),
                            ("roll_only", "Electoral roll only"),
                        ],
                        max_length=16,
                        verbose_name="relationship",
                    ),
                ),
                ("amount", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="how long")),
                (
                    "changed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="changed"
                    ),
                ),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "retention rule",
            },
        ),
        migrations.CreateModel(
            name="StationAggregate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "sex",
                    models.CharField(
                        blank=True, choices=[("F", "Woman"), ("M", "Man")], max_length=1, verbose_name="sex"
                    ),
                ),
                ("age_from", models.PositiveSmallIntegerField(null=True)),
                ("age_to", models.PositiveSmallIntegerField(null=True)),
                ("age_unknown", models.BooleanField(default=False)),
                ("electors", models.PositiveIntegerField(verbose_name="electors")),
                (
                    "commune",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contacts.territory"
                    ),
                ),
                (
                    "polling_station",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contacts.territory",
                    ),
                ),
                (
                    "purge",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="aggregates",
                        to="contacts.purge",
                    ),
                ),
            ],
            options={
                "verbose_name": "frozen figure of a polling station",
            },
        ),
        migrations.AddIndex(
            model_name="purge",
            index=models.Index(fields=["state", "due_on"], name="purge_due"),
        ),
        migrations.AddConstraint(
            model_name="purge",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["announced", "running"])),
                fields=("rule", "source"),
                name="purge_ahead_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="retentionrule",
            constraint=models.UniqueConstraint(
                fields=("rule", "kind", "relationship"), name="retention_rule_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="retentionrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("rule__in", ["roll", "rental", "last_sign"])), name="retention_rule_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="retentionrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("rule", "last_sign"), models.Q(("kind", ""), ("relationship", "")), _connector="OR"
                ),
                name="retention_exceptions_of_last_sign",
            ),
        ),
        migrations.AddIndex(
            model_name="stationaggregate",
            index=models.Index(
                fields=["purge", "commune", "polling_station"], name="station_aggregate_place"
            ),
        ),
        migrations.AddConstraint(
            model_name="stationaggregate",
            constraint=models.CheckConstraint(
                condition=models.Q(("electors__gte", 10)), name="station_aggregate_anonymous"
            ),
        ),
        migrations.RunSQL(
            APPEND_ONLY, "DROP TRIGGER purge_certificate_append_only ON contacts_purgecertificate"
        ),
    ]
