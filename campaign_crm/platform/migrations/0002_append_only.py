from django.db import migrations

APPEND_ONLY = """
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON platform_auditentry
    FOR EACH ROW EXECUTE FUNCTION crm_refuse_change();
"""


class Migration(migrations.Migration):
    """The audit trail is only added to."""

    dependencies = [("platform", "0001_initial")]
    operations = [
        migrations.RunSQL(APPEND_ONLY, "DROP TRIGGER audit_append_only ON platform_auditentry"),
    ]
