from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"
BEFORE = r"""
CREATE OR REPLACE FUNCTION bare_name(last text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN replace(regexp_replace(
        last, '^(?:(?:de la|de l|d|de|des|du|la|le|les|da|van der|van den|van|von|ben|el|al) )+(?=.)', ''), ' ', '')
"""


class Migration(migrations.Migration):
    """ "St Martin" and "Saint-Martin" are one last name."""

    dependencies = [("contacts", "0028_source_growth")]
    operations = [migrations.RunSQL((SQL / "saints.sql").read_text(encoding="utf-8"), BEFORE)]
