from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0002_delivery_transitions")]

    operations = [
        migrations.AddField(
            model_name="template",
            name="revision",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="campaign",
            name="state_counts",
            field=models.JSONField(default=dict),
        ),
    ]
