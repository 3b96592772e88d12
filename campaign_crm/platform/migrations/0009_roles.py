from django.db import migrations, models

ROLES = [
    ("administrator", "Administrator"),
    ("director", "Campaign director"),
    ("data_officer", "Data officer"),
    ("digital_officer", "Digital officer"),
    ("approver", "Approver"),
    ("local_coordinator", "Local coordinator"),
    ("event_host", "Event host"),
    ("volunteer", "Volunteer"),
    ("data_protection_officer", "Data-protection officer"),
    ("read_only", "Read only"),
]


class Migration(migrations.Migration):
    dependencies = [("platform", "0008_second_step_asked")]

    operations = [
        migrations.RemoveConstraint(model_name="user", name="user_role_known"),
        # What a national officer could do is what a director can do.
        migrations.RunSQL(
            "UPDATE platform_user SET role = 'director' WHERE role = 'national_officer'",
            "UPDATE platform_user SET role = 'national_officer' WHERE role = 'director'",
        ),
        migrations.AlterField(
            model_name="user",
            name="role",
            field=models.CharField(
                blank=True, choices=ROLES, default="read_only", max_length=32, verbose_name="role"
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(role__in=["", *(value for value, _label in ROLES)]), name="user_role_known"
            ),
        ),
    ]
