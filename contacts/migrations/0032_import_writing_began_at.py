"""From when an import may have written something: what decides whether it can be changed or undone."""

from django.db import migrations, models

FORWARDS = """
UPDATE contacts_import AS run SET writing_began_at = coalesce(run.finished_at, run.created_at)
WHERE run.state IN ('running', 'done', 'cancelled', 'undoing', 'undone')
   OR (run.state = 'failed' AND (
        run.counts <> '{}' OR run.options ? 'communes'
        OR EXISTS (SELECT FROM platform_job AS job
                   WHERE job.id = run.job_id AND job.kind <> 'contacts.import_preview')))
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0031_station_codes_of_four_digits")]

    operations = [
        migrations.AddField(
            model_name="import", name="writing_began_at", field=models.DateTimeField(null=True)
        ),
        migrations.RunSQL(FORWARDS, migrations.RunSQL.noop),
    ]
