from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Who objected to post is found by name and address, and at no cost while nobody has."""

    dependencies = [("contacts", "0016_type_extra_values")]

    operations = [
        migrations.RunSQL(
            (SQL / "post_key.sql").read_text(encoding="utf-8"),
            "DROP FUNCTION post_key(text, text, text, text, text)",
        ),
        migrations.AddIndex(
            model_name="suppression",
            index=models.Index(
                fields=["address_hash"],
                condition=models.Q(channel="post", lifted_at__isnull=True),
                name="suppression_post",
            ),
        ),
    ]
