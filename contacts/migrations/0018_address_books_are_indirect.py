from django.db import migrations


def enqueue(apps, schema_editor):
    """An agreement that an address book says somebody gave opens no targeted message: projected again."""
    jobs = apps.get_model("platform", "Job").objects
    books = apps.get_model("contacts", "Source").objects.filter(kind="address_book")
    for source in books.values_list("pk", flat=True):
        jobs.create(kind="contacts.refresh_source", payload={"source": source})


class Migration(migrations.Migration):
    """What an address book says of people was not told by them."""

    dependencies = [("contacts", "0017_objections_to_post")]

    operations = [migrations.RunPython(enqueue, migrations.RunPython.noop)]
