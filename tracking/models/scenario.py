"""Scenarios: what happens by itself after something a person did, step by step."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import erase, keep
from contacts.scoped import ScopedManager


class Scenario(models.Model):
    """A trigger and ordered steps. `trigger`: {"type": a registered one, "value": what it asks for}.

    Only what happens after `started_at` brings people in. `looked_at`: until when the trigger was asked.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        RUNNING = "running", pgettext_lazy("of a scenario", "Running")
        PAUSED = "paused", pgettext_lazy("of a scenario", "Paused")
        ENDED = "ended", pgettext_lazy("of a scenario", "Ended")

    name = models.CharField(_("name"), max_length=120)
    trigger = models.JSONField(default=dict)
    sender = models.ForeignKey(
        "messaging.SenderIdentity",
        verbose_name=_("sender"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    started_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    personal_data = keep(
        *["id", "name", "trigger", "sender", "state", "started_at", "looked_at", "created_by", "created_at"]
    )

    class Meta:
        triggers = kept_history(unseen=("looked_at",))
        verbose_name = _("scenario")
        verbose_name_plural = _("scenarios")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="running") | Q(started_at__isnull=False), name="scenario_started_to_run"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ScenarioStepQuerySet(models.QuerySet["ScenarioStep"]):
    def standing(self) -> ScenarioStepQuerySet:
        """In their order, without those that were taken out."""
        return self.filter(removed_at=None).order_by("position", "pk")


class ScenarioStep(models.Model):
    """One step; `data` by kind:

    wait {"days": n, "hours": n, "at": hour or null}; condition {"tree": conditions, "otherwise": "stop" or
    "skip"}; send {"subject", "preview_text", "blocks"}; tag {"tag": id}; subscribe {"newsletter": id};
    task {"title", "owner": id, "days": n}. A step that is taken out stays, for those who have passed it.
    """

    class Kind(models.TextChoices):
        WAIT = "wait", _("Wait")
        CONDITION = "condition", _("Only if")
        SEND = "send", _("Send a message")
        TAG = "tag", _("Put a tag")
        SUBSCRIBE = "subscribe", _("Subscribe to a newsletter")
        TASK = "task", _("Give a follow-up to somebody")

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="steps", db_index=False)
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    data: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True)

    objects = ScenarioStepQuerySet.as_manager()
    personal_data = keep("id", "scenario", "position", "kind", "data", "created_at", "removed_at")

    class Meta:
        triggers = kept_history(unsaid=("data",))
        verbose_name = _("step of a scenario")
        indexes = [models.Index(fields=["scenario", "position"], name="scenario_steps")]

    def __str__(self) -> str:
        return f"{self.scenario_id}/{self.position} {self.kind}"


class ScenarioPerson(models.Model):
    """One person in one scenario, once: how far they have come, and why they stopped.

    `last_step` is the step that was done last; the next one stands after it. Whoever is worked on carries a
    lease and a fencing `token`.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("in a scenario", "Under way")
        FINISHED = "finished", pgettext_lazy("in a scenario", "Came to the end")
        STOPPED = "stopped", pgettext_lazy("in a scenario", "Stopped")

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="people", db_index=False)
    contact = models.ForeignKey(
        "contacts.Contact", on_delete=models.CASCADE, related_name="scenarios", db_index=False
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    last_step = models.ForeignKey(
        ScenarioStep, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    due_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True)
    token = models.BigIntegerField(db_default=0)
    attempts = models.PositiveSmallIntegerField(db_default=0)
    reason = models.CharField(max_length=32, blank=True, default="", db_default="")
    entered_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    objects = ScopedManager()
    personal_data = keep(
        *["id", "contact", "state", "due_at", "lease_until", "token", "attempts", "entered_at", "ended_at"]
    ) | erase("scenario", "last_step", "reason")

    class Meta:
        verbose_name = _("person in a scenario")
        verbose_name_plural = _("scenarios that a person is in")
        constraints = [
            models.UniqueConstraint(fields=["scenario", "contact"], name="scenario_person_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", ended_at__isnull=True)
                | (~Q(state="waiting") & Q(ended_at__isnull=False)),
                name="scenario_person_ended_or_waiting",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="scenario_due", condition=Q(state="waiting")),
            models.Index(fields=["scenario", "state", "last_step"], name="scenario_people"),
            models.Index(fields=["contact"], name="scenario_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.scenario_id}: {self.contact_id}"


class ScenarioDone(models.Model):
    """One step done for one person: the ledger that keeps any change of a scenario from doing it again.

    A message stands in the ledger of deliveries under `campaign`, with the step as its occasion.
    """

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="+", db_index=False)
    contact = models.ForeignKey(
        "contacts.Contact", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    step = models.ForeignKey(ScenarioStep, on_delete=models.PROTECT, related_name="done", db_index=False)
    at = models.DateTimeField(db_default=Now())
    outcome = models.CharField(max_length=32)
    campaign = models.ForeignKey(
        "messaging.Campaign", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    objects = ScopedManager()
    personal_data = keep("id", "contact", "at") | erase("scenario", "step", "outcome", "campaign")

    class Meta:
        verbose_name = _("step done in a scenario")
        verbose_name_plural = _("steps done in scenarios")
        constraints = [models.UniqueConstraint(fields=["contact", "step"], name="scenario_step_once")]
        indexes = [
            models.Index(fields=["step", "outcome"], name="scenario_done_outcomes"),
            models.Index(fields=["scenario"], name="scenario_done_of"),
        ]

    def __str__(self) -> str:
        return f"{self.step_id}: {self.contact_id} {self.outcome}"
