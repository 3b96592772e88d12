"""People’s data that leaves as a file: asked for, approved, made, taken, gone."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

from campaign_crm.platform.history_migrations import AddTriggerAlone


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0050_history"),
        ("platform", "0010_history"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Export",
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
                        choices=[("people", "People"), ("letters", "Letters to electors")],
                        default="people",
                        max_length=8,
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("calls", "Telephone round"),
                            ("doors", "Door to door"),
                            ("post", "Letters and leaflets"),
                            ("event", "Organising an event"),
                            ("check", "Checking and correcting the data"),
                            ("other", "Something else"),
                        ],
                        max_length=8,
                        verbose_name="what for",
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=500, verbose_name="in words")),
                ("scope", models.JSONField()),
                (
                    "territories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), null=True, size=None
                    ),
                ),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=16), size=None
                    ),
                ),
                ("rows", models.PositiveIntegerField(verbose_name="people")),
                ("written", models.PositiveIntegerField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits for approval"),
                            ("cooling", "Can still be stopped"),
                            ("making", "Being made"),
                            ("ready", "Ready"),
                            ("declined", "Not approved"),
                            ("cancelled", "Stopped"),
                            ("failed", "Failed"),
                            ("expired", "Deleted"),
                        ],
                        max_length=10,
                    ),
                ),
                ("requested_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("decided_at", models.DateTimeField(null=True)),
                ("answer", models.CharField(blank=True, max_length=500)),
                ("leaves_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("file_name", models.CharField(blank=True, max_length=40)),
                ("downloads", models.PositiveIntegerField(default=0)),
                (
                    "decided_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="platform.job",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exports",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "export",
                "indexes": [
                    models.Index(fields=["requested_by", "-id"], name="export_of_one"),
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "cooling", "making", "ready"])),
                        fields=["state"],
                        name="export_unfinished",
                    ),
                ],
            },
        ),
        AddTriggerAlone(
            model_name="export",
            trigger=pgtrigger.compiler.Trigger(
                name="history_i",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', 'job_id', '')",
                    func="RETURN NULL;",
                    hash="f97437b2edd9fff92082f34e363d42ff76b7d558",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_history_i_d2cfd",
                    referencing="REFERENCING NEW TABLE AS after_rows ",
                    table="contacts_export",
                    when="AFTER",
                ),
            ),
        ),
        AddTriggerAlone(
            model_name="export",
            trigger=pgtrigger.compiler.Trigger(
                name="history_u",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', 'job_id', '')",
                    func="RETURN NULL;",
                    hash="32ba3776cfaeddb49a71d95598615f64eceb8f52",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_history_u_90c82",
                    referencing="REFERENCING OLD TABLE AS before_rows  NEW TABLE AS after_rows ",
                    table="contacts_export",
                    when="AFTER",
                ),
            ),
        ),
        AddTriggerAlone(
            model_name="export",
            trigger=pgtrigger.compiler.Trigger(
                name="history_d",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', 'job_id', '')",
                    func="RETURN NULL;",
                    hash="53584900107eb562cebf9d5504219a64714a0cea",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_history_d_a5dc8",
                    referencing="REFERENCING OLD TABLE AS before_rows ",
                    table="contacts_export",
                    when="AFTER",
                ),
            ),
        ),
    ]
