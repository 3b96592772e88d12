import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0032_import_writing_began_at"),
        ("messaging", "0004_service_messages_keep_going"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CampaignVariant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(200),
                        ]
                    ),
                ),
                ("label", models.CharField(max_length=60, verbose_name="name")),
                ("subject", models.CharField(blank=True, max_length=200, verbose_name="subject")),
                ("preview_text", models.CharField(blank=True, max_length=200, verbose_name="preview text")),
                ("blocks", models.JSONField(blank=True, null=True)),
                ("replaced", models.JSONField(blank=True, default=dict)),
                ("opted_out", models.BooleanField(default=False, verbose_name="keeps the national message")),
                ("compiled", models.JSONField(null=True)),
                ("revision", models.PositiveIntegerField(default=1)),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "verbose_name": "version",
                "verbose_name_plural": "versions",
                "ordering": ("campaign_id", "number"),
            },
        ),
        migrations.RemoveIndex(
            model_name="delivery",
            name="delivery_due",
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "retry_wait"])),
                fields=["campaign", "variant", "due_at"],
                name="delivery_waiting",
            ),
        ),
        migrations.AddField(
            model_name="campaignvariant",
            name="campaign",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="variants", to="messaging.campaign"
            ),
        ),
        migrations.AddField(
            model_name="campaignvariant",
            name="sender",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="messaging.senderidentity",
                verbose_name="sender",
            ),
        ),
        migrations.AddField(
            model_name="campaignvariant",
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
            model_name="campaignvariant",
            name="updated_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="campaignvariant",
            constraint=models.UniqueConstraint(fields=("campaign", "number"), name="variant_number_unique"),
        ),
        migrations.AddConstraint(
            model_name="campaignvariant",
            constraint=models.UniqueConstraint(
                fields=("campaign", "territory"),
                name="variant_once_a_territory",
                violation_error_message="This territory has a version already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaignvariant",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1), ("number__lte", 200)), name="variant_number_in_token"
            ),
        ),
    ]
