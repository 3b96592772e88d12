from django.db import migrations, models


class Migration(migrations.Migration):
    """One more counter: messages fetched by a privacy proxy."""

    dependencies = [("tracking", "0003_remembered_figures")]

    operations = [
        migrations.AlterField(
            model_name="campaigncounter",
            name="metric",
            field=models.CharField(
                choices=[
                    ("opens", "Opens"),
                    ("unique_opens", "Messages opened"),
                    ("clicks", "Clicks"),
                    ("unique_clicks", "Messages clicked"),
                    ("unsubscribes", "Unsubscribed"),
                    ("proxy_opens", "Messages fetched by a privacy proxy"),
                    ("set_aside", "Robots"),
                ],
                max_length=16,
            ),
        ),
    ]
