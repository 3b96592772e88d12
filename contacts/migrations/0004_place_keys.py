from pathlib import Path

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import contacts.models.contact

SQL = Path(__file__).parent / "sql"
DROP = (
    "DROP FUNCTION fold_place(text); DROP FUNCTION clean_postcode(text); DROP FUNCTION clean_insee_code(text)"
)


class Migration(migrations.Migration):
    """Finding a commune from what people write, and which reference file is loaded."""

    dependencies = [("contacts", "0003_append_only")]
    operations = [
        migrations.RunSQL((SQL / "place_keys.sql").read_text(encoding="utf-8"), DROP),
        migrations.CreateModel(
            name="ReferenceData",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("version", models.CharField(max_length=100)),
                ("sha256", models.CharField(max_length=64)),
                ("loaded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="TerritoryAlias",
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
                            ("code", "INSEE code"),
                            ("name_postcode", "Postcode and name"),
                            ("name_department", "Department and name"),
                            ("postcode", "Postcode alone"),
                            ("name", "Name alone"),
                        ],
                        max_length=16,
                    ),
                ),
                ("key", models.CharField(max_length=130)),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="aliases",
                        to="contacts.territory",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("rule", "key"), name="territory_alias_key_unique")
                ],
            },
        ),
        migrations.AddField(
            model_name="territory",
            name="name_folded",
            field=models.GeneratedField(
                db_persist=True,
                expression=contacts.models.contact.Fold(models.F("name")),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddIndex(
            model_name="territory",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(models.F("name_folded"), "text_pattern_ops"),
                name="territory_name_prefix",
            ),
        ),
    ]
