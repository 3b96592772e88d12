"""What people said: the consent ledger."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import erase, keep
from contacts.enums import Channel, ConsentPurpose
from contacts.scoped import ScopedManager


class ConsentWording(models.Model):
    """The exact sentence people were shown; a new text is a new version, never an edit."""

    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    purpose = models.CharField(_("purpose"), max_length=16, choices=ConsentPurpose.choices)
    language = models.CharField(_("language"), max_length=8)
    version = models.PositiveSmallIntegerField(_("version"))
    text = models.TextField(_("wording"))
    created_at = models.DateTimeField(db_default=Now())

    personal_data = keep("id", "channel", "purpose", "language", "version", "text", "created_at")

    class Meta:
        triggers = kept_history()
        verbose_name = _("consent wording")
        verbose_name_plural = _("consent wordings")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "purpose", "language", "version"], name="consent_wording_version_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel}/{self.purpose}/{self.language} v{self.version}"


class Consent(models.Model):
    """One thing a person said about one channel and purpose; the newest entry is what holds.

    Append-only: a trigger refuses updates; rows go only when the person is erased. `proof` is a JSON object:
    form or import row, confirmed address, page. `undated` in it: nobody knows the day, `at` is that of the
    import. `doubted`: the file has no plain yes or no, and nothing was known of an agreement.
    """

    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.CASCADE,
        related_name="consents",
        db_index=False,  # `consent_newest` begins with it
    )
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    purpose = models.CharField(_("purpose"), max_length=16, choices=ConsentPurpose.choices)
    given = models.BooleanField(_("given"))
    at = models.DateTimeField(_("moment"), db_default=Now())
    wording = models.ForeignKey(ConsentWording, null=True, on_delete=models.PROTECT, db_index=False)
    source = models.ForeignKey("contacts.Source", null=True, on_delete=models.PROTECT)
    proof = models.JSONField(_("proof"), default=dict)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_index=False
    )
    created_by_import = models.ForeignKey("contacts.Import", null=True, on_delete=models.DO_NOTHING)

    objects: ClassVar[models.Manager[Consent]] = ScopedManager()
    personal_data = keep("id", "contact", "channel", "purpose", "recorded_by", "created_by_import") | erase(
        "given", "at", "wording", "source", "proof"
    )

    class Meta:
        triggers = kept_history(person="contact_id")
        verbose_name = _("consent")
        indexes = [
            models.Index(fields=["contact", "channel", "purpose", "-at", "-id"], name="consent_newest")
        ]

    @property
    def is_undated(self) -> bool:
        """True when the file did not say the day: `at` is the moment of its import."""
        return bool(self.proof.get("undated"))

    @property
    def is_doubted(self) -> bool:
        """True when a file had neither a yes nor a no: nothing that the person took back."""
        return bool(self.proof.get("doubted"))

    def __str__(self) -> str:
        return f"{self.contact_id} {self.channel}/{self.purpose} {'given' if self.given else 'withdrawn'}"
