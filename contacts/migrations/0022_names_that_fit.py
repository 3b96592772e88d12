from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"
DROP = (
    "DROP FUNCTION last_names_fit(text, text, text, text); DROP FUNCTION bare_name(text);"
    " DROP FUNCTION one_slip(text, text)"
)


class Migration(migrations.Migration):
    """Last names that may be one person's, for the certain rules of imports."""

    dependencies = [("contacts", "0021_likely_pairs_by_index")]
    operations = [migrations.RunSQL((SQL / "names_that_fit.sql").read_text(encoding="utf-8"), DROP)]
