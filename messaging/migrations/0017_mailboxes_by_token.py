from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0016_warm_up_by_family"),
    ]

    operations = [
        migrations.RenameField("mailbox", "sealed_password", "sealed_credentials"),
        migrations.AddField(
            model_name="mailbox",
            name="sign_in",
            field=models.CharField(
                choices=[
                    ("password", "a password"),
                    ("microsoft", "Microsoft 365, by token"),
                    ("google", "Google, by token"),
                    ("oauth", "another service, by token (OAuth 2.0)"),
                ],
                default="password",
                max_length=10,
                verbose_name="signs in with",
            ),
        ),
        migrations.AddField(
            model_name="mailbox",
            name="token_url",
            field=models.CharField(blank=True, default="", max_length=300, verbose_name="token endpoint"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="mailbox",
            name="token_scope",
            field=models.CharField(blank=True, default="", max_length=300, verbose_name="scope"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="mailbox",
            name="sealed_token",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
    ]
