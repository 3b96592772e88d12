from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0005_variants")]

    operations = [
        migrations.AlterField(
            model_name="provideraccount",
            name="kind",
            field=models.CharField(
                choices=[
                    ("smtp", "SMTP server"),
                    ("brevo", "Brevo"),
                    ("ses", "Amazon SES"),
                    ("sendgrid", "SendGrid"),
                    ("mailjet", "Mailjet"),
                    ("mailgun", "Mailgun"),
                ],
                default="smtp",
                max_length=16,
                verbose_name="kind",
            ),
        ),
    ]
