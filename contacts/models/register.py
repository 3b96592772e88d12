"""What the organisation adds to the documents that the program fills in, and incidents."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep
from campaign_crm.platform.sealed import SealedText

TO_THE_AUTHORITY = timedelta(hours=72)
"""From the moment at which the organisation knows (Article 33(1) of Regulation (EU) 2016/679)."""


class RegisterNote(models.Model):
    """Words of the organisation in one part of the register or of the impact assessment."""

    document = models.CharField(max_length=12)
    key = models.CharField(max_length=40)
    text = models.TextField(blank=True)
    updated_at = models.DateTimeField(db_default=Now())
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)

    personal_data = keep("id", "document", "key", "text", "updated_at", "updated_by")

    class Meta:
        triggers = kept_history(unseen=("updated_at",), unsaid=("text",))
        verbose_name = _("addition to a register")
        constraints = [models.UniqueConstraint(fields=["document", "key"], name="register_note_once")]

    def __str__(self) -> str:
        return f"{self.document} {self.key}"


class Incident(models.Model):
    """A breach of personal data, from the moment it is known; `concerned`: people by kind of data."""

    class Risk(models.TextChoices):
        NONE = "none", _("No risk for people")
        RISK = "risk", _("A risk: the authority is told")
        HIGH = "high", _("A high risk: people are told too")

    title = models.CharField(_("what happened, in a few words"), max_length=150)
    description = SealedText(_("what is known"), blank=True)
    known_at = models.DateTimeField(_("known since"))
    happened_from = models.DateField(_("began on"), null=True, blank=True)
    happened_until = models.DateField(_("ended on"), null=True, blank=True)
    risk = models.CharField(_("risk"), max_length=6, choices=Risk.choices, default=Risk.RISK)
    kinds = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    sources = models.ManyToManyField("contacts.Source", blank=True)
    concerned = models.JSONField(default=dict)
    counted_at = models.DateTimeField(null=True)
    measures = SealedText(_("what was done"), blank=True)
    authority_told_at = models.DateTimeField(null=True)
    people_told_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager[Incident]] = models.Manager()
    personal_data = keep(
        *["id", "title", "description", "known_at", "happened_from", "happened_until", "risk", "kinds"],
        *["sources", "concerned", "counted_at", "measures", "authority_told_at", "people_told_at"],
        *["closed_at", "created_by", "created_at"],
    )

    class Meta:
        triggers = kept_history(unsaid=("title", "description", "measures"))
        verbose_name = _("incident")

    def __str__(self) -> str:
        return self.title

    @property
    def due_at(self) -> datetime:
        """Until when the authority must be told."""
        return self.known_at + TO_THE_AUTHORITY

    @property
    def hours_left(self) -> int:
        """Whole hours of the clock; negative once it is over."""
        return int((self.due_at - timezone.now()).total_seconds() // 3600)

    @property
    def must_tell_authority(self) -> bool:
        return self.risk != self.Risk.NONE and self.authority_told_at is None

    @property
    def must_tell_people(self) -> bool:
        return self.risk == self.Risk.HIGH and self.people_told_at is None
