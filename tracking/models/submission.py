"""What people sent by a form."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep, scrub
from contacts.scoped import ScopedManager
from tracking.enums import SubmissionState, Suspicion
from tracking.models.form import Form, FormVersion

NAMED = Q(contact__isnull=False, contact__erased_at=None)


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def counted(self) -> SubmissionQuerySet:
        """Answers that count: confirmed by the person, or 48 hours old without a return."""
        return self.filter(
            Q(confirmed_at__isnull=False) | Q(counted_at__isnull=False), state=SubmissionState.ACCEPTED
        )

    def waiting(self) -> SubmissionQuerySet:
        """What somebody of the team should look at."""
        return self.filter(state=SubmissionState.WAITING)

    def to_confirm(self) -> SubmissionQuerySet:
        """Whose address may still be confirmed by its link: of a person, or held for that confirmation."""
        held = Q(state=SubmissionState.WAITING, reasons=[Suspicion.NO_PROOF])
        return self.filter(NAMED & Q(state=SubmissionState.ACCEPTED) | held, confirmed_at=None)


class Submission(models.Model):
    """One answer to one version of a form.

    `data`: {"values": {name: text}, "answers": {block: [option] or text}, "consents": [wording],
    "newsletters": [id], "looks_automatic": bool}. It is applied to a Contact at once unless it waits for a
    look. `asked_at`: when the link to confirm left. `counted_at`: when 48 hours had passed without a return.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="submissions")
    version = models.ForeignKey(
        FormVersion, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    contact = models.ForeignKey(
        "contacts.Contact", null=True, on_delete=models.SET_NULL, related_name="submissions"
    )
    data = models.JSONField()
    language = models.CharField(max_length=8, db_default="")
    credit = models.CharField(_("where from"), max_length=100, db_default="", default="", blank=True)
    shows_name = models.BooleanField(default=False, db_default=False)
    state = models.CharField(
        max_length=8,
        choices=SubmissionState.choices,
        default=SubmissionState.ACCEPTED,
        db_default=SubmissionState.ACCEPTED,
    )
    reasons = ArrayField(
        models.CharField(max_length=16, choices=Suspicion.choices), default=list, db_default=[], blank=True
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)
    address_hash = models.BinaryField(max_length=32, null=True)  # keyed; of the e-mail typed
    asked_at = models.DateTimeField(null=True)
    reminders = models.PositiveSmallIntegerField(default=0, db_default=0)
    reminded_at = models.DateTimeField(null=True)
    ip = models.GenericIPAddressField(null=True)
    at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True)
    counted_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Submission]] = ScopedManager.from_queryset(SubmissionQuerySet)()
    personal_data = keep(
        *("id", "form", "version", "contact", "language", "credit", "shows_name", "state", "reasons"),
        *(
            "decided_by",
            "decided_at",
            "at",
            "asked_at",
            "reminders",
            "reminded_at",
            "confirmed_at",
            "counted_at",
        ),
    ) | scrub("data", "address_hash", "ip")

    class Meta:
        verbose_name = _("submission")
        indexes = [
            models.Index(fields=["form", "-at"], name="submission_newest"),
            models.Index(
                fields=["address_hash", "asked_at"],
                name="submission_asked",
                condition=Q(address_hash__isnull=False),
            ),
            models.Index(fields=["form", "at"], name="submission_waiting", condition=Q(state="waiting")),
            models.Index(
                fields=["at"],
                name="submission_unsettled",
                condition=Q(
                    confirmed_at__isnull=True,
                    counted_at__isnull=True,
                    state="accepted",
                    address_hash__isnull=False,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form_id} {self.id}"
