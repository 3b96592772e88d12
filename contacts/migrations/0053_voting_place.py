import django.db.models.deletion
from django.db import migrations, models

FILL = """
UPDATE contacts_contact AS person SET votes_in_id = voter.place
  FROM (SELECT DISTINCT ON (contact_id) contact_id, coalesce(polling_station_id, commune_id) AS place
          FROM contacts_electoralregistration WHERE contact_id IS NOT NULL AND left_on IS NULL
         ORDER BY contact_id, id DESC) AS voter
 WHERE voter.contact_id = person.id AND person.erased_at IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0052_rejects_sealed")]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="votes_in",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="contacts.territory",
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                condition=models.Q(votes_in__isnull=False), fields=["votes_in"], name="contact_votes_in"
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
