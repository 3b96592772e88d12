from django.db import migrations

APPEND_ONLY = """
CREATE TRIGGER consent_append_only BEFORE UPDATE ON contacts_consent
    FOR EACH ROW EXECUTE FUNCTION crm_refuse_change();
"""


class Migration(migrations.Migration):
    """Consents are only added; their rows go with the person, by erasure."""

    dependencies = [("contacts", "0002_initial")]
    operations = [
        migrations.RunSQL(APPEND_ONLY, "DROP TRIGGER consent_append_only ON contacts_consent"),
    ]
