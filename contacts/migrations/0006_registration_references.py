from pathlib import Path

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

import contacts.models.electoral_registration

SQL = Path(__file__).parent / "sql"
DROP = """
DROP TRIGGER registration_inserted ON contacts_electoralregistration;
DROP TRIGGER registration_updated ON contacts_electoralregistration;
DROP TRIGGER registration_refers ON contacts_territory;
DROP TRIGGER registration_refers ON contacts_source;
DROP TRIGGER registration_refers ON contacts_import;
DROP FUNCTION registration_references_exist();
DROP FUNCTION registration_still_refers();
"""


class Migration(migrations.Migration):
    """Rows of sources remembered; references of electors held a statement at a time."""

    dependencies = [
        ("contacts", "0005_address_hashes"),
    ]

    operations = [
        migrations.CreateModel(
            name="SourceRow",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "source_id", "digest", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("digest", models.UUIDField()),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contacts.source"
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="source_rows",
                        to="contacts.contact",
                    ),
                ),
                (
                    "created_by_import",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to="contacts.import"
                    ),
                ),
            ],
        ),
        migrations.RemoveIndex(
            model_name="electoralregistration",
            name="registration_name_prefix",
        ),
        migrations.AlterField(
            model_name="electoralregistration",
            name="commune",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contacts.territory",
            ),
        ),
        migrations.AlterField(
            model_name="electoralregistration",
            name="contact",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="registrations",
                to="contacts.contact",
            ),
        ),
        migrations.AlterField(
            model_name="electoralregistration",
            name="created_by_import",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="created_registrations",
                to="contacts.import",
            ),
        ),
        migrations.AlterField(
            model_name="electoralregistration",
            name="polling_station",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="registrations",
                to="contacts.territory",
            ),
        ),
        migrations.AlterField(
            model_name="electoralregistration",
            name="source",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="registrations",
                to="contacts.source",
            ),
        ),
        migrations.AddIndex(
            model_name="electoralregistration",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(models.F("name_folded"), "text_pattern_ops"),
                models.F("birth_date"),
                name="registration_name_prefix",
            ),
        ),
        migrations.AddIndex(
            model_name="electoralregistration",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(
                    contacts.models.electoral_registration.FoldedUsedName(
                        models.F("used_name"), models.F("first_names")
                    ),
                    "text_pattern_ops",
                ),
                models.F("birth_date"),
                condition=models.Q(("used_name", ""), _negated=True),
                name="registration_used_name",
            ),
        ),
        migrations.RunSQL((SQL / "registration_references.sql").read_text(encoding="utf-8"), DROP),
    ]
