from pathlib import Path

from django.db import migrations

CLOSED = (Path(__file__).parent / "sql" / "partitions_closed.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("platform", "0010_history")]

    operations = [migrations.RunSQL(CLOSED, migrations.RunSQL.noop)]
