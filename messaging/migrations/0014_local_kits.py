import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0036_chosen_frequency"),
        ("messaging", "0013_unreadable_reports_found"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="from_kit",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="campaign",
            name="territory",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="contacts.territory",
                verbose_name="territory",
            ),
        ),
        migrations.AddField(
            model_name="template",
            name="is_kit",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="local kit, shared with territories"
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("from_kit", False), ("territory__isnull", False), _connector="OR"),
                name="campaign_of_a_kit_has_territory",
            ),
        ),
    ]
