"""Closed vocabularies of campaigns and deliveries."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CampaignState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("Scheduled")
    FREEZING = "freezing", _("Preparing the recipients")
    SENDING = "sending", _("Sending")
    PAUSED = "paused", _("Paused")
    SENT = "sent", _("Sent")
    CANCELLED = "cancelled", _("Cancelled")


class DeliveryState(models.TextChoices):
    """States of the ledger; the sum over a campaign always equals its frozen audience."""

    QUEUED = "queued", _("Queued")
    CLAIMED = "claimed", _("Claimed by a worker")
    HANDED = "handed", _("Being handed over")
    RETRY_WAIT = "retry_wait", _("To be tried again")
    ACCEPTED = "accepted", _("Accepted by the provider")
    DELIVERED = "delivered", _("Delivered")
    BOUNCED = "bounced", _("Returned")
    COMPLAINED = "complained", _("Reported as spam")
    FAILED = "failed", _("Refused")
    UNKNOWN = "unknown", _("Uncertain")
    ABANDONED = "abandoned", _("Uncertain, left as it is")
    SUPPRESSED = "suppressed", _("On the do-not-contact list")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Too late to send")


class ShownState(models.TextChoices):
    """The five words people read; each gathers some states of the ledger."""

    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Sending")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")
    TO_CHECK = "to_check", _("To check")


SHOWN_AS = {
    DeliveryState.QUEUED: ShownState.WAITING,
    DeliveryState.CLAIMED: ShownState.WAITING,
    DeliveryState.RETRY_WAIT: ShownState.WAITING,
    DeliveryState.HANDED: ShownState.SENDING,
    DeliveryState.ACCEPTED: ShownState.DELIVERED,
    DeliveryState.DELIVERED: ShownState.DELIVERED,
    DeliveryState.BOUNCED: ShownState.FAILED,
    DeliveryState.COMPLAINED: ShownState.DELIVERED,
    DeliveryState.FAILED: ShownState.FAILED,
    DeliveryState.SUPPRESSED: ShownState.FAILED,
    DeliveryState.CANCELLED: ShownState.FAILED,
    DeliveryState.EXPIRED: ShownState.FAILED,
    DeliveryState.UNKNOWN: ShownState.TO_CHECK,
    DeliveryState.ABANDONED: ShownState.TO_CHECK,
}

UNFINISHED = (DeliveryState.QUEUED, DeliveryState.CLAIMED, DeliveryState.HANDED, DeliveryState.RETRY_WAIT)


class Moment(models.TextChoices):
    """When each recipient's message leaves."""

    TOGETHER = "", _("All from one moment on")
    LOCAL_TIME = "local", _("At that hour where each person lives")
    BEST_HOUR = "best_hour", _("Within a day, at the hour at which each person clicks most")


class Payer(models.TextChoices):
    """Who paid: campaign spending goes through the agent (electoral code, L. 52-4)."""

    AGENT = "agent", _("The financial agent")
    CANDIDATE = "candidate", _("The candidate")
    PARTY = "party", _("A party")
    OTHER = "other", _("Somebody else")


class Heading(models.TextChoices):
    """Headings of French campaign accounts; account numbers differ by election and year."""

    SUPPLIES = "supplies", _("Office supplies and purchases")
    PREMISES = "premises", _("Rent of premises")
    EQUIPMENT = "equipment", _("Rent of equipment")
    STAFF = "staff", _("Staff")
    ADVICE = "advice", _("Fees and advice in communication")
    ACCOUNTANT = "accountant", _("Chartered accountant")
    PRINT = "print", _("Printed matter")
    PRESS = "press", _("Publications and press")
    AUDIOVISUAL = "audiovisual", _("Audiovisual production")
    ONLINE = "online", _("Websites and online services")
    MEETINGS = "meetings", _("Public meetings")
    POLLS = "polls", _("Surveys and polls")
    TRAVEL = "travel", _("Transport and travel")
    POSTAGE = "postage", _("Postage and distribution")
    PHONE = "phone", _("Telephone and SMS")
    RECEPTIONS = "receptions", _("Receptions")
    BANK = "bank", _("Financial costs")
    OTHER = "other", _("Sundries")


class BrokerState(models.TextChoices):
    """How far a mailing by a broker has come."""

    PLANNED = "planned", _("Planned")
    HANDED = "handed", _("Handed to the broker")
    DONE = "done", _("Sent by the broker")
    CANCELLED = "cancelled", _("Cancelled")
