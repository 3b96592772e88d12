from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0012_order_and_moment")]

    operations = [
        migrations.AddIndex(
            model_name="providerevent",
            index=models.Index(
                condition=models.Q(("state", "unreadable")),
                fields=["account"],
                name="provider_event_unreadable",
            ),
        ),
    ]
