"""Saved mappings remember how a file is read: encoding, separator, sheet, empty cells at the end."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0036_chosen_frequency")]

    operations = [
        migrations.AddField(
            model_name="mappingprofile", name="reading", field=models.JSONField(default=dict)
        ),
    ]
