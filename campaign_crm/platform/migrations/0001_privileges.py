from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL((SQL / "privileges.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop)
    ]
