"""Mailboxes that are read for a way out, and the answers of people found there."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import erase, keep
from contacts.scoped import ScopedManager


class Mailbox(models.Model):
    """One IMAP mailbox. It is read and left as it is: `last_uid` (within `uid_validity`) is how far.

    `sealed_credentials` is `crypto.seal`ed: {"password": …}, or for a sign-in by token (OAuth 2.0)
    {"client_id", "client_secret", "refresh_token"}; `sealed_token` is the access token of the moment.
    `error`: why the last look failed, in plain words.
    """

    class Purpose(models.TextChoices):
        RETURNS = "returns", _("Returns")
        REPLIES = "replies", _("Answers of people")

    class Security(models.TextChoices):
        TLS = "tls", _("TLS (port 993, the usual choice)")
        STARTTLS = "starttls", _("STARTTLS (port 143)")
        NONE = "none", _("None (only for a server on this machine)")

    class SignIn(models.TextChoices):
        PASSWORD = "password", _("a password")
        MICROSOFT = "microsoft", _("Microsoft 365, by token")
        GOOGLE = "google", _("Google, by token")
        OAUTH = "oauth", _("another service, by token (OAuth 2.0)")

    account = models.ForeignKey(
        "messaging.ProviderAccount", on_delete=models.CASCADE, related_name="mailboxes", db_index=False
    )
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    host = models.CharField(_("server"), max_length=253)
    port = models.PositiveIntegerField(_("port"), null=True, blank=True)
    security = models.CharField(_("encryption"), max_length=8, choices=Security.choices, default=Security.TLS)
    username = models.CharField(_("user name"), max_length=254)
    sign_in = models.CharField(
        _("signs in with"), max_length=10, choices=SignIn.choices, default=SignIn.PASSWORD
    )
    sealed_credentials = models.TextField(blank=True)
    token_url = models.CharField(_("token endpoint"), max_length=300, blank=True)
    token_scope = models.CharField(_("scope"), max_length=300, blank=True)
    sealed_token = models.TextField(blank=True)
    folder = models.CharField(_("folder"), max_length=200, default="INBOX")
    is_active = models.BooleanField(_("read"), default=True)
    uid_validity = models.BigIntegerField(null=True)
    last_uid = models.BigIntegerField(default=0)
    read_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    personal_data = keep(
        *["id", "account", "purpose", "host", "port", "security", "username", "sign_in"],
        *["sealed_credentials", "token_url", "token_scope", "sealed_token", "folder"],
        *["is_active", "uid_validity", "last_uid", "read_at", "error"],
    )

    class Meta:
        triggers = kept_history(
            unseen=("sealed_token", "uid_validity", "last_uid", "read_at", "error"),
            unsaid=("sealed_credentials",),
        )
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        constraints = [
            models.UniqueConstraint(fields=["account", "purpose"], name="mailbox_once"),
            models.CheckConstraint(
                condition=models.Q(port__isnull=True) | models.Q(port__range=(1, 65535)),
                name="mailbox_port_possible",
                violation_error_message=_("A port is a number from 1 to 65535."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.account_id}"


class Reply(models.Model):
    """One message that somebody wrote back; `digest` (SHA-256 of its Message-ID or text) keeps it once.

    `contact` is empty while nobody is known by the message answered or by the address. `is_automatic`: an
    absence notice or another answer that no person wrote. `text` is its plain text, quoted parts left out.
    """

    account = models.ForeignKey(
        "messaging.ProviderAccount", null=True, on_delete=models.SET_NULL, db_index=False
    )
    contact = models.ForeignKey(
        "contacts.Contact", null=True, on_delete=models.CASCADE, related_name="replies", db_index=False
    )
    campaign = models.ForeignKey("messaging.Campaign", null=True, on_delete=models.SET_NULL, db_index=False)
    digest = models.BinaryField(max_length=32)
    at = models.DateTimeField(_("moment"))
    from_name = models.CharField(max_length=200, blank=True)
    from_address = models.CharField(max_length=254, blank=True)
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    message_id = models.CharField(max_length=250, blank=True, default="", db_default="")  # with its <>
    text = models.TextField(blank=True)
    is_automatic = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager[Reply]] = ScopedManager()
    personal_data = keep(
        "id", "account", "contact", "campaign", "digest", "at", "is_automatic", "created_at"
    ) | erase("from_name", "from_address", "subject", "message_id", "text")

    class Meta:
        verbose_name = _("answer")
        constraints = [models.UniqueConstraint(fields=["digest"], name="reply_once")]
        indexes = [
            models.Index(fields=["contact", "-at"], name="reply_timeline"),
            models.Index(fields=["campaign", "-at"], name="reply_campaign"),
        ]

    def __str__(self) -> str:
        return f"reply {self.pk}"
