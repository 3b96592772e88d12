"""A test of versions: some recipients get one of several, the others what did best; on screen a *test*."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep
from messaging.models.variant import MOST_VARIANTS

UNDECIDED = 255
"""`Delivery.variant` of those who wait for the result: no version has this number, so that no claim takes
them, and none is due later than it would be anyway."""

LONGEST_WAIT = 72  # hours


class IfNone(models.TextChoices):
    """What the others get when no version has won."""

    FIRST = "first", _("The others get version A")
    WAIT = "wait", _("The others wait until somebody chooses")


class Outcome(models.TextChoices):
    """What the one look found; `""` before it."""

    WINNER = "winner", _("One version won")
    NONE = "none", _("No version won")
    WITHHELD = "withheld", _("The version that would leave makes too many people leave or complain")
    PERSON = "person", _("Somebody chose before the look")
    TOO_LATE = "too_late", _("The mailing may no longer be sent")


class Experiment(models.Model):
    """The test of a mailing. Version A is the mailing itself, number 0; B and so on are its
    `CampaignVariant` rows without a territory.

    `sample_percent` of the recipients are in the test, split evenly; 100: all of them, and nothing is left to
    decide. `wait_hours` are counted from `sample_sent_at`, when nobody of the sample waited for a first try
    any more. `goal`: key of `contacts.registry.registry.campaign_goals`.

    `looked_at`, `outcome` and `figures` (`messaging.experiments.figures`: one entry a version) are written
    once, together. `chosen`: the number of the version that the others get, or of the winner where there are
    no others; null while it is open or where there is none. Whoever chose is `decided_by` with a `reason`:
    before the look (`outcome` person), or after a look that left it open (its `outcome` stays).
    """

    campaign = models.OneToOneField(
        "messaging.Campaign", on_delete=models.CASCADE, primary_key=True, related_name="experiment"
    )
    sample_percent = models.PositiveSmallIntegerField(
        _("recipients in the test, in percent"),
        default=20,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    wait_hours = models.PositiveSmallIntegerField(
        _("hours until the look"),
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_WAIT)],
    )
    goal = models.CharField(_("decided by"), max_length=32, default="clicks")
    if_none = models.CharField(
        _("if no version wins"), max_length=8, choices=IfNone.choices, default=IfNone.FIRST
    )
    revision = models.PositiveIntegerField(default=1)  # grows with each saved edit
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    updated_at = models.DateTimeField(db_default=Now())
    sample_sent_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True, default="")
    figures = models.JSONField(default=list)
    chosen = models.PositiveSmallIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)

    objects: ClassVar[models.Manager[Experiment]] = models.Manager()
    personal_data = keep(
        *["campaign", "sample_percent", "wait_hours", "goal", "if_none", "revision", "updated_by"],
        *["updated_at", "sample_sent_at", "looked_at", "outcome", "figures", "chosen", "decided_at"],
        *["decided_by", "reason"],
    )

    class Meta:
        triggers = kept_history(
            key=("campaign_id",), unseen=("sample_sent_at", "looked_at", "outcome", "figures", "updated_at")
        )
        verbose_name = _("test of versions")
        verbose_name_plural = _("tests of versions")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sample_percent__gte=1, sample_percent__lte=100),
                name="experiment_sample_is_a_share",
            ),
            models.CheckConstraint(
                condition=models.Q(wait_hours__gte=1, wait_hours__lte=LONGEST_WAIT), name="experiment_wait"
            ),
            models.CheckConstraint(
                condition=models.Q(looked_at__isnull=True, outcome="")
                | models.Q(looked_at__isnull=False) & ~models.Q(outcome=""),
                name="experiment_looked_at_has_outcome",
            ),
            models.CheckConstraint(
                condition=models.Q(chosen__isnull=True)
                | models.Q(looked_at__isnull=False, decided_at__isnull=False, chosen__lte=MOST_VARIANTS),
                name="experiment_chosen_once_looked_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.outcome or '–'}"

    @property
    def has_others(self) -> bool:
        """Whether some recipients are not in the test and get what it decides."""
        return self.sample_percent < 100

    @property
    def is_open(self) -> bool:
        """Whether it is still to be decided what the others get."""
        return self.decided_at is None

    @property
    def waits_for_person(self) -> bool:
        """The look left it open: the others wait until somebody chooses."""
        return self.looked_at is not None and self.is_open
