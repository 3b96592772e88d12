from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0018_tests_of_versions"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaignwatch",
            name="resumed_at",
            field=models.DateTimeField(null=True),
        ),
    ]
