"""One thing a person did, or that happened to a message."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep, scrub
from contacts.scoped import ScopedManager
from tracking.enums import Device, HitClass, InteractionKind, Reader


class Interaction(models.Model):
    """Partitioned by the month of `at`; key and id come from the event, never from insertion.

    For people who agreed to be measured, `contact` is set; for the others it is null and `visitor` is the
    random number of their message, kept nowhere beside the person. `department` is enough for the report by
    territory. The same event inserted twice is one row.

    Of an open or a click, `rules` is the version of the rules that gave it its class, and `signals` what they
    judged by (`tracking.ingest.signals`): they may judge it again.
    """

    pk = models.CompositePrimaryKey("at", "event_id")
    at = models.DateTimeField(_("moment"))
    event_id = models.UUIDField()
    kind = models.CharField(_("kind"), max_length=16, choices=InteractionKind.choices)
    hit_class = models.CharField(max_length=16, choices=HitClass.choices, db_default="")
    contact = models.ForeignKey(
        "contacts.Contact", null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    campaign = models.ForeignKey(
        "messaging.Campaign", null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    ledger_month = models.DateField(null=True)
    occasion = models.CharField(max_length=64, db_default="")
    link_number = models.PositiveSmallIntegerField(null=True)
    variant = models.PositiveSmallIntegerField(db_default=0)
    department = models.CharField(max_length=3, db_default="")
    visitor = models.BigIntegerField(null=True)
    user_agent = models.CharField(max_length=300, db_default="")
    device = models.CharField(_("device"), max_length=8, choices=Device.choices, db_default="")
    reader = models.CharField(_("program"), max_length=8, choices=Reader.choices, db_default="")
    rules = models.PositiveSmallIntegerField(db_default=0)  # 0: no hit, or of before rules had numbers
    signals = models.JSONField(null=True)
    data = models.JSONField(null=True)

    scoped_by_mailing = "campaign"
    objects: ClassVar[models.Manager[Interaction]] = ScopedManager()
    personal_data = keep(
        *[
            "pk",
            "at",
            "event_id",
            "kind",
            "hit_class",
            "contact",
            "campaign",
            "ledger_month",
            "occasion",
            "link_number",
            "variant",
        ],
        "department",
        "visitor",
        "rules",
    ) | scrub("user_agent", "device", "reader", "signals", "data")

    class Meta:
        verbose_name = _("interaction")
        indexes = [
            models.Index(
                fields=["contact", "-at"],
                name="interaction_timeline",
                condition=models.Q(contact__isnull=False),
            ),
            models.Index(
                fields=["campaign", "kind", "contact", "visitor"],
                name="interaction_campaign",
                condition=models.Q(campaign__isnull=False),
            ),
            # Links that no reader sees: what robots did at the moment (`tracking.ingest.bursts`).
            models.Index(
                fields=["at"],
                name="interaction_traps",
                condition=models.Q(kind="click", link_number=0),
            ),
            # People's browsers whose device is not named yet (`tracking.ingest.devices`).
            models.Index(
                fields=["at"],
                name="interaction_unnamed",
                condition=models.Q(device="") & ~models.Q(user_agent=""),
            ),
            # Few among the opens and clicks of a month: sign-ups, calls, meetings.
            models.Index(
                fields=["kind", "at"],
                name="interaction_own_pages",
                condition=models.Q(campaign__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"
