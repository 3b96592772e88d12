"""Which approved text a service mailing left with: what leaves during the silence was approved before it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0024_history_of_more")]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="approved_content",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        )
    ]
