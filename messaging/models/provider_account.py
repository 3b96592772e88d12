"""A way out: an SMTP server or an account at a provider."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep


class ProviderAccount(models.Model):
    """`settings` is plain (host, port, security, connections); `sealed_credentials` is `crypto.seal`ed."""

    class Kind(models.TextChoices):
        SMTP = "smtp", _("SMTP server")
        BREVO = "brevo", _("Brevo")
        SES = "ses", _("Amazon SES")
        SENDGRID = "sendgrid", _("SendGrid")
        MAILJET = "mailjet", _("Mailjet")
        MAILGUN = "mailgun", _("Mailgun")

    name = models.CharField(_("name"), max_length=100, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.SMTP)
    settings = models.JSONField(_("settings"), default=dict)
    sealed_credentials = models.TextField(blank=True, default="")
    messages_per_second = models.PositiveIntegerField(
        _("messages per second, at most"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    is_active = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    personal_data = keep(
        "id",
        "name",
        "kind",
        "settings",
        "sealed_credentials",
        "messages_per_second",
        "is_active",
        "created_at",
    )

    class Meta:
        verbose_name = _("way out")
        verbose_name_plural = _("ways out")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(messages_per_second__isnull=True) | models.Q(messages_per_second__gte=1),
                name="account_rate_at_least_one",
                violation_error_message=_("At least one message a second; empty: no limit."),
            )
        ]

    def __str__(self) -> str:
        return self.name
