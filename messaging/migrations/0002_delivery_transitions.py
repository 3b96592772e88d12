from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql" / "delivery_transitions.sql"
REVERSE = """
DROP TRIGGER delivery_transition ON messaging_delivery;
DROP FUNCTION crm_check_delivery_transition();
"""


class Migration(migrations.Migration):
    """The database itself refuses a move that the ledger does not know; an e-mail address gets one message."""

    dependencies = [("messaging", "0001_initial")]
    operations = [
        migrations.RunSQL(SQL.read_text(), REVERSE),
        migrations.RemoveField("campaign", "one_per_address"),
    ]
