from pathlib import Path

import django.contrib.postgres.indexes
import django.db.models.lookups
from django.db import connection, migrations, models

import contacts.models.contact_points
from campaign_crm.platform.database import lend_hash_key

SQL = Path(__file__).parent / "sql"


def hash_addresses(apps, schema_editor):
    """Rows of an installation that already has people; none on a new one."""
    lend_hash_key()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE contacts_emailaddress SET address_hash = crm_keyed_hash('email', normalised)")
        cursor.execute("UPDATE contacts_phonenumber SET address_hash = crm_keyed_hash('phone', e164)")


class Migration(migrations.Migration):
    """What the do-not-contact list compares, beside each address; and what the projection keeps of dates."""

    dependencies = [
        ("contacts", "0004_place_keys"),
    ]

    operations = [
        migrations.RunSQL(
            (SQL / "keyed_hash.sql").read_text(encoding="utf-8"),
            "DROP FUNCTION crm_keyed_hash(text, text); DROP FUNCTION national_number(text)",
        ),
        migrations.RemoveIndex(
            model_name="emailaddress",
            name="email_normalised",
        ),
        migrations.RemoveIndex(
            model_name="phonenumber",
            name="phone_e164",
        ),
        migrations.AddField(
            model_name="emailaddress",
            name="address_hash",
            field=models.BinaryField(default=b"", max_length=32),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="phonenumber",
            name="address_hash",
            field=models.BinaryField(default=b"", max_length=32),
            preserve_default=False,
        ),
        migrations.RunPython(hash_addresses, migrations.RunPython.noop),
        migrations.AddField(
            model_name="reach",
            name="broker_until",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="reach",
            name="political_until",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="reach",
            name="service_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("erased", "Being erased"),
                    ("suppressed", "On the do-not-contact list"),
                    ("withdrawn", "Withdrew their consent"),
                    ("no_address", "No usable address or number"),
                    ("bounced", "The address was returned"),
                    ("roll_only", "Known from the electoral roll only"),
                    ("licence_ended", "The licence of the file has ended"),
                    ("broker_only", "From a broker: only in a mailing to the whole file"),
                    ("no_basis", "Nothing allows this channel"),
                    ("no_targeting_consent", "Has not agreed to targeted messages"),
                    ("under_age", "Under 17"),
                    ("out_of_scope", "Outside your territory"),
                    ("same_address", "Shares the address of another recipient"),
                ],
                max_length=24,
            ),
        ),
        migrations.AddIndex(
            model_name="emailaddress",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(models.F("normalised"), "varchar_pattern_ops"),
                name="email_normalised",
            ),
        ),
        migrations.AddIndex(
            model_name="emailaddress",
            index=models.Index(fields=["address_hash"], name="email_hash"),
        ),
        migrations.AddIndex(
            model_name="phonenumber",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(models.F("e164"), "varchar_pattern_ops"),
                name="phone_e164",
            ),
        ),
        migrations.AddIndex(
            model_name="phonenumber",
            index=models.Index(fields=["address_hash"], name="phone_hash"),
        ),
        migrations.AddConstraint(
            model_name="emailaddress",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    contacts.models.contact_points.HashLength("address_hash"), 32
                ),
                name="email_hashed",
            ),
        ),
        migrations.AddConstraint(
            model_name="phonenumber",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    contacts.models.contact_points.HashLength("address_hash"), 32
                ),
                name="phone_hashed",
            ),
        ),
    ]
