from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Two hamlets of one postcode are two addresses: `folded` has the hamlet where no street is named."""

    dependencies = [("contacts", "0033_contact_source_said")]
    operations = [
        migrations.RunSQL(
            (SQL / "home_key.sql").read_text(encoding="utf-8"),
            "DROP FUNCTION home_key(text, text, text, text, text)",
        ),
        migrations.RemoveConstraint("postaladdress", "postal_once_per_contact"),
        migrations.RemoveIndex("postaladdress", "postal_folded"),
        migrations.RemoveField("postaladdress", "folded"),
        migrations.AddField(
            "postaladdress",
            "folded",
            models.GeneratedField(
                db_persist=True,
                expression=models.Func("line1", "line2", "locality", "postcode", "city", function="home_key"),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddConstraint(
            "postaladdress",
            models.UniqueConstraint(fields=("contact", "folded"), name="postal_once_per_contact"),
        ),
        migrations.AddIndex("postaladdress", models.Index(fields=["folded"], name="postal_folded")),
    ]
