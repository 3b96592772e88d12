"""People's data that leaves the product as a file: asked for, perhaps approved, made, taken, gone."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.models import User
from campaign_crm.platform.personal_data import keep
from campaign_crm.platform.rights import Right


class ExportQuerySet(models.QuerySet["Export"]):
    def seen_by(self, user: User) -> ExportQuerySet:
        """One's own; those of everybody for whoever approves exports in the whole country."""
        return self.all() if user.scope_of(Right.APPROVE_EXPORT) is None else self.filter(requested_by=user)


class Export(models.Model):
    """One file of people. `scope` names what was chosen, `territories` where whoever asked may see people.

    `rows` is what was asked for and approved; `written`, what the file has. The file stands sealed.
    """

    class Kind(models.TextChoices):
        PEOPLE = "people", _("People")
        LETTERS = "letters", _("Letters to electors")

    class Purpose(models.TextChoices):
        CALLS = "calls", _("Telephone round")
        DOORS = "doors", _("Door to door")
        POST = "post", _("Letters and leaflets")
        EVENT = "event", _("Organising an event")
        CHECK = "check", _("Checking and correcting the data")
        OTHER = "other", _("Something else")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for approval")
        COOLING = "cooling", _("Can still be stopped")
        MAKING = "making", _("Being made")
        READY = "ready", _("Ready")
        DECLINED = "declined", _("Not approved")
        CANCELLED = "cancelled", _("Stopped")
        FAILED = "failed", _("Failed")
        EXPIRED = "expired", _("Deleted")

    UNDECIDED = (State.WAITING, State.COOLING, State.MAKING)

    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.PEOPLE)
    purpose = models.CharField(_("what for"), max_length=8, choices=Purpose.choices)
    words = models.CharField(_("in words"), max_length=500, blank=True)
    scope = models.JSONField()  # numbers and chosen options, never a name
    territories = ArrayField(models.BigIntegerField(), null=True)  # null: the whole country
    columns = ArrayField(models.CharField(max_length=16))
    rows = models.PositiveIntegerField(_("people"))
    written = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=10, choices=State.choices)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="exports", db_index=False
    )
    requested_at = models.DateTimeField(db_default=Now())
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True)  # why it was declined, stopped or failed
    leaves_at = models.DateTimeField(null=True)  # until then anybody concerned can stop it
    expires_at = models.DateTimeField(null=True)
    file_name = models.CharField(max_length=40, blank=True)
    downloads = models.PositiveIntegerField(default=0)
    job = models.ForeignKey("platform.Job", null=True, on_delete=models.SET_NULL, db_index=False)

    objects: ClassVar[models.Manager[Export]] = ExportQuerySet.as_manager()
    personal_data = keep(
        *["id", "kind", "purpose", "words", "scope", "territories", "columns", "rows", "written", "state"],
        *["requested_by", "requested_at", "decided_by", "decided_at", "answer", "leaves_at", "expires_at"],
        *["file_name", "downloads", "job"],
    )

    class Meta:
        triggers = kept_history(unseen=("job_id",))
        verbose_name = _("export")
        indexes = [
            models.Index(fields=["requested_by", "-id"], name="export_of_one"),
            models.Index(
                fields=["state"],
                name="export_unfinished",
                condition=models.Q(state__in=["waiting", "cooling", "making", "ready"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    @property
    def is_undecided(self) -> bool:
        return self.state in self.UNDECIDED

    @property
    def can_be_taken(self) -> bool:
        return self.state == self.State.READY and bool(self.expires_at and self.expires_at > timezone.now())
