"""What a person asks of their data: to see it, correct it, erase it, take it along, or to be left alone."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import ALL_COLUMNS, kept_history
from campaign_crm.platform.personal_data import keep, scrub
from campaign_crm.platform.sealed import SealedText
from contacts.enums import Channel


class PersonRequestQuerySet(models.QuerySet["PersonRequest"]):
    def unanswered(self) -> PersonRequestQuerySet:
        return self.filter(state__in=PersonRequest.UNANSWERED)

    def overdue(self) -> PersonRequestQuerySet:
        return self.unanswered().filter(due_on__lt=timezone.localdate())


class PersonRequest(models.Model):
    """One request (Articles 15 to 21 of Regulation (EU) 2016/679); on screen a *request*.

    `address` is where its link was last sent, `address_hash` its keyed hash: whoever opens the link reads
    the mail of that address. `due_on` is one month after `received_at` (Article 12(3)), three when
    extended. `electors` are numbers of rows of rolls, of people who need not be in the base; `letter_at`
    is when a letter with a code was made for them. `reminded` counts the reminders that were given.
    `origin`: ids, such as {"reply": 12}. Once the person is erased the row stays as a proof that it was
    done, without who asked.
    """

    class Kind(models.TextChoices):
        ACCESS = "access", _("See their data")
        RECTIFICATION = "rectification", _("Have it corrected")
        ERASURE = "erasure", _("Have it erased")
        OBJECTION = "objection", _("No more messages")
        PORTABILITY = "portability", _("Take it along")

    class State(models.TextChoices):
        OPEN = "open", _("To handle")
        ANSWERED = "answered", _("Answered")
        REFUSED = "refused", _("Refused")

    class CameBy(models.TextChoices):
        PAGE = "page", _("Public page")
        EMAIL = "email", _("E-mail")
        HAND = "hand", _("Written down by the team")

    class Identity(models.TextChoices):
        UNKNOWN = "unknown", _("Not checked yet")
        ASKED = "asked", _("Link sent")
        CONFIRMED = "confirmed", _("Confirmed by the link")
        LETTER = "letter", _("Confirmed by a letter")
        SHOWN = "shown", _("Checked by the team")

    UNANSWERED = (State.OPEN,)
    PROVEN = (Identity.CONFIRMED, Identity.LETTER, Identity.SHOWN)

    kind = models.CharField(_("what they ask"), max_length=16, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    came_by = models.CharField(_("came by"), max_length=8, choices=CameBy.choices)
    contact = models.ForeignKey(
        "contacts.Contact",
        verbose_name=_("person"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="requests",
    )
    electors = ArrayField(models.BigIntegerField(), default=list, blank=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    address = models.CharField(_("e-mail"), max_length=254, blank=True)
    address_hash = models.BinaryField(max_length=32, null=True)
    language = models.CharField(_("language"), max_length=8, default="fr")
    words = SealedText(_("in their words"), blank=True)
    channels = ArrayField(models.CharField(max_length=8, choices=Channel.choices), default=list, blank=True)
    received_at = models.DateTimeField(_("received"), db_default=Now())
    due_on = models.DateField(_("answer due"))
    extended_at = models.DateTimeField(null=True)
    extension_reason = models.CharField(_("why it takes longer"), max_length=300, blank=True)
    reminded = models.PositiveSmallIntegerField(default=0)
    identity = models.CharField(
        _("identity"), max_length=10, choices=Identity.choices, default=Identity.UNKNOWN
    )
    identity_at = models.DateTimeField(null=True)
    identity_how = models.CharField(_("how it was checked"), max_length=300, blank=True)
    letter_at = models.DateTimeField(null=True)
    correction = SealedText(_("what is wrong on the roll"), blank=True, default="")
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("handled by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="handled_requests",
    )
    answer = SealedText(_("answer"), blank=True)
    closed_at = models.DateTimeField(_("answered"), null=True)
    origin = models.JSONField(default=dict)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager[PersonRequest]] = PersonRequestQuerySet.as_manager()
    personal_data = keep(
        *["id", "kind", "state", "came_by", "contact", "electors", "language", "channels", "received_at"],
        *["due_on", "letter_at"],
        *["extended_at", "extension_reason", "reminded", "identity", "identity_at", "handled_by"],
        # By the hash, as on the do-not-contact list, the link still shows that it was done.
        *["closed_at", "origin", "created_by", "created_at", "address_hash"],
    ) | scrub("name", "address", "words", "identity_how", "answer", "correction")

    class Meta:
        triggers = kept_history(person="contact_id", unsaid=ALL_COLUMNS)
        verbose_name = _("request")
        indexes = [
            models.Index(fields=["due_on", "id"], name="request_due", condition=models.Q(state="open")),
            GinIndex(fields=["electors"], name="request_electors", condition=~models.Q(electors=[])),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=["access", "rectification", "erasure", "objection", "portability"]
                ),
                name="request_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", closed_at__isnull=True)
                | (~models.Q(state="open") & models.Q(closed_at__isnull=False)),
                name="request_closed_at_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in self.UNANSWERED

    @property
    def is_proven(self) -> bool:
        """The person who asks is the person whose data it is."""
        return self.identity in self.PROVEN

    @property
    def channel_labels(self) -> list[str]:
        return [str(Channel(channel).label) for channel in self.channels]

    @property
    def days_left(self) -> int:
        """Negative once it is overdue."""
        return (self.due_on - timezone.localdate()).days

    @property
    def who(self) -> str:
        """Whom it is about, as far as that is known."""
        return str(self.contact) if self.contact is not None else (self.name or self.address or "–")
