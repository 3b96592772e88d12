from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"
BEFORE = (
    "DROP TRIGGER delivery_transition ON messaging_delivery; DROP FUNCTION crm_check_delivery_transition();"
)


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0028_messages_set_apart"),
    ]

    operations = [
        migrations.RunSQL(
            (SQL / "delivery_transitions_when.sql").read_text(),
            BEFORE + (SQL / "delivery_transitions.sql").read_text(),
        ),
    ]
