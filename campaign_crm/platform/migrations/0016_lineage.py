from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("platform", "0015_webhooks"),
    ]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="lineage",
            field=models.PositiveIntegerField(editable=False, null=True, verbose_name="number of its marks"),
        ),
    ]
