"""The question of opt-out files is asked of each source; earlier answers are those of the sources of then."""

import django.db.models.deletion
from django.db import migrations, models

# Constraints are checked at once, or the table could not be changed any more in the same transaction.
FORWARDS = """
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO contacts_optoutanswer (source_id, import_run_id, said_by_id, said_at)
SELECT DISTINCT ON (run.source_id) run.source_id, said.import_id, said.by_id, said.at
FROM contacts_import AS run
JOIN (SELECT NULL::bigint AS import_id, said_by_id AS by_id, said_at AS at
      FROM contacts_optoutanswer WHERE source_id IS NULL
      UNION ALL
      SELECT id, created_by_id, finished_at FROM contacts_import
      WHERE kind = 'suppression' AND state = 'done') AS said ON said.at >= run.created_at
WHERE run.kind IN ('address-book', 'broker') AND run.state = 'done' AND run.source_id IS NOT NULL
ORDER BY run.source_id, said.at;
DELETE FROM contacts_optoutanswer WHERE source_id IS NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0034_hamlets_are_addresses")]

    operations = [
        migrations.AddField(
            model_name="optoutanswer",
            name="import_run",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contacts.import",
                verbose_name="opt-out file",
            ),
        ),
        migrations.AddField(
            model_name="optoutanswer",
            name="source",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="opt_out_answers",
                to="contacts.source",
                verbose_name="source",
            ),
        ),
        migrations.RunSQL(FORWARDS, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="optoutanswer",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="opt_out_answers",
                to="contacts.source",
                verbose_name="source",
            ),
        ),
    ]
