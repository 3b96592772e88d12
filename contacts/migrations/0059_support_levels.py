"""Support levels, behind the wall of their person; segments that read them."""

import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from campaign_crm.platform.row_security import person_in_scope, tear_down, wall


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0058_history_of_more"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="segment",
            name="tells_support",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.CreateModel(
            name="SupportLevel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (5, "Strong support"),
                            (4, "Leans towards us"),
                            (3, "Undecided"),
                            (2, "Leans against us"),
                            (1, "Against us"),
                        ],
                        verbose_name="support",
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="moment")),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="support_levels",
                        to="contacts.contact",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "support level",
                "verbose_name_plural": "support levels",
                "indexes": [models.Index(fields=["contact", "-at", "-id"], name="support_newest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("level__in", [5, 4, 3, 2, 1])), name="support_level_known"
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="supportlevel",
            trigger=pgtrigger.compiler.Trigger(
                name="history_i",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('contact_id', 'id', '', 'level')",
                    func="RETURN NULL;",
                    hash="b6e1dce36d01a2f1cff31aa1dc9e3955068cc211",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_history_i_fa71b",
                    referencing="REFERENCING NEW TABLE AS after_rows ",
                    table="contacts_supportlevel",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="supportlevel",
            trigger=pgtrigger.compiler.Trigger(
                name="history_u",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('contact_id', 'id', '', 'level')",
                    func="RETURN NULL;",
                    hash="e033dadf58995c40b73d90d56ccf22f2f8fdaadf",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_history_u_db918",
                    referencing="REFERENCING OLD TABLE AS before_rows  NEW TABLE AS after_rows ",
                    table="contacts_supportlevel",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="supportlevel",
            trigger=pgtrigger.compiler.Trigger(
                name="history_d",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('contact_id', 'id', '', 'level')",
                    func="RETURN NULL;",
                    hash="7a8133978857dde6b5dd97730f73567c8b741474",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_history_d_5cf83",
                    referencing="REFERENCING OLD TABLE AS before_rows ",
                    table="contacts_supportlevel",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL(
            wall("contacts_supportlevel", person_in_scope("contact_id")), tear_down("contacts_supportlevel")
        ),
    ]
