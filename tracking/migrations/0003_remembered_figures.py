from django.db import migrations, models


class Migration(migrations.Migration):
    """Figures that take long to count, with the moment they were counted."""

    dependencies = [("tracking", "0002_sign_ups_found_by_index")]

    operations = [
        migrations.CreateModel(
            name="Figures",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("numbers", models.JSONField()),
                ("counted_at", models.DateTimeField()),
            ],
        ),
    ]
