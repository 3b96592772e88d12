"""What keeps a send to its pace: what was handed over lately, and what receiving mailboxes take."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep


class HandOver(models.Model):
    """One batch that was handed over, written with its intent: caps of an hour and of a day count these rows.

    Only inserted, so that workers never wait for one another; forgotten after some days. Without foreign
    keys: each would be looked up with every batch. `family`: where its account or sender warms up, one row
    for each (`messaging.dispatch.warm_up`); else empty.
    """

    account_id = models.BigIntegerField()
    sender_id = models.BigIntegerField()
    messages = models.PositiveIntegerField()
    family = models.CharField(max_length=253, blank=True, default="", db_default="")
    at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager[HandOver]] = models.Manager()
    personal_data = keep("id", "account_id", "sender_id", "messages", "family", "at")

    class Meta:
        verbose_name = _("batch handed over")
        indexes = [
            models.Index(fields=["account_id", "at"], name="hand_over_account"),
            models.Index(fields=["sender_id", "at"], name="hand_over_sender"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.messages}"


class ReceivingDomain(models.Model):
    """Which mailbox family takes the mail of a domain, as its MX records said; `family` is the domain's own
    name where no large family does."""

    domain = models.CharField(max_length=253, primary_key=True)
    family = models.CharField(max_length=253, db_index=True)
    looked_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager[ReceivingDomain]] = models.Manager()
    personal_data = keep("domain", "family", "looked_at")

    class Meta:
        verbose_name = _("receiving domain")

    def __str__(self) -> str:
        return f"{self.domain} → {self.family}"


class FamilyLimit(models.Model):
    """How many messages a minute may leave to one family of mailboxes, from this whole installation."""

    family = models.CharField(_("mailboxes"), max_length=253, unique=True)
    per_minute = models.PositiveIntegerField(_("a minute, at most"), validators=[MinValueValidator(1)])

    objects: ClassVar[models.Manager[FamilyLimit]] = models.Manager()
    personal_data = keep("id", "family", "per_minute")

    class Meta:
        triggers = kept_history()
        verbose_name = _("limit of a family of mailboxes")
        constraints = [
            models.CheckConstraint(condition=models.Q(per_minute__gte=1), name="family_limit_at_least_one")
        ]

    def __str__(self) -> str:
        return f"{self.family}: {self.per_minute}"


class FamilyPause(models.Model):
    """One mailing's messages to one family wait: too many were refused, returned or reported as spam.

    `domains` are those known to be of the family. `share` is the lower bound that passed `limit`, both
    from 0 to 1. Released by a person; what was counted until then (`counts`) no longer counts afterwards.
    """

    campaign = models.ForeignKey("messaging.Campaign", on_delete=models.CASCADE, related_name="family_pauses")
    family = models.CharField(max_length=253)
    domains = ArrayField(models.CharField(max_length=253))
    kind = models.CharField(max_length=12)  # families.Trouble
    share = models.FloatField()
    limit = models.FloatField()
    counts = models.JSONField(default=dict)  # {"accepted": n, "refused": n, …} when it was paused
    paused_at = models.DateTimeField(db_default=Now())
    released_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[FamilyPause]] = models.Manager()
    personal_data = keep(
        *["id", "campaign", "family", "domains", "kind", "share", "limit", "counts", "paused_at"],
        "released_at",
    )

    class Meta:
        verbose_name = _("paused family of mailboxes")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "family"],
                condition=models.Q(released_at__isnull=True),
                name="family_paused_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.family}"


class CampaignPace(models.Model):
    """How fast one mailing leaves, if it should not leave at full speed: `per_hour` messages, or so many that
    the last one leaves at `spread_until`."""

    campaign = models.OneToOneField(
        "messaging.Campaign", on_delete=models.CASCADE, related_name="pace", primary_key=True
    )
    per_hour = models.PositiveIntegerField(
        _("messages an hour, at most"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    spread_until = models.DateTimeField(_("the last one leaves at"), null=True, blank=True)

    objects: ClassVar[models.Manager[CampaignPace]] = models.Manager()
    personal_data = keep("campaign", "per_hour", "spread_until")

    class Meta:
        triggers = kept_history(key=("campaign_id",))
        verbose_name = _("speed of a mailing")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(per_hour__isnull=True) | models.Q(spread_until__isnull=True),
                name="pace_speed_or_end",
                violation_error_message=_("Give a speed or an end, not both."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.per_hour or self.spread_until}"


class CampaignWatch(models.Model):
    """What the ledger of a mailing under way said when it was last counted.

    `done`: settled rows; `left`: rows that wait. `accounts`: {account id: {"accepted": n, "bounced": n}}.
    `progressed_at`: when `done` last grew. `told_at`: when its author was told that it stands. `resumed_at`:
    when somebody last let it go on after a pause.
    """

    campaign = models.OneToOneField(
        "messaging.Campaign", on_delete=models.CASCADE, related_name="watch", primary_key=True
    )
    counted_at = models.DateTimeField(db_default=Now())
    took = models.FloatField(default=0.0)  # seconds that counting took
    done = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    accounts = models.JSONField(default=dict)
    progressed_at = models.DateTimeField(db_default=Now())
    told_at = models.DateTimeField(null=True)
    resumed_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[CampaignWatch]] = models.Manager()
    personal_data = keep(
        *["campaign", "counted_at", "took", "done", "left", "accounts", "progressed_at", "told_at"],
        "resumed_at",
    )

    class Meta:
        verbose_name = _("watch over a mailing")

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.done}"
