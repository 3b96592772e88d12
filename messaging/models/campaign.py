"""One planned send on one channel; on screen a *mailing*."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep
from contacts.enums import Channel, MessageKind
from contacts.scoped import ScopedManager
from messaging.content.utm import LONGEST_TAG, TAG
from messaging.enums import CampaignState, Moment


def this_month() -> date:
    return timezone.localdate().replace(day=1)


class Operation(models.Model):
    """A group of campaigns over several channels, with one subject."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    created_at = models.DateTimeField(db_default=Now())

    personal_data = keep("id", "name", "created_at")

    class Meta:
        triggers = kept_history()
        verbose_name = _("operation")

    def __str__(self) -> str:
        return self.name


TEST_PREFIX = "test:"
"""`standing_for` of tests begins so; what comes back from them counts nowhere."""


PERSONAL_PREFIX = "personal:"
"""`standing_for` of what members of the team write to one person begins so."""


SERIES_PREFIX = "series:"
"""And of the messages of a series, which leave as each person's turn comes."""


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def mailings(self) -> CampaignQuerySet:
        """Without the standing campaigns that carry service messages."""
        return self.filter(standing_for="")

    def standing(self) -> CampaignQuerySet:
        """Those that carry service messages; not the tests of mailings."""
        return self.exclude(standing_for="").exclude(standing_for__startswith=TEST_PREFIX)

    def by_service_sender(self) -> CampaignQuerySet:
        """Without the political ones that have a sender of their own."""
        return self.filter(
            models.Q(kind=MessageKind.SERVICE) | models.Q(standing_for__startswith=PERSONAL_PREFIX)
        )

    def under_way(self) -> CampaignQuerySet:
        return self.filter(state__in=[CampaignState.FREEZING, CampaignState.SENDING, CampaignState.PAUSED])

    def leaving_by_themselves(self) -> CampaignQuerySet:
        """Mailings that go out, now or at their hour, without anybody doing more."""
        states = [CampaignState.SCHEDULED, CampaignState.FREEZING, CampaignState.SENDING]
        return self.mailings().filter(state__in=states)


