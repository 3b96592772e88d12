"""Why a mailing that is being sent does not move, in the words of the person who waits for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaign_crm.platform.models import Organisation
from contacts.models import SilenceWindow
from contacts.rules import silence
from messaging.dispatch import breaker, caps, families, pace, routing, warm_up
from messaging.enums import DeliveryState, Moment
from messaging.models import (
    Campaign,
    CampaignPace,
    Delivery,
    Experiment,
    FamilyPause,
    ProviderAccount,
    SenderIdentity,
)
from messaging.models.experiment import UNDECIDED

SLOW = 1 / 30
"""Messages a second: below it, seconds pass between two messages and nothing is the matter."""

_WAITING = """
SELECT count(*) FILTER (WHERE due_at <= now()), min(due_at) FILTER (WHERE due_at > now()),
    count(*) FILTER (WHERE due_at > now() + interval '1 year'), count(*),
    count(*) FILTER (WHERE due_at > now() AND attempts = 0)
FROM (
    SELECT due_at, attempts FROM messaging_delivery
    WHERE ledger_month = %(month)s AND campaign_id = %(campaign)s AND state IN ('queued', 'retry_wait')
        AND variant < %(undecided)s
    LIMIT %(limit)s
) waiting
"""
LOOKED_AT = 100_000  # waiting rows that are looked at: more say nothing else

# Those that a warm-up holds are asked again within its longest wait.
_SOON = """
SELECT DISTINCT domain FROM (
    SELECT lower(split_part(address, '@', 2)) AS domain FROM messaging_delivery
    WHERE ledger_month = %(month)s AND campaign_id = %(campaign)s AND state IN ('queued', 'retry_wait')
        AND due_at <= now() + make_interval(secs => %(seconds)s)
    LIMIT %(limit)s
) waiting
"""


class Standing(NamedTuple):
    """`code` names the case, `text` says it in the active language. `planned`: nothing is the matter."""

    code: str
    text: str
    planned: bool = False


class _Waiting(NamedTuple):
    due: int
    next_at: datetime | None
    parked: int
    total: int
    planned: int  # due later, and never tried


def why_it_stands(campaign: Campaign) -> Standing:
    """The first thing that holds it, from the outside in."""
    if not Organisation.current().sending_enabled:
        return Standing("sending_off", _("Sending is switched off on this installation."))
    waiting = _waiting(campaign)
    if not waiting.due and not waiting.parked and (found := _waits_for_test(campaign)) is not None:
        return found
    if (found := _closed_ways(campaign)) is not None:
        return found
    if waiting.parked and waiting.parked == waiting.total:
        return Standing("family", _paused_families(campaign))
    if not waiting.total:
        return Standing(
            "in_hand", _("The last messages are in the hands of the way out: their answers are awaited.")
        )
    if not waiting.due and waiting.next_at is not None:
        return _later(campaign, waiting, waiting.next_at)
    if CampaignPace.objects.filter(pk=campaign.pk).exists() and (pace.rate_of(campaign) or 1) < SLOW:
        text = _("Its own speed leaves a long time between two messages.")
        return Standing("speed", text, planned=True)
    text = _("Messages are due and nobody takes them: no worker runs, or it is busy with other mailings.")
    return Standing("no_worker", text)


def _waits_for_test(campaign: Campaign) -> Standing | None:
    """Its sample has left, and the others wait for what it shows, or for somebody."""
    test = Experiment.objects.filter(campaign=campaign, decided_at=None).first()
    if test is None or test.sample_sent_at is None:
        return None
    if test.waits_for_person:
        text = _("The test did not decide by itself: the others wait until somebody chooses their version.")
        return Standing("test", text, planned=True)
    text = _("Waits for the result of the test, looked at: %(time)s.")
    looked_at = test.sample_sent_at + timedelta(hours=test.wait_hours)
    return Standing("test", text % {"time": _clock(looked_at)}, planned=True)


def _muted(campaign: Campaign) -> bool:
    """Some of its messages wait for polls to close; rows are looked at only while polls are to close."""
    now = timezone.now()
    if not SilenceWindow.objects.filter(begins_at__lte=now + silence.MARGIN, ends_at__gt=now).exists():
        return False
    rows = Delivery.objects.of_campaign(campaign)
    return bool(rows.filter(answer=silence.WAITS, state=DeliveryState.QUEUED).exists())


def _later(campaign: Campaign, waiting: _Waiting, next_at: datetime) -> Standing:
    """Why nothing is due before `next_at`."""
    if _muted(campaign):
        text = _("The silence before a vote holds where the others live. Next messages: %(time)s.")
        return Standing("silence", text % {"time": _clock(next_at)}, planned=True)
    if held := _held_by_warm_up(campaign):
        text = _("A warm-up lets no more messages leave today to %(families)s. Asked again: %(time)s.")
        words = {"families": ", ".join(held), "time": _clock(next_at)}
        return Standing("warm_up", text % words, planned=True)
    said = {
        Moment.LOCAL_TIME: _("It is not yet the hour where the others live. Next messages: %(time)s."),
        Moment.BEST_HOUR: _("The others get it at their own hour. Next messages: %(time)s."),
    }
    if waiting.planned and campaign.moment in said:
        text = said[Moment(campaign.moment)]
        return Standing("moment", text % {"time": _clock(next_at)}, planned=True)
    text = _("The messages that are left are due later. The next ones: %(time)s.")
    return Standing("later", text % {"time": _clock(next_at)})


def _held_by_warm_up(campaign: Campaign) -> list[str]:
    """Families, as people read them, to which it still writes and to which no way out may send more today."""
    held = frozenset[str]()
    for sender in _senders(campaign):
        full = [warm_up.full_families(way.account) for way in routing.every_way(sender).ways]
        held |= warm_up.full_families(sender)
        held |= full[0].intersection(*full[1:]) if full else frozenset()
    if not held:
        return []
    values: dict[str, Any] = {"month": campaign.ledger_month, "campaign": campaign.pk}
    with connection.cursor() as cursor:
        cursor.execute(_SOON, values | {"seconds": warm_up.LONGEST_WAIT, "limit": LOOKED_AT})
        domains = [domain for (domain,) in cursor.fetchall()]
    waiting = {warm_up.group_of(family) for family in families.families_of(domains).values()}
    return [warm_up.label_of(family) for family in warm_up.FAMILIES if family in held & waiting]


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
            _WAITING,
            {
                "month": campaign.ledger_month,
                "campaign": campaign.pk,
                "undecided": UNDECIDED,
                "limit": LOOKED_AT,
            },
        )
        return _Waiting(*cursor.fetchone())


def _clock(moment: datetime) -> str:
    """The hour, with the day where it is another."""
    local = timezone.localtime(moment)
    is_today = local.date() == timezone.localdate()
    return date_format(local, "H:i" if is_today else "j F, H:i")
