"""What files confirm is kept by what they say, with each of them: the newest may be undone, and those before it
still stand. Of values of fields the value is kept too, as a mark: an older file is no witness of a newer value.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
ALTER TABLE contacts_importconfirmation
    ADD COLUMN said uuid, ADD COLUMN runs bigint[], ADD COLUMN days timestamptz[];
UPDATE contacts_importconfirmation SET runs = ARRAY[import_run_id], days = ARRAY[as_of],
    what = ARRAY(SELECT one FROM unnest(what) AS one WHERE one NOT LIKE 'field:%' AND one NOT LIKE 'extra:%');
UPDATE contacts_importconfirmation SET said = md5(array_to_string(what, ' '))::uuid;
DELETE FROM contacts_importconfirmation WHERE what = '{}';
ALTER TABLE contacts_importconfirmation
    DROP CONSTRAINT contacts_importconfirmation_pkey,
    ALTER COLUMN said SET NOT NULL, ALTER COLUMN runs SET NOT NULL, ALTER COLUMN days SET NOT NULL,
    ADD CONSTRAINT contacts_importconfirmation_pkey PRIMARY KEY (contact_id, source_id, said),
    DROP COLUMN import_run_id, DROP COLUMN as_of;
"""
BACKWARD = """
DELETE FROM contacts_importconfirmation AS own USING contacts_importconfirmation AS other
WHERE own.contact_id = other.contact_id AND own.source_id = other.source_id
  AND (own.runs[cardinality(own.runs)], own.said) < (other.runs[cardinality(other.runs)], other.said);
ALTER TABLE contacts_importconfirmation
    ADD COLUMN import_run_id bigint REFERENCES contacts_import (id) DEFERRABLE INITIALLY DEFERRED,
    ADD COLUMN as_of timestamptz;
UPDATE contacts_importconfirmation
SET import_run_id = runs[cardinality(runs)], as_of = days[cardinality(days)];
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE contacts_importconfirmation
    DROP CONSTRAINT contacts_importconfirmation_pkey,
    ALTER COLUMN import_run_id SET NOT NULL,
    ADD CONSTRAINT contacts_importconfirmation_pkey PRIMARY KEY (contact_id, source_id),
    DROP COLUMN said, DROP COLUMN runs, DROP COLUMN days;
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0056_electors_of_requests")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(FORWARD, BACKWARD)],
            state_operations=[
                migrations.DeleteModel("ImportConfirmation"),
                migrations.CreateModel(
                    name="ImportConfirmation",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "contact_id",
                                "source_id",
                                "said",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("said", models.UUIDField()),
                        (
                            "what",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.TextField(), size=None
                            ),
                        ),
                        (
                            "runs",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), size=None
                            ),
                        ),
                        (
                            "days",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.DateTimeField(null=True), size=None
                            ),
                        ),
                        (
                            "contact",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="confirmations",
                                to="contacts.contact",
                            ),
                        ),
                        (
                            "source",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="contacts.source",
                            ),
                        ),
                    ],
                ),
            ],
        )
    ]
