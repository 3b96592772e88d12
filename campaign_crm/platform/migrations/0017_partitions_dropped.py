from pathlib import Path

from django.db import migrations

DROPPED = (Path(__file__).parent / "sql" / "partitions_dropped.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("platform", "0016_lineage")]

    operations = [migrations.RunSQL(DROPPED, "DROP FUNCTION crm_drop_partition(text, date)")]
