"""How long data stays, what goes next, and the proof that it went."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep
from contacts.enums import Gender, Relationship, RetentionRuleName, SourceKind

SMALLEST_CELL = 10  # people: fewer are shown together with others, or not at all


class RetentionRule(models.Model):
    """A rule of how long data stays that somebody changed, or an exception to one; the others are as shipped.

    `amount`: days for rolls and rentals, months for the last sign of life; null: it stays. An exception names
    a kind of source, a relationship, or both; the rule itself names neither.
    """

    rule = models.CharField(_("rule"), max_length=12, choices=RetentionRuleName.choices)
    kind = models.CharField(_("kind of source"), max_length=20, choices=SourceKind.choices, blank=True)
    relationship = models.CharField(
        _("relationship"), max_length=16, choices=Relationship.choices, blank=True
    )
    amount = models.PositiveSmallIntegerField(_("how long"), null=True, blank=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    changed_at = models.DateTimeField(_("changed"), db_default=Now())

    objects: ClassVar[models.Manager[RetentionRule]] = models.Manager()
    personal_data = keep("id", "rule", "kind", "relationship", "amount", "changed_by", "changed_at")

    class Meta:
        triggers = kept_history()
        verbose_name = _("retention rule")
        constraints = [
            models.UniqueConstraint(fields=["rule", "kind", "relationship"], name="retention_rule_once"),
            models.CheckConstraint(
                condition=models.Q(rule__in=["roll", "rental", "last_sign"]), name="retention_rule_known"
            ),
            models.CheckConstraint(
                condition=models.Q(rule="last_sign") | models.Q(kind="", relationship=""),
                name="retention_exceptions_of_last_sign",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.kind} {self.relationship}".strip()


class PurgeQuerySet(models.QuerySet["Purge"]):
    def ahead(self) -> PurgeQuerySet:
        """Announced and not done yet."""
        return self.filter(state__in=[Purge.State.ANNOUNCED, Purge.State.RUNNING])


class Purge(models.Model):
    """What goes by one rule on one day, announced beforehand; `source` is null for the last sign of life.

    `terms` are the values of the rule that the announcement counted with: when they are others on the day,
    nothing goes. `counted`: {"people", "points", "electors", "stay", …} as announced. `gone` and
    `ids_digest` (a keyed hash over the ids of every batch) grow with each batch, in its transaction.
    """

    class State(models.TextChoices):
        ANNOUNCED = "announced", _("Announced")
        RUNNING = "running", _("Under way")
        DONE = "done", _("Done")
        STALE = "stale", _("Its rule has changed since")

    rule = models.CharField(_("rule"), max_length=12, choices=RetentionRuleName.choices)
    source = models.ForeignKey(
        "contacts.Source",
        verbose_name=_("source"),
        null=True,
        on_delete=models.PROTECT,
        related_name="purges",
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ANNOUNCED)
    terms = models.JSONField()
    counted = models.JSONField(default=dict)
    counted_at = models.DateTimeField()
    announced_at = models.DateTimeField(db_default=Now())
    due_on = models.DateField(_("goes on"))
    gone = models.JSONField(default=dict)
    ids_digest = models.BinaryField(max_length=32, default=bytes)
    job = models.ForeignKey("platform.Job", null=True, on_delete=models.SET_NULL)
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Purge]] = PurgeQuerySet.as_manager()
    personal_data = keep(
        *["id", "rule", "source", "state", "terms", "counted", "counted_at", "announced_at", "due_on"],
        *["gone", "ids_digest", "job", "began_at", "ended_at"],
    )

    class Meta:
        verbose_name = _("purge")
        indexes = [models.Index(fields=["state", "due_on"], name="purge_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "source"],
                condition=models.Q(state__in=["announced", "running"]),
                nulls_distinct=False,
                name="purge_ahead_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.due_on}"


class PurgeCertificate(models.Model):
    """The proof of one purge: what went, how many, when, by which rule. Append-only (a trigger).

    `seal` is a keyed hash over everything else in it: a line changed afterwards shows.
    """

    purge = models.OneToOneField(Purge, on_delete=models.PROTECT, related_name="certificate")
    source_name = models.CharField(_("source"), max_length=150, blank=True)
    content = models.JSONField()
    ids_digest = models.BinaryField(max_length=32)
    seal = models.BinaryField(max_length=32)
    issued_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager[PurgeCertificate]] = models.Manager()
    personal_data = keep("id", "purge", "source_name", "content", "ids_digest", "seal", "issued_at")

    class Meta:
        verbose_name = _("certificate")

    def __str__(self) -> str:
        return f"{self.pk}"


class StationAggregate(models.Model):
    """How many electors of one age and sex voted at one polling station, frozen before their roll went.

    `sex` empty: both, and those of whom it is not known. Ages are in whole years, both ends included; null is
    an open end. `age_unknown`: people whose age is not known are counted here too.
    """

    purge = models.ForeignKey(Purge, on_delete=models.PROTECT, related_name="aggregates", db_index=False)
    commune = models.ForeignKey("contacts.Territory", on_delete=models.PROTECT, related_name="+")
    polling_station = models.ForeignKey(
        "contacts.Territory", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    sex = models.CharField(_("sex"), max_length=1, choices=Gender.choices, blank=True)
    age_from = models.PositiveSmallIntegerField(null=True)
    age_to = models.PositiveSmallIntegerField(null=True)
    age_unknown = models.BooleanField(default=False)
    electors = models.PositiveIntegerField(_("electors"))

    objects: ClassVar[models.Manager[StationAggregate]] = models.Manager()
    personal_data = keep(
        *["id", "purge", "commune", "polling_station", "sex", "age_from", "age_to", "age_unknown"],
        "electors",
    )

    class Meta:
        verbose_name = _("frozen figure of a polling station")
        indexes = [
            models.Index(fields=["purge", "commune", "polling_station"], name="station_aggregate_place")
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(electors__gte=SMALLEST_CELL), name="station_aggregate_anonymous"
            )
        ]

    def __str__(self) -> str:
        return f"{self.polling_station_id} {self.sex} {self.age_from}-{self.age_to}: {self.electors}"
