"""Codes of polling stations have four digits, whatever a spreadsheet made of "0001".

A station that exists under both codes keeps both: the next roll of its commune uses the longer one.
"""

from django.db import migrations

FORWARDS = """
UPDATE contacts_territory AS station SET code = wanted.code
FROM (
    SELECT id, split_part(code, '-', 1) || '-' || lpad(split_part(code, '-', 2), 4, '0') AS code
    FROM contacts_territory
    WHERE kind = 'polling_station' AND code ~ '^[0-9][0-9AB][0-9]{3}-[0-9]{1,3}$'
) AS wanted
WHERE station.id = wanted.id AND NOT EXISTS (
    SELECT FROM contacts_territory AS other WHERE other.kind = 'polling_station' AND other.code = wanted.code)
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0030_roll_coverage")]

    operations = [migrations.RunSQL(FORWARDS, migrations.RunSQL.noop)]
