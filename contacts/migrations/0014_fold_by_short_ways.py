from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """fold() takes a short way for most names; what it answers stays the same."""

    dependencies = [("contacts", "0013_registration_references_once")]

    operations = [migrations.RunSQL((SQL / "fold.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop)]
