"""What the files of a source say of each person's agreement: a column that is null costs nothing to add."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0032_import_writing_began_at")]

    operations = [
        migrations.AddField(model_name="contactsource", name="said", field=models.JSONField(null=True)),
    ]
