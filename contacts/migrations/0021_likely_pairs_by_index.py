"""Two indexes by which people who may be one are found; built beside the work of others."""

import django.db.models.functions.text
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

import contacts.models.contact


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("contacts", "0020_opt_out_files")]

    operations = [
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(
                models.F("birth_date"),
                django.db.models.functions.text.Left(contacts.models.contact.Fold("first_name"), 1),
                condition=models.Q(("birth_date__isnull", False)),
                name="contact_birth_letter",
            ),
        ),
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(
                models.F("commune"),
                django.db.models.functions.text.Left("name_folded", 4),
                django.db.models.functions.text.Left(contacts.models.contact.Fold("first_name"), 1),
                condition=models.Q(("commune__isnull", False)),
                name="contact_place_name",
            ),
        ),
    ]
