"""What somebody of the team has to do about a person."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import erase, keep
from contacts.scoped import ScopedManager


class TaskBatch(models.Model):
    """People of a list or segment given to one member at once; `audience` as in a mailing."""

    name = models.CharField(_("what to do"), max_length=150)
    audience = models.JSONField()
    wanted = models.PositiveIntegerField()  # people at most
    made = models.PositiveIntegerField(default=0)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    due_on = models.DateField(_("day"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    personal_data = keep(
        "id", "name", "audience", "wanted", "made", "owner", "due_on", "created_by", "created_at"
    )

    class Meta:
        triggers = kept_history(unseen=("made",))
        verbose_name = _("group of follow-ups")

    def __str__(self) -> str:
        return self.name


class TaskQuerySet(models.QuerySet["Task"]):
    def open(self) -> TaskQuerySet:
        """To do, about people who may be shown."""
        return self.filter(state=Task.State.OPEN, contact__erased_at__isnull=True)

    def due(self, day: date) -> TaskQuerySet:
        return self.open().filter(due_on__lte=day)

    def coming(self, day: date) -> TaskQuerySet:
        return self.open().filter(due_on__gt=day)


class Task(models.Model):
    """One thing to do about one person, by one member, on a day; in French *Suivi*.

    `origin` keeps what a scenario made from being made twice.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("of a follow-up", "To do")
        DONE = "done", pgettext_lazy("of a follow-up", "Done")
        DROPPED = "dropped", pgettext_lazy("of a follow-up", "Given up")

    contact = models.ForeignKey(
        "contacts.Contact", on_delete=models.CASCADE, related_name="tasks", db_index=False
    )
    title = models.CharField(_("what to do"), max_length=150)
    note = models.TextField(_("note"), blank=True, max_length=2000)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by whom"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    due_on = models.DateField(_("day"))
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    batch = models.ForeignKey(
        TaskBatch, null=True, on_delete=models.SET_NULL, related_name="tasks", db_index=False
    )
    origin = models.CharField(max_length=60, blank=True, default="", db_default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(db_default=Now())
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)

    objects = ScopedManager.from_queryset(TaskQuerySet)()
    personal_data = keep(
        *["id", "contact", "owner", "due_on", "state", "batch", "origin", "created_by", "created_at"],
        *["ended_by", "ended_at"],
    ) | erase("title", "note")

    class Meta:
        triggers = kept_history(person="contact_id", unsaid=("note",))
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "contact"], condition=Q(batch__isnull=False), name="task_once_a_batch"
            ),
            models.UniqueConstraint(
                fields=["origin", "contact"], condition=~Q(origin=""), name="task_once_an_origin"
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True)
                | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="task_ended_or_open",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "due_on"], name="task_to_do", condition=Q(state="open")),
            models.Index(fields=["contact", "due_on"], name="task_of_person"),
        ]

    def __str__(self) -> str:
        return self.title
