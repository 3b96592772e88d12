"""Messages to addresses that were nobody's yet are found by the address."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0058_history_of_more"),
        ("messaging", "0031_criteria_in_words"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("contact", 0)), fields=["address_hash"], name="delivery_nobodys"
            ),
        ),
    ]
