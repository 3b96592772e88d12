import django.core.validators
from django.db import migrations, models


def go_on(apps, schema_editor):
    """Standing campaigns that a failing way out paused: nobody could see them to resume them."""
    Campaign = apps.get_model("messaging", "Campaign")
    Campaign.objects.exclude(standing_for="").filter(state="paused").update(state="sending", pause_reason="")
    apps.get_model("messaging", "ProviderAccount").objects.filter(messages_per_second__lt=1).update(
        messages_per_second=1
    )


class Migration(migrations.Migration):
    # Rows and constraints in two transactions: PostgreSQL alters no table whose triggers still wait.
    atomic = False

    dependencies = [("messaging", "0003_revision_and_counts")]

    operations = [
        migrations.RunPython(go_on, migrations.RunPython.noop, atomic=True),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("standing_for", ""), models.Q(("state", "paused"), _negated=True), _connector="OR"
                ),
                name="campaign_standing_never_paused",
            ),
        ),
        migrations.AddField(
            model_name="senderidentity",
            name="for_service",
            field=models.BooleanField(default=False, verbose_name="sends service messages"),
        ),
        migrations.AddConstraint(
            model_name="senderidentity",
            constraint=models.UniqueConstraint(
                condition=models.Q(("for_service", True)),
                fields=("for_service",),
                name="sender_one_for_service",
                violation_error_message="Service messages have another sender already.",
            ),
        ),
        migrations.AlterField(
            model_name="provideraccount",
            name="messages_per_second",
            field=models.PositiveIntegerField(
                blank=True,
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="messages per second, at most",
            ),
        ),
        migrations.AddConstraint(
            model_name="provideraccount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("messages_per_second__isnull", True), ("messages_per_second__gte", 1), _connector="OR"
                ),
                name="account_rate_at_least_one",
                violation_error_message="At least one message a second; empty: no limit.",
            ),
        ),
    ]
