"""A way out: an SMTP server or an account at a provider."""

from __future__ import annotations

from django.conf import settings as installation
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep


class ProviderAccount(models.Model):
    """`settings` is plain (host, port, security, connections); `sealed_credentials` is `crypto.seal`ed.

    What comes back: `hook_kind` names the webhooks (`messaging.providers.hooks`), `hook_secret` is in their
    address and empty until there is one, `hook_settings` and `sealed_hook_secrets` prove the calls.
    `return_domain`: returns of SMTP come to an address of this domain that names the message (VERP), unless
    the sender's domain has a host for them (`messaging.services.return_paths`).
    """

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
    per_hour = models.PositiveIntegerField(
        _("messages in any hour, at most"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    per_day = models.PositiveIntegerField(
        _("messages in 24 hours, at most"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    warm_up_from = models.DateField(_("warm-up begins"), null=True, blank=True)
    rests_until = models.DateTimeField(null=True, blank=True)  # it failed, and is tried again then
    trouble = models.CharField(max_length=300, blank=True, default="")  # the server's words when it failed
    is_active = models.BooleanField(_("in use"), default=True)
    hook_kind = models.CharField(_("webhooks"), max_length=16, blank=True, default="")
    hook_secret = models.CharField(max_length=16, blank=True, default="")  # 8 random bytes, as hex
    hook_settings = models.JSONField(default=dict)
    sealed_hook_secrets = models.TextField(blank=True, default="")
    return_domain = models.CharField(_("domain of returns"), max_length=253, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    personal_data = keep(
        "id",
        "name",
        "kind",
        "settings",
        "sealed_credentials",
        "messages_per_second",
        *["per_hour", "per_day", "warm_up_from", "rests_until", "trouble"],
        "is_active",
        *["hook_kind", "hook_secret", "hook_settings", "sealed_hook_secrets", "return_domain"],
        "created_at",
    )

    class Meta:
        triggers = kept_history(
            unseen=("rests_until", "trouble"),
            unsaid=("sealed_credentials", "hook_secret", "sealed_hook_secrets"),
        )
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

    @property
    def signs_here(self) -> bool:
        """True when its messages are signed by us, with the keys of the sender's domain."""
        return self.kind == self.Kind.SMTP and bool(self.settings.get("sign"))

    @property
    def is_catcher(self) -> bool:
        """True for the mail catcher of this machine: what it takes goes nowhere."""
        own = {"host": "127.0.0.1", "port": installation.MAIL_CATCHER_PORT}
        is_on = bool(installation.MAIL_CATCHER_ENABLED)
        return is_on and self.kind == self.Kind.SMTP and own.items() <= self.settings.items()
