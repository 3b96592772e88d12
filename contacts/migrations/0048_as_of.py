"""What an import changed or confirmed is of a day: an older file does not pass for the newer one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0047_rulebook")]

    operations = [
        migrations.AddField("importchange", "as_of", models.DateTimeField(null=True)),
        migrations.AddField("importconfirmation", "as_of", models.DateTimeField(null=True)),
    ]
