"""Why a mailing that is being sent does not move, in the words of the person who waits for it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaign_crm.platform.models import Organisation
from messaging.dispatch import breaker, caps, pace, routing
from messaging.models import Campaign, CampaignPace, FamilyPause, ProviderAccount, SenderIdentity

SLOW = 1 / 30
"""Messages a second: below it, seconds pass between two messages and nothing is the matter."""

_WAITING = """
SELECT count(*) FILTER (WHERE due_at <= now()), min(due_at) FILTER (WHERE due_at > now()),
    count(*) FILTER (WHERE due_at > now() + interval '1 year'), count(*)
FROM (
    SELECT due_at FROM messaging_delivery
    WHERE ledger_month = %(month)s AND campaign_id = %(campaign)s AND state IN ('queued', 'retry_wait')
    LIMIT %(limit)s
) waiting
"""
LOOKED_AT = 100_000  # waiting rows that are looked at: more say nothing else


class Standing(NamedTuple):
    """`code` names the case, `text` says it in the active language."""

    code: str
    text: str


class _Waiting(NamedTuple):
    due: int
    next_at: datetime | None
    parked: int
    total: int


def why_it_stands(campaign: Campaign) -> Standing:
    """The first thing that holds it, from the outside in."""
    if not Organisation.current().sending_enabled:
        return Standing("sending_off", _("Sending is switched off on this installation."))
    if (found := _closed_ways(campaign)) is not None:
        return found
    waiting = _waiting(campaign)
    if waiting.parked and waiting.parked == waiting.total:
        return Standing("family", _paused_families(campaign))
    if not waiting.total:
        return Standing(
            "in_hand", _("The last messages are in the hands of the way out: their answers are awaited.")
        )
    if not waiting.due and waiting.next_at is not None:
        text = _("The messages that are left are due later; the next ones at %(time)s.")
        return Standing("later", text % {"time": _clock(waiting.next_at)})
    if CampaignPace.objects.filter(pk=campaign.pk).exists() and (pace.rate_of(campaign) or 1) < SLOW:
        return Standing("speed", _("Its own speed leaves a long time between two messages."))
    text = _("Messages are due and nobody takes them: no worker runs, or it is busy with other mailings.")
    return Standing("no_worker", text)


def _closed_ways(campaign: Campaign) -> Standing | None:
    """What closes every way of its senders; None when one is open."""
    senders = _senders(campaign)
    full = caps.full()
    reasons: list[Standing] = []
    for sender in senders:
        if sender.pk in full.senders:
            words = {"sender": sender, "reason": _(full.senders[sender.pk])}
            reasons.append(Standing("cap", _("Sender “%(sender)s”: %(reason)s.") % words))
            continue
        accounts = [way.account for way in routing.every_way(sender).ways]
        if not accounts:
            text = _("Every way out of “%(sender)s” is switched off.")
            reasons.append(Standing("switched_off", text % {"sender": sender}))
        shut = [_why_shut(account, full.accounts) for account in accounts]
        if any(reason is None for reason in shut):
            return None
        reasons += [reason for reason in shut if reason is not None]
    return reasons[0] if reasons else None


def _why_shut(account: ProviderAccount, full: dict[int, str]) -> Standing | None:
    if account.pk in full:
        words = {"account": account, "reason": _(full[account.pk])}
        return Standing("cap", _("Way out “%(account)s”: %(reason)s.") % words)
    if account.rests_until is not None and account.rests_until > timezone.now():
        words = {"account": account, "time": _clock(account.rests_until), "words": account.trouble or "–"}
        text = _("The way out “%(account)s” failed and is tried again at %(time)s: %(words)s")
        return Standing("resting", text % words)
    return None


def _senders(campaign: Campaign) -> list[SenderIdentity]:
    variants = campaign.variants.sent().select_related("sender__provider_account")
    found = [campaign.sender, *(variant.sender for variant in variants)]
    return [sender for sender in found if sender is not None]


def _paused_families(campaign: Campaign) -> str:
    pauses = FamilyPause.objects.filter(campaign=campaign, released_at=None).order_by("family")
    return " ".join(f"{breaker.reason_of(pause)}." for pause in pauses) or _(
        "Its families of mailboxes wait."
    )


def _waiting(campaign: Campaign) -> _Waiting:
    with connection.cursor() as cursor:
        cursor.execute(
            _WAITING, {"month": campaign.ledger_month, "campaign": campaign.pk, "limit": LOOKED_AT}
        )
        due, next_at, parked, total = cursor.fetchone()
    return _Waiting(due, next_at, parked, total)


def _clock(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "TIME_FORMAT")
