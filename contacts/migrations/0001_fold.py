from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    initial = True
    dependencies = [("platform", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (SQL / "fold.sql").read_text(encoding="utf-8"),
            "DROP FUNCTION fold(text)",
        )
    ]
