"""The year of a birth whose day nobody knows. Ten million rows are checked without holding the table."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

PLAUSIBLE = models.CheckConstraint(
    condition=models.Q(("birth_year__isnull", True), ("birth_year__range", (1880, 2100)), _connector="OR"),
    name="contact_birth_year_plausible",
    violation_error_message="Write a year of birth with four digits, such as 1961.",
)


class Migration(migrations.Migration):
    atomic = False  # a check in the transaction that adds it would hold the table all the same

    dependencies = [("contacts", "0037_saved_mappings_remember_reading")]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="birth_year",
            field=models.SmallIntegerField(blank=True, null=True, verbose_name="year of birth"),
        ),
        AddConstraintNotValid(model_name="contact", constraint=PLAUSIBLE),
        ValidateConstraint(model_name="contact", name="contact_birth_year_plausible"),
    ]
