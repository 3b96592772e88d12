"""A campaign's own states as dispatch moves them: due, frozen, paused by itself, finished, swept."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import DurationField, ExpressionWrapper, F, Min, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign_crm.platform import audit
from campaign_crm.platform.locks import only_one
from campaign_crm.platform.models import Organisation
from campaign_crm.platform.webhooks.events import WebhookEvent
from campaign_crm.platform.webhooks.outbox import emit
from contacts.errors import ContactsError
from contacts.services.sources import spread_changes
from messaging.dispatch.circuit import PauseReason
from messaging.dispatch.counting import keep_counts
from messaging.dispatch.freeze import freeze, unfreeze
from messaging.dispatch.moments import EARLIEST
from messaging.dispatch.notices import language_of, tell_author, tell_service_waits, words_of
from messaging.dispatch.snapshot import FreezeStopped, forget_snapshot, wait_for_sources
from messaging.enums import CampaignState, Moment
from messaging.errors import CannotSend, MessagingError
from messaging.models import Campaign, SendingRule
from messaging.services.pre_send import About, pre_send

logger = logging.getLogger(__name__)

SWEEP_LIMIT = 10_000  # rows a statement
LONGEST_REASON = 300

_SWEEP = """
WITH waiting AS (
    SELECT contact_id, occasion FROM messaging_delivery
    WHERE ledger_month = %(month)s AND campaign_id = %(campaign)s AND state IN ('queued', 'retry_wait')
    LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE messaging_delivery d SET state = 'cancelled', settled_at = now()
FROM waiting
WHERE d.ledger_month = %(month)s AND d.campaign_id = %(campaign)s
    AND d.contact_id = waiting.contact_id AND d.occasion = waiting.occasion
"""

# Two questions, for two partial indexes: nothing waits, and no worker holds anything.
_NOTHING_LEFT = """
NOT EXISTS (
    SELECT FROM messaging_delivery d
    WHERE d.ledger_month = messaging_campaign.ledger_month AND d.campaign_id = messaging_campaign.id
        AND d.state IN ('queued', 'retry_wait'))
AND NOT EXISTS (
    SELECT FROM messaging_delivery d
    WHERE d.ledger_month = messaging_campaign.ledger_month AND d.campaign_id = messaging_campaign.id
        AND d.state IN ('claimed', 'handed'))
"""

# Held first, asked next: whoever settles uncertain messages holds its campaign, and what they queued is seen
# here only by a statement that begins after their commit.
_HOLD_ENDING = """
SELECT id FROM messaging_campaign
WHERE state IN ('sending', 'cancelled') AND finished_at IS NULL
    AND (standing_for = '' OR ledger_month < date_trunc('month', now() - interval '2 days'))
ORDER BY id FOR UPDATE SKIP LOCKED
"""

# A freeze that was cancelled half-way has the audience that it had come to.
_FINISH = f"""
UPDATE messaging_campaign
SET state = CASE state WHEN 'sending' THEN 'sent' ELSE state END,
    audience_count = CASE WHEN audience_count > freeze_cursor THEN freeze_cursor ELSE audience_count END,
    finished_at = now()
WHERE id = ANY(%(held)s) AND state IN ('sending', 'cancelled') AND finished_at IS NULL AND {_NOTHING_LEFT}
RETURNING id, state, standing_for
"""  # noqa: S608 - our own text


def start_due() -> int:
    """Begin the campaigns whose hour has come; returns how many."""
    if not Organisation.current().sending_enabled:
        return 0
    # Frozen within the time to cancel, so that the first message leaves at the hour that was chosen.
    begun_by = Now() + timedelta(seconds=SendingRule.current().window_seconds)
    early = Campaign.objects.filter(moment=Moment.LOCAL_TIME, scheduled_at__lte=begun_by + EARLIEST)
    due = Campaign.objects.filter(
        Q(scheduled_at__lte=begun_by) | Q(pk__in=early), state=CampaignState.SCHEDULED
    )
    return due.update(state=CampaignState.FREEZING)


def freeze_waiting() -> int:
    """Freeze every campaign that waits for it, one worker each; returns how many were frozen."""
    frozen = 0
    for campaign_id in list(
        Campaign.objects.filter(state=CampaignState.FREEZING).order_by("pk").values_list("pk", flat=True)
    ):
        with only_one(f"messaging.freeze.{campaign_id}") as mine:
            if mine and _freeze_one(campaign_id):
                frozen += 1
    return frozen


def next_release() -> timedelta | None:
    """How long until the first mailing that is whole may leave, its time to cancel over; None: none waits."""
    wait: timedelta | None = Campaign.objects.filter(
        state=CampaignState.FREEZING, frozen_at__isnull=False, freeze_cursor=F("audience_count")
    ).aggregate(wait=ExpressionWrapper(Min("window_until") - Now(), output_field=DurationField()))["wait"]
    return wait


def pause_for(campaign_id: int, reason: PauseReason) -> bool:
    """Pause a campaign by itself, and tell its author why; False when it was not sending."""
    campaign = Campaign.objects.select_related("created_by").get(pk=campaign_id)
    with transaction.atomic(), override(language_of(campaign)):
        words = words_of(reason)
        moved = (
            Campaign.objects.mailings()
            .filter(pk=campaign_id, state=CampaignState.SENDING)
            .update(state=CampaignState.PAUSED, pause_reason=words[:LONGEST_REASON])
        )
        if moved:
            audit.record(action="campaign.pause", on=campaign, by=None, reason=words[:LONGEST_REASON])
            message = _("“%(name)s” is paused: %(reason)s") % {"name": campaign.name, "reason": words}
            tell_author(campaign, "campaign.paused", message)
    return bool(moved)


def hold_service(campaign: Campaign, reason: PauseReason) -> None:
    """Service messages wait for their way out, by themselves: nothing is paused, administrators are told."""
    logger.warning("Service messages of campaign %s wait for their way out", campaign.pk)
    tell_service_waits(reason)


def finish() -> int:
    """Close campaigns with nothing left to send; returns how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_HOLD_ENDING)
        held = [campaign for (campaign,) in cursor.fetchall()]
        cursor.execute(_FINISH, {"held": held})
        finished = cursor.fetchall()
        # In the same transaction: nobody sees a mailing that has ended without its figures.
        keep_counts([campaign for campaign, _state, _standing in finished])
        sent = [
            campaign for campaign, state, standing in finished if state == CampaignState.SENT and not standing
        ]
        for campaign in sent:
            emit(WebhookEvent.CAMPAIGN_SENT, {"mailing": campaign})
    for campaign in Campaign.objects.filter(pk__in=sent).select_related("created_by"):
        with override(language_of(campaign)):
            tell_author(campaign, "campaign.sent", _("“%(name)s” has been sent.") % {"name": campaign.name})
    return len(finished)


