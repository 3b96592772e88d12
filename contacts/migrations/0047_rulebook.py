"""What an installation changes of its rulebook; local times and public holidays of places."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


def write_area_times(apps, schema_editor):
    from contacts.rules.hours import areas

    model = apps.get_model("contacts", "AreaTime")
    model.objects.bulk_create(
        model(area=area, zones=list(zones), holidays=holidays) for area, zones, holidays in areas()
    )


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0046_retention"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AreaTime",
            fields=[
                ("area", models.CharField(max_length=80, primary_key=True, serialize=False)),
                (
                    "zones",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), size=None
                    ),
                ),
                (
                    "holidays",
                    django.contrib.postgres.fields.ArrayField(base_field=models.DateField(), size=None),
                ),
            ],
            options={
                "verbose_name": "local time",
            },
        ),
        migrations.CreateModel(
            name="RuleChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rule", models.CharField(max_length=32, verbose_name="rule")),
                (
                    "severity",
                    models.CharField(
                        choices=[("block", "Refuses"), ("warn", "Warns"), ("off", "Not asked")],
                        max_length=5,
                        verbose_name="severity",
                    ),
                ),
                ("figure", models.PositiveSmallIntegerField(null=True)),
                ("reason", models.TextField(verbose_name="reason")),
                ("changed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "change of a rule",
                "indexes": [models.Index(fields=["rule", "-id"], name="rule_newest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("severity__in", ["block", "warn", "off"])),
                        name="rule_severity_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="rule_change_has_reason"
                    ),
                ],
            },
        ),
        migrations.RunPython(write_area_times, migrations.RunPython.noop),
    ]
