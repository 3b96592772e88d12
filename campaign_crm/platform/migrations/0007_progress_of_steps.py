from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("platform", "0006_notifications_unread"),
    ]

    operations = [
        migrations.AddField(
            model_name="job",
            name="step_began_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="job",
            name="step_began_done",
            field=models.BigIntegerField(default=0),
        ),
    ]