def sweep_cancelled() -> int:
    """End the waiting rows of cancelled campaigns; those a worker holds end at its gate."""
    swept = 0
    for campaign in Campaign.objects.filter(state=CampaignState.CANCELLED, finished_at=None):
        forget_snapshot(campaign.pk)
        swept += _sweep(campaign)
    return swept


def _sweep(campaign: Campaign) -> int:
    swept = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                _SWEEP, {"month": campaign.ledger_month, "campaign": campaign.pk, "limit": SWEEP_LIMIT}
            )
            if not cursor.rowcount:
                return swept
            swept += cursor.rowcount


def _freeze_one(campaign_id: int) -> bool:
    """Freeze; what cannot be frozen is a draft again, with the reason for its author, in their language."""
    campaign = Campaign.objects.select_related("created_by").get(pk=campaign_id)
    try:
        with override(language_of(campaign)):
            if campaign.frozen_at is None:
                spread_changes()
                wait_for_sources(campaign)
                _ask_again(campaign)
            freeze(campaign_id)
    except FreezeStopped:
        return False
    except (OperationalError, InterfaceError):
        logger.warning("The freeze of campaign %s waits for the database", campaign_id)
        raise
    except Exception as error:
        known = isinstance(error, (MessagingError, ContactsError))
        if not known:
            logger.exception("Campaign %s cannot be frozen", campaign_id)
        _back_to_draft(campaign_id, str(error) if known else type(error).__name__)
        return False
    return True


def _ask_again(campaign: Campaign) -> None:
    """What was complete when it was scheduled may lack something when it leaves; raises CannotSend.

    Sending switched off meanwhile is not asked here: the gate holds the messages until it is on again.
    """
    found = pre_send(campaign)
    problems = [one.message for one in found.obstacles if one.about is not About.SENDING]
    if problems:
        raise CannotSend(" ".join(problems))


def _back_to_draft(campaign_id: int, reason: str) -> None:
    campaign = Campaign.objects.select_related("created_by").get(pk=campaign_id)
    with transaction.atomic(), override(language_of(campaign)):
        words = _("It could not leave: %(reason)s") % {"reason": reason}
        if unfreeze(campaign_id, words[:LONGEST_REASON]):
            audit.record(action="campaign.unfreeze", on=campaign, by=None, reason=words[:LONGEST_REASON])
            message = _("“%(name)s” is a draft again. %(reason)s") % {"name": campaign.name, "reason": words}
            tell_author(campaign, "campaign.failed", message)
