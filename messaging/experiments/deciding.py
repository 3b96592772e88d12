"""Looking at a test once, when its hour has come, and saying what the others get.

The verdict is committed first, with the mailing held; only then are the others let go (`release`), so that
whoever is killed in between leaves the same choice to the next run, and two at once decide once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign_crm.platform import audit
from messaging.dispatch.notices import language_of, tell_author, tell_those_who_send
from messaging.enums import CampaignState
from messaging.experiments.figures import count_versions_so_far, others_wait
from messaging.experiments.release import release_chosen
from messaging.experiments.verdict import Verdict, judge
from messaging.experiments.words import in_words
from messaging.models import Campaign, Experiment
from messaging.models.experiment import UNDECIDED, Outcome

logger = logging.getLogger(__name__)

HOUR = timedelta(hours=1)
UNDER_WAY = (CampaignState.SENDING, CampaignState.PAUSED)
LOOKED_AT_IN = (*UNDER_WAY, CampaignState.SENT)
"""A mailing whose recipients are all in the test has been sent before its figures are in."""

# The sample has been sent when nobody of it waits for a first try: who is to be tried again, or waits for a
# paused family of mailboxes (due in a hundred years), keeps nobody waiting. Two questions, for two indexes.
_SAMPLE_SENT = """
UPDATE messaging_experiment e SET sample_sent_at = coalesce((
    SELECT max(d.handed_at) FROM messaging_delivery d
    WHERE d.ledger_month = c.ledger_month AND d.campaign_id = c.id AND d.variant < %(undecided)s), now())
FROM messaging_campaign c
WHERE c.id = e.campaign_id AND e.sample_sent_at IS NULL AND e.looked_at IS NULL AND c.state = ANY(%(states)s)
AND NOT EXISTS (
    SELECT FROM messaging_delivery d
    WHERE d.ledger_month = c.ledger_month AND d.campaign_id = c.id AND d.variant < %(undecided)s
        AND d.state IN ('queued', 'retry_wait') AND d.attempts = 0
        AND d.due_at < now() + interval '1 year')
AND NOT EXISTS (
    SELECT FROM messaging_delivery d
    WHERE d.ledger_month = c.ledger_month AND d.campaign_id = c.id AND d.state IN ('claimed', 'handed'))
"""


def decide_due() -> int:
    """Move every test on that can be; returns how many recipients were let go."""
    note_sent_samples()
    for pk in list(_due().values_list("pk", flat=True)):
        _apart(look, pk)
    for pk in list(_too_late().values_list("pk", flat=True)):
        _apart(give_up, pk)
    return release_chosen()


def _apart(move: Callable[[int], object], pk: int) -> None:
    try:
        move(pk)
    except Exception:  # one test that cannot be counted; the others of every other mailing must leave
        logger.exception("The test of campaign %s could not be moved on", pk)


def note_sent_samples() -> int:
    """Write down when the samples that have been sent were: the wait begins there. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SAMPLE_SENT, {"undecided": UNDECIDED, "states": [state.value for state in LOOKED_AT_IN]}
        )
        return int(cursor.rowcount)


@transaction.atomic
def look(campaign_id: int) -> Verdict | None:
    """Look at one test and decide; None when it is not due, or no longer."""
    campaign = _held(campaign_id)
    test = _due().select_for_update(of=("self",)).filter(pk=campaign_id).first()
    if test is None:
        return None
    figures = count_versions_so_far(campaign, test)
    verdict = judge(figures, if_none=test.if_none)
    test.looked_at, test.outcome = Now(), verdict.outcome
    test.figures = [one.as_json() for one in figures]
    waited_for = test.has_others and others_wait(campaign)
    if verdict.outcome != Outcome.WITHHELD:
        test.chosen = verdict.leaving if waited_for else verdict.winner
    if test.chosen is not None or not waited_for:
        test.decided_at = Now()
    test.save()
    detail = {"outcome": verdict.outcome.value, "version": test.chosen, "figures": test.figures}
    audit.record(action="test.look", on=campaign, by=None, detail=detail)
    test.refresh_from_db()
    _tell(campaign, test, verdict)
    return verdict


@transaction.atomic
def give_up(campaign_id: int) -> bool:
    """The mailing may no longer be sent: the others get version A, which the gate ends as too late."""
    campaign = _held(campaign_id)
    test = _too_late().select_for_update(of=("self",)).filter(pk=campaign_id).first()
    if test is None:
        return False
    if test.looked_at is None:
        test.looked_at, test.outcome = Now(), Outcome.TOO_LATE
        test.figures = [one.as_json() for one in count_versions_so_far(campaign, test)]
    test.chosen, test.decided_at = 0, Now()
    test.save()
    audit.record(action="test.too_late", on=campaign, by=None)

    with override(language_of(campaign)):
        words = _("“%(name)s” may no longer be sent, and its test was not decided: the others do not get it.")
        tell_author(campaign, "campaign.test_too_late", words % {"name": campaign.name})
    return True


def _held(campaign_id: int) -> Campaign:
    held = Campaign.objects.select_for_update(of=("self",)).select_related("created_by")
    return held.defer("blocks", "compiled", "audience_tree").get(pk=campaign_id)


def _due() -> QuerySet[Experiment]:
    """Tests whose hour has come, by the database's clock, and that nobody has looked at."""
    return Experiment.objects.filter(
        campaign__state__in=LOOKED_AT_IN,
        looked_at=None,
        sample_sent_at__lte=Now() - F("wait_hours") * HOUR,
    ).exclude(_OVER)


def _too_late() -> QuerySet[Experiment]:
    """Tests that are open although nobody may be written to any more."""
    return Experiment.objects.filter(_OVER, decided_at=None)


# Where nobody waits any more, its figures are looked at however late it is.
_OVER = Q(campaign__send_until__lte=Now(), sample_percent__lt=100, campaign__state__in=UNDER_WAY)


def _tell(campaign: Campaign, test: Experiment, verdict: Verdict) -> None:
    if test.waits_for_person:
        tell_those_who_send(campaign, "campaign.test_waits", lambda: _said(campaign, test, verdict))
        return
    with override(language_of(campaign)):
        tell_author(campaign, "campaign.test_decided", _said(campaign, test, verdict))


def _said(campaign: Campaign, test: Experiment, verdict: Verdict) -> str:
    return _("“%(name)s”: %(found)s") % {"name": campaign.name, "found": in_words(test, verdict)}
