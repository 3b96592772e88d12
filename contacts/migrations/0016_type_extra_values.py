from django.db import migrations


def enqueue(apps, schema_editor):
    """Values that imports kept as texts are read by the kind of their field, in the background."""
    if apps.get_model("contacts", "CustomField").objects.exclude(kind="text").exists():
        apps.get_model("platform", "Job").objects.create(kind="contacts.type_extra_values", payload={})


class Migration(migrations.Migration):
    """Numbers, days, choices, yes and no of the extra fields."""

    dependencies = [("contacts", "0015_fill_communes")]

    operations = [migrations.RunPython(enqueue, migrations.RunPython.noop)]
