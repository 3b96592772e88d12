"""Elections, and when nothing political may leave because of them."""

from __future__ import annotations

from datetime import time
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep
from contacts.enums import Suffrage

POLLS_CLOSE = time(20)


class Election(models.Model):
    """A vote that the campaign takes part in, or that mutes it. `territory` null: the whole country votes."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    suffrage = models.CharField(_("election"), max_length=16, choices=Suffrage.choices)
    territory = models.ForeignKey(
        "contacts.Territory", verbose_name=_("where"), null=True, blank=True, on_delete=models.PROTECT
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, editable=False
    )
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager[Election]] = models.Manager()
    personal_data = keep("id", "name", "suffrage", "territory", "created_by", "created_at")

    class Meta:
        triggers = kept_history()
        verbose_name = _("election")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(suffrage__in=Suffrage.values), name="election_suffrage_known"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ElectionRound(models.Model):
    """One day of voting: `day` and `closes_at` are those of mainland France, local time."""

    election = models.ForeignKey(Election, on_delete=models.CASCADE, related_name="rounds", db_index=False)
    number = models.PositiveSmallIntegerField(_("round"))
    day = models.DateField(_("voting day"))
    closes_at = models.TimeField(_("polls close at"), default=POLLS_CLOSE)

    objects: ClassVar[models.Manager[ElectionRound]] = models.Manager()
    personal_data = keep("id", "election", "number", "day", "closes_at")

    class Meta:
        triggers = kept_history()
        verbose_name = _("round of voting")
        ordering: ClassVar[list[str]] = ["day"]
        constraints = [
            models.UniqueConstraint(fields=["election", "number"], name="election_round_once"),
            models.CheckConstraint(condition=models.Q(number__in=[1, 2]), name="election_round_1_or_2"),
        ]

    def __str__(self) -> str:
        return f"{self.election_id}/{self.number}"


class SilenceWindow(models.Model):
    """From when to when a round mutes the people of some areas, computed when the round is written.

    `areas`: codes of overseas departments, and folded names of countries abroad; empty: everybody else.
    """

    round = models.ForeignKey(ElectionRound, on_delete=models.CASCADE, related_name="windows", db_index=False)
    territory = models.ForeignKey(
        "contacts.Territory", null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    areas = ArrayField(models.CharField(max_length=80), default=list)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    objects: ClassVar[models.Manager[SilenceWindow]] = models.Manager()
    personal_data = keep("id", "round", "territory", "areas", "begins_at", "ends_at")

    class Meta:
        verbose_name = _("electoral silence")
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=F("begins_at")), name="silence_ends_after")
        ]
        indexes = [models.Index(fields=["ends_at"], name="silence_ends_at")]

    def __str__(self) -> str:
        return f"{self.begins_at:%Y-%m-%d %H:%M} - {self.ends_at:%Y-%m-%d %H:%M}"


class AreaTime(models.Model):
    """Time zones and public holidays of a place, as the hours of text messages and calls need them.

    `area`: an overseas code, a folded name of a country, a department with holidays of its own; empty: the
    rest of France. Written by `contacts.services.elections.write_area_times`, from what libraries ship.
    """

    area = models.CharField(primary_key=True, max_length=80)
    zones = ArrayField(models.CharField(max_length=40))
    holidays = ArrayField(models.DateField())

    objects: ClassVar[models.Manager[AreaTime]] = models.Manager()
    personal_data = keep("area", "zones", "holidays")

    class Meta:
        verbose_name = _("local time")

    def __str__(self) -> str:
        return self.area or "France"
