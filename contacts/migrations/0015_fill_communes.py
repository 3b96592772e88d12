from django.db import migrations


def enqueue(apps, schema_editor):
    """An installation that already has addresses looks for their communes in the background, in batches."""
    if apps.get_model("contacts", "PostalAddress").objects.exists():
        apps.get_model("platform", "Job").objects.create(kind="contacts.fill_communes", payload={})


class Migration(migrations.Migration):
    """Communes of the addresses that were typed or came by a form."""

    dependencies = [("contacts", "0014_fold_by_short_ways"), ("platform", "0004_plural_names")]

    operations = [migrations.RunPython(enqueue, migrations.RunPython.noop)]
