from django.contrib.postgres.indexes import OpClass
from django.db import migrations, models


class Migration(migrations.Migration):
    """People known from a roll only are searched by the name that stands there."""

    dependencies = [("contacts", "0009_plural_names")]
    operations = [
        migrations.AddIndex(
            model_name="electoralregistration",
            index=models.Index(
                OpClass(models.F("name_folded"), "text_pattern_ops"),
                name="registration_linked_name",
                condition=models.Q(contact__isnull=False),
            ),
        ),
    ]
