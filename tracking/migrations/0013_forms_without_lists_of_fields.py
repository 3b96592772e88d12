from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tracking", "0012_forms_said_as_blocks")]

    operations = [
        migrations.RemoveField(model_name="form", name=name)
        for name in ("consents", "fields", "introduction", "thank_you")
    ]
