from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("platform", "0007_progress_of_steps")]

    operations = [
        migrations.AddField(
            "user",
            "second_step_asked_at",
            models.DateTimeField(editable=False, null=True, verbose_name="second step asked since"),
        ),
    ]
