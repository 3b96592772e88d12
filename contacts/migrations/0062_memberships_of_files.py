"""Memberships that a file told are that file's, so that its undo takes them back."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0061_rules_asked")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="created_by_import",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, to="contacts.import"
            ),
        ),
    ]
