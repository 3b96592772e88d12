"""The history of changes: its tables, what writes it, and the triggers of our own tables."""

from pathlib import Path

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

from campaign_crm.platform.history_migrations import AddTriggerAlone
from campaign_crm.platform.partitions import CreatePartitionedModel

SQL = Path(__file__).parent / "sql" / "history.sql"
UNDO = """
DROP FUNCTION crm_forget_history_keys(); DROP FUNCTION crm_keep_history(); DROP FUNCTION crm_ensure_history_month(timestamptz);
DROP TABLE platform_historyspool; DROP SEQUENCE platform_history_number;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("platform", "0009_roles"),
    ]

    operations = [
        CreatePartitionedModel(
            partition_column="at",
            name="HistoryEntry",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "at", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="moment")),
                ("id", models.BigIntegerField()),
                ("table", models.CharField(max_length=63)),
                (
                    "operation",
                    models.CharField(
                        choices=[("I", "Added"), ("U", "Changed"), ("D", "Removed")], max_length=1
                    ),
                ),
                (
                    "fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=63), size=None
                    ),
                ),
                (
                    "objects_changed",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                (
                    "people",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), null=True, size=None
                    ),
                ),
                ("came_by", models.CharField(max_length=80)),
                ("import_id", models.BigIntegerField(null=True)),
            ],
            options={
                "verbose_name": "change",
            },
        ),
        migrations.CreateModel(
            name="HistoryKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("person", models.BigIntegerField(unique=True)),
                ("sealed_key", models.TextField()),
            ],
            options={
                "verbose_name": "key of earlier values",
            },
        ),
        CreatePartitionedModel(
            partition_column="at",
            name="HistoryValue",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "at",
                        "entry_id",
                        "object_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("entry_id", models.BigIntegerField()),
                ("object_id", models.BigIntegerField()),
                ("person", models.BigIntegerField()),
                ("sealed", models.BinaryField()),
            ],
            options={
                "verbose_name": "earlier value",
            },
        ),
        migrations.AddField(
            model_name="historyentry",
            name="actor",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="historyentry",
            index=django.contrib.postgres.indexes.GinIndex(fields=["people"], name="history_people"),
        ),
        migrations.AddIndex(
            model_name="historyentry",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("people__isnull", True)),
                fields=["objects_changed"],
                name="history_things",
            ),
        ),
        migrations.AddIndex(
            model_name="historyentry",
            index=models.Index(fields=["actor", "-at", "-id"], name="history_actor"),
        ),
        migrations.AddIndex(
            model_name="historyentry",
            index=models.Index(fields=["table", "-at", "-id"], name="history_table"),
        ),
        migrations.RunSQL(SQL.read_text(), UNDO),
        AddTriggerAlone(
            model_name="apikey",
            trigger=pgtrigger.compiler.Trigger(
                name="history_i",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', 'last_used_at', 'prefix,secret_hash')",
                    func="RETURN NULL;",
                    hash="3db2c6b8958b703b40a87c3c0032534a66fc9342",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_history_i_0fbee",
                    referencing="REFERENCING NEW TABLE AS after_rows ",
                    table="platform_apikey",
                    when="AFTER",
                ),
            ),
        ),
        AddTriggerAlone(
            model_name="apikey",
            trigger=pgtrigger.compiler.Trigger(
                name="history_u",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', 'last_used_at', 'prefix,secret_hash')",
                    func="RETURN NULL;",
                    hash="d240fba2bdf51aeeaee3d2ea3de60727326a365d",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_history_u_4cb32",
                    referencing="REFERENCING OLD TABLE AS before_rows  NEW TABLE AS after_rows ",
                    table="platform_apikey",
                    when="AFTER",
                ),
            ),
        ),
        AddTriggerAlone(
            model_name="apikey",
            trigger=pgtrigger.compiler.Trigger(
                name="history_d",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', 'last_used_at', 'prefix,secret_hash')",
                    func="RETURN NULL;",
                    hash="a33a10cfd3beb060f8678f0a993fdd10a88fa15d",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_history_d_8c815",
                    referencing="REFERENCING OLD TABLE AS before_rows ",
                    table="platform_apikey",
                    when="AFTER",
                ),
            ),
        ),
        AddTriggerAlone(
            model_name="organisation",
            trigger=pgtrigger.compiler.Trigger(
                name="history_i",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', 'hash_key_fingerprint,first_admin_digest', '')",
                    func="RETURN NULL;",
                    hash="c34c3b458b39ecad960e55c8fa83b0e5c5b38eaa",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_history_i_5229c",
                    referencing="REFERENCING NEW TABLE AS after_rows ",
                    table="platform_organisation",
                    when="AFTER",
                ),
            ),
        ),
        AddTriggerAlone(
            model_name="organisation",
            trigger=pgtrigger.compiler.Trigger(
                name="history_u",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', 'hash_key_fingerprint,first_admin_digest', '')",
                    func="RETURN NULL;",
                    hash="83ab536a093eacb7c5e28a45df3705d0933eb18b",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_history_u_64a20",
                    referencing="REFERENCING OLD TABLE AS before_rows  NEW TABLE AS after_rows ",
                    table="platform_organisation",
                    when="AFTER",
                ),
            ),
        ),
        AddTriggerAlone(
            model_name="organisation",
            trigger=pgtrigger.compiler.Trigger(
                name="history_d",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', 'hash_key_fingerprint,first_admin_digest', '')",
                    func="RETURN NULL;",
                    hash="3f4454ba837944a0901231e681efda303aa64244",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_history_d_59524",
                    referencing="REFERENCING OLD TABLE AS before_rows ",
                    table="platform_organisation",
                    when="AFTER",
                ),
            ),
        ),
        AddTriggerAlone(
            model_name="user",
            trigger=pgtrigger.compiler.Trigger(
                name="history_i",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', 'last_login', 'password,email,full_name')",
                    func="RETURN NULL;",
                    hash="83271deed118958fff1f2aa3487c5828da912d0e",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_history_i_a5538",
                    referencing="REFERENCING NEW TABLE AS after_rows ",
                    table="platform_user",
                    when="AFTER",
                ),
            ),
        ),
        AddTriggerAlone(
            model_name="user",
            trigger=pgtrigger.compiler.Trigger(
                name="history_u",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', 'last_login', 'password,email,full_name')",
                    func="RETURN NULL;",
                    hash="e4135e6647fb81ccba7f6b3805fc08ca68838dbd",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_history_u_10377",
                    referencing="REFERENCING OLD TABLE AS before_rows  NEW TABLE AS after_rows ",
                    table="platform_user",
                    when="AFTER",
                ),
            ),
        ),
        AddTriggerAlone(
            model_name="user",
            trigger=pgtrigger.compiler.Trigger(
                name="history_d",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('', 'id', 'last_login', 'password,email,full_name')",
                    func="RETURN NULL;",
                    hash="120e53c13ca1aa272051deb0c59d9a1d77c5e4dd",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_history_d_52e83",
                    referencing="REFERENCING OLD TABLE AS before_rows ",
                    table="platform_user",
                    when="AFTER",
                ),
            ),
        ),
    ]
