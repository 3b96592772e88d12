from django.db import migrations

TABLES = {
    "email_one_primary": "contacts_emailaddress",
    "phone_one_primary": "contacts_phonenumber",
    "postal_one_primary": "contacts_postaladdress",
}


class Migration(migrations.Migration):
    """One main address a person, again: taking the foreign key's own index away had taken these along.

    When a field loses its index, Django drops every index of that single column, unique and partial ones too.
    """

    dependencies = [("contacts", "0010_linked_name")]
    operations = [
        migrations.RunSQL(
            f"CREATE UNIQUE INDEX IF NOT EXISTS {name} ON {table} (contact_id) WHERE is_primary",
            migrations.RunSQL.noop,
        )
        for name, table in TABLES.items()
    ]
