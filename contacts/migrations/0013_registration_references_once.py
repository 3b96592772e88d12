from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """What electors refer to is read once a statement."""

    dependencies = [("contacts", "0012_registration_contact")]

    operations = [
        migrations.RunSQL(
            (SQL / "registration_references_once.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        ),
    ]
