from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """The person of an elector is held a statement at a time, like the elector's other references."""

    dependencies = [("contacts", "0011_one_main_point")]

    operations = [
        migrations.AlterField(
            model_name="electoralregistration",
            name="contact",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="registrations",
                to="contacts.contact",
            ),
        ),
        migrations.RunSQL(
            (SQL / "registration_contact.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        ),
    ]