class Campaign(models.Model):
    """A mailing, or a standing campaign (`standing_for`) that carries one kind of service message a month.

    `audience`: {"type": "segment"|"list"|"newsletter"|"source"|"everyone", "id": n}. `compiled` is the
    message as frozen at sending (`messaging.content.compile.CompiledMessage`). `ledger_month` never changes:
    it is the partition of its deliveries. `audience_count` is the frozen audience. `approved_content` is the
    fingerprint (`Approval.content`) of what was frozen, of a service mailing that was approved as it left.
    """

    name = models.CharField(_("name"), max_length=150)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices, default=Channel.EMAIL)
    kind = models.CharField(
        _("kind"), max_length=12, choices=MessageKind.choices, default=MessageKind.POLITICAL
    )
    standing_for = models.CharField(max_length=64, blank=True, default="")
    state = models.CharField(
        _("state"), max_length=12, choices=CampaignState.choices, default=CampaignState.DRAFT
    )
    operation = models.ForeignKey(
        Operation, verbose_name=_("operation"), null=True, blank=True, on_delete=models.SET_NULL
    )
    ledger_month = models.DateField(default=this_month, editable=False)
    sender = models.ForeignKey(
        "messaging.SenderIdentity", verbose_name=_("sender"), null=True, blank=True, on_delete=models.PROTECT
    )
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    preview_text = models.CharField(_("preview text"), max_length=200, blank=True)
    blocks = models.JSONField(default=list)
    revision = models.PositiveIntegerField(default=1)  # grows with each saved edit
    audience = models.JSONField(default=dict)
    targeted = models.BooleanField(default=False)  # computed from the audience's classes when frozen
    segment_version = models.PositiveIntegerField(null=True)
    audience_tree = models.JSONField(null=True)  # the conditions as frozen
    criteria = models.JSONField(null=True)  # by language, how people were chosen, as said when frozen
    tracking = models.BooleanField(_("count opens and clicks"), default=True)
    engaged_first = models.BooleanField(_("most engaged people first"), default=False)
    moment = models.CharField(
        _("moment"), max_length=12, choices=Moment.choices, default=Moment.TOGETHER, blank=True
    )
    utm_campaign = models.CharField(
        _("name for web statistics"),
        max_length=LONGEST_TAG,
        blank=True,
        validators=[RegexValidator(rf"^{TAG.pattern}$", _("Use letters, digits, dashes and dots only."))],
        help_text=_("Added to every link as utm_campaign, with utm_source and utm_medium. Empty: nothing."),
    )
    territory = models.ForeignKey(  # nobody outside it is written to
        "contacts.Territory", verbose_name=_("territory"), null=True, blank=True, on_delete=models.PROTECT
    )
    from_kit = models.BooleanField(default=False, db_default=False)  # its locked blocks stay as they are
    approved_content = models.CharField(max_length=64, blank=True, default="", db_default="")
    compiled = models.JSONField(null=True)
    scheduled_at = models.DateTimeField(_("leaves at"), null=True, blank=True)
    window_until = models.DateTimeField(null=True, blank=True)  # nothing leaves before: time to cancel
    send_until = models.DateTimeField(_("not after"), null=True, blank=True)
    frozen_at = models.DateTimeField(null=True)
    freeze_cursor = models.BigIntegerField(default=0)
    audience_count = models.PositiveIntegerField(null=True)
    excluded = models.JSONField(default=dict)  # {UnreachableReason: count} at the freeze
    state_counts = models.JSONField(default=dict)  # {DeliveryState: count} as counted once it had ended
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    pause_reason = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    scoped_by = ("territory",)
    objects = ScopedManager.from_queryset(CampaignQuerySet)()
    personal_data = keep(
        *[
            "id",
            "name",
            "channel",
            "kind",
            "standing_for",
            "state",
            "operation",
            "ledger_month",
            "sender",
            "subject",
            "preview_text",
        ],
        *[
            "blocks",
            "revision",
            "audience",
            "targeted",
            "segment_version",
            "audience_tree",
            "criteria",
            "tracking",
            "utm_campaign",
            "engaged_first",
            "moment",
            "territory",
            "from_kit",
            "approved_content",
        ],
        *[
            "compiled",
            "scheduled_at",
            "window_until",
            "send_until",
            "frozen_at",
            "freeze_cursor",
            "audience_count",
            "excluded",
            "state_counts",
            "started_at",
        ],
        *["finished_at", "pause_reason", "created_by", "created_at", "updated_at"],
    )

    class Meta:
        triggers = kept_history(
            unseen=("updated_at", "state_counts", "freeze_cursor", "compiled"),
            unsaid=("blocks", "audience_tree", "excluded"),
        )
        verbose_name = _("mailing")
        indexes = [
            models.Index(fields=["-created_at"], name="campaign_newest"),
            models.Index(
                fields=["state", "scheduled_at"],
                name="campaign_active",
                condition=models.Q(state__in=["scheduled", "freezing", "sending"]),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["standing_for", "ledger_month"],
                condition=~models.Q(standing_for=""),
                name="campaign_standing_once_a_month",
            ),
            models.CheckConstraint(
                condition=models.Q(ledger_month__day=1), name="campaign_ledger_month_first"
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["sending", "sent"])
                | ~models.Q(standing_for="")
                | models.Q(audience_count__isnull=False),
                name="campaign_frozen_before_sending",
            ),
            models.CheckConstraint(
                condition=models.Q(from_kit=False) | models.Q(territory__isnull=False),
                name="campaign_of_a_kit_has_territory",
            ),
            # Nobody would resume it: confirmations would stop without anybody knowing.
            models.CheckConstraint(
                condition=models.Q(standing_for="") | ~models.Q(state="paused"),
                name="campaign_standing_never_paused",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_time_left(self) -> bool:
        """The moment after which nothing of it leaves is still to come."""
        return self.send_until is None or self.send_until > timezone.now()

    @property
    def is_test(self) -> bool:
        """True for the standing campaign of a mailing's tests: `test:<mailing>:<version>:<kind>:<sender>`."""
        return self.standing_for.startswith(TEST_PREFIX)

    @property
    def is_personal(self) -> bool:
        """True for the standing campaign of messages that members of the team write by hand."""
        return self.standing_for.startswith(PERSONAL_PREFIX)

    @property
    def message_kind(self) -> str:
        """The kind that its messages show: a test goes out as a service, and looks like its mailing."""
        told = self.standing_for.split(":")[3:4] if self.is_test else []
        return told[0] if told and told[0] in MessageKind.values else self.kind

    @property
    def scope(self) -> list[int] | None:
        """Territories outside which nobody is written to (`contacts.segments.scope`); None: everywhere."""
        return None if self.territory_id is None else [self.territory_id]

    @property
    def is_editable(self) -> bool:
        return self.state in (CampaignState.DRAFT, CampaignState.SCHEDULED)
