"""Who is reached is estimated as it is: the three columns that say so depend on one another.

Taken one by one, the planner multiplies their shares and expects a sixteenth of the people, whom it then
looks up singly. Both statements hold up nobody's writing.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("contacts", "0038_birth_years")]

    operations = [
        migrations.RunSQL(
            "CREATE STATISTICS reach_open (mcv) ON channel, political, political_until FROM contacts_reach",
            "DROP STATISTICS reach_open",
        ),
        migrations.RunSQL("ANALYZE contacts_reach", migrations.RunSQL.noop),
    ]
