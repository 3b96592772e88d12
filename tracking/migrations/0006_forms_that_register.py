from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracking", "0005_row_security")]

    operations = [
        migrations.AddField(
            model_name="form",
            name="registers",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text=(
                    "A meeting, a shift, a ticket: then service messages about it may go to whoever "
                    "confirmed, also without any other agreement. Leave it empty for newsletters and support."
                ),
                verbose_name="people register here for something that takes place, or for a task",
            ),
        )
    ]
