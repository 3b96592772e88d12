"""Memberships: when people joined and left. Whoever was called a member before, without an act, keeps one."""

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from campaign_crm.platform.row_security import person_in_scope, tear_down, wall

KEPT_LABELS = """
INSERT INTO contacts_membership (contact_id, left_on, proof, at)
SELECT person.id, CASE WHEN person.relationship = 'former' THEN person.updated_at::date END,
       '{"how": "label"}', now()
FROM contacts_contact AS person
WHERE person.relationship IN ('member', 'former') AND (person.relationship = 'former' OR NOT EXISTS (
    SELECT FROM contacts_contactsource AS link JOIN contacts_source AS source ON source.id = link.source_id
    WHERE link.contact_id = person.id AND source.lawful_basis = 'member'))
"""


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0059_support_levels"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("joined_on", models.DateField(null=True, verbose_name="joined on")),
                ("left_on", models.DateField(null=True, verbose_name="left on")),
                ("proof", models.JSONField(default=dict, verbose_name="proof")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="moment"
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
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
                "verbose_name": "membership",
                "verbose_name_plural": "memberships",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("left_on__isnull", True)),
                        fields=("contact",),
                        name="membership_one_at_a_time",
                        violation_error_message="This person is a member already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("left_on__isnull", True),
                            ("joined_on__isnull", True),
                            ("left_on__gte", models.F("joined_on")),
                            _connector="OR",
                        ),
                        name="membership_ends_after_it_begins",
                        violation_error_message="Nobody leaves before they joined: look at the two days.",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="history_i",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('contact_id', 'id', '', '')",
                    func="RETURN NULL;",
                    hash="60a4bcf4176c1c9c4592d2d1735377ee42617c58",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_history_i_03bd9",
                    referencing="REFERENCING NEW TABLE AS after_rows ",
                    table="contacts_membership",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="history_u",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('contact_id', 'id', '', '')",
                    func="RETURN NULL;",
                    hash="6503f2fcd9bcca5affe16050b1930f0696fb4cde",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_history_u_9b300",
                    referencing="REFERENCING OLD TABLE AS before_rows  NEW TABLE AS after_rows ",
                    table="contacts_membership",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="history_d",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    execute="crm_keep_history('contact_id', 'id', '', '')",
                    func="RETURN NULL;",
                    hash="ab7fe815ff6b3895329ed9a6b7e4c908ce88523e",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_history_d_1e419",
                    referencing="REFERENCING OLD TABLE AS before_rows ",
                    table="contacts_membership",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL(
            wall("contacts_membership", person_in_scope("contact_id")), tear_down("contacts_membership")
        ),
        migrations.RunSQL(KEPT_LABELS, migrations.RunSQL.noop),
    ]
