"""The audience becomes rows of the ledger, and from then on it cannot drift.

One REPEATABLE READ transaction reads the audience, who is left out and why, into a staging table: everything
is seen at one instant. Chunks of it then become ledger rows, each in a transaction that also moves
`freeze_cursor`, so that a killed freeze goes on where it stopped. A staging table is unlogged: if PostgreSQL
itself crashed it is empty, and its instant is gone with it. Then the freeze begins again from the start: the
rows it had made are deleted first, which is safe because nothing leaves before the campaign is `sending`.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from campaign_crm.platform.database import analyze
from campaign_crm.platform.locks import wait_for_turn
from contacts.rules import rulebook
from contacts.rules.versions import NOTICE_VERSION
from messaging.dispatch import moments
from messaging.dispatch.snapshot import FreezeStopped, forget_snapshot, has_snapshot, table_of, take_snapshot
from messaging.enums import CampaignState
from messaging.errors import CannotSend
from messaging.models import Campaign, Delivery
from messaging.services.pre_send import domain_fault

CHUNK = 50_000
"""Rows a transaction: some seconds of work, and what a kill can cost."""

# Records that were absorbed since the snapshot: the one that has them now is written to, once. `second`: it
# is in the snapshot itself, or another of its records came first. That row is kept under the old number, as
# `messaging.merging` leaves it when the rows are there already. Whoever was erased since is counted, and
# nothing tells who it was.
_COPY = """
WITH merged AS MATERIALIZED (
    SELECT frozen.contact_id, gone.kept_id,
        row_number() OVER (PARTITION BY gone.kept_id ORDER BY frozen.position) > 1
        OR EXISTS (SELECT FROM {table} own WHERE own.contact_id = gone.kept_id)
        OR EXISTS (
            SELECT FROM messaging_delivery d
            WHERE d.ledger_month = %(month)s AND d.campaign_id = %(campaign)s
                AND d.contact_id = gone.kept_id AND d.occasion = '') AS second
    FROM {table} frozen
    JOIN contacts_merge gone ON gone.absorbed_id = frozen.contact_id AND gone.undone_at IS NULL
    WHERE frozen.position > %(start)s AND frozen.position <= %(end)s
)
INSERT INTO messaging_delivery (
    ledger_month, campaign_id, contact_id, occasion, state, settled_at, answer,
    address, address_hash, variant, measured, department, language, source_id, basis, consent_id,
    subscription_id, context, due_at, notice_version, rulebook_version, segment_version)
SELECT %(month)s, %(campaign)s, CASE WHEN NOT second THEN kept_id ELSE frozen.contact_id END, '',
    CASE WHEN person.id IS NULL THEN 'suppressed' WHEN second THEN 'cancelled' ELSE 'queued' END,
    CASE WHEN second OR person.id IS NULL THEN now() END,
    CASE WHEN second AND person.id IS NOT NULL THEN %(merged)s ELSE '' END,
    CASE WHEN person.id IS NULL THEN '' ELSE address END,
    CASE WHEN person.id IS NULL THEN uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
         ELSE address_hash END, variant, measured, department, language, source_id, basis, consent_id,
    subscription_id, CASE WHEN person.id IS NOT NULL THEN context END,
    coalesce(due_at, now()){step}, %(notice)s, %(rulebook)s, %(segment)s
FROM {table} frozen LEFT JOIN merged ON merged.contact_id = frozen.contact_id
LEFT JOIN (SELECT id FROM contacts_contact WHERE erased_at IS NULL) person
    ON person.id = coalesce(merged.kept_id, frozen.contact_id)
WHERE frozen.position > %(start)s AND frozen.position <= %(end)s ORDER BY frozen.position
"""
MERGED = gettext_noop("The same person was among the recipients already")
COPYING = "messaging.freeze.copy"
"""The lock of a chunk, shared by merges: a merge sees the whole chunk, or the chunk sees the merge."""


class Frozen(NamedTuple):
    recipients: int
    excluded: dict[str, int]


def freeze(campaign_id: int, *, chunk: int = CHUNK) -> Frozen:
    """Make the ledger rows of a campaign that is `freezing`, then let it send.

    Call it again after a crash. Raises FreezeStopped, or a MessagingError when the campaign cannot be frozen
    as it is (no audience, content with faults).
    """
    campaign = Campaign.objects.get(pk=campaign_id)
    if not has_snapshot(campaign):
        campaign = take_snapshot(campaign_id)
    recipients = campaign.audience_count or 0
    cursor = campaign.freeze_cursor
    while cursor < recipients:
        cursor = _copy_chunk(campaign, cursor, min(cursor + chunk, recipients))
    if fault := domain_fault(campaign, recipients):  # with those prepared meanwhile, it may be too many a day
        raise CannotSend(fault)
    _let_it_send(campaign)
    return Frozen(recipients, campaign.excluded)


def copied_later(contact_id: int) -> list[int]:
    """Campaigns being frozen in which a person's row is still to be made; the caller shares `COPYING`."""
    freezing = Campaign.objects.filter(
        state=CampaignState.FREEZING, frozen_at__isnull=False, freeze_cursor__lt=F("audience_count")
    )
    return [campaign.pk for campaign in freezing if _is_to_copy(campaign, contact_id)]


def _is_to_copy(campaign: Campaign, contact_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [table_of(campaign.pk)])
        if cursor.fetchone()[0] is None:
            return False
        cursor.execute(
            f"SELECT EXISTS (SELECT FROM {table_of(campaign.pk)} WHERE contact_id = %s AND position > %s)",  # noqa: S608 - our own name
            [contact_id, campaign.freeze_cursor],
        )
        return bool(cursor.fetchone()[0])


def _copy_chunk(campaign: Campaign, start: int, end: int) -> int:
    """Make the rows of positions start+1…end, and remember it, together."""
    with transaction.atomic(), connection.cursor() as cursor:
        wait_for_turn(COPYING)
        moved = Campaign.objects.filter(
            pk=campaign.pk, state=CampaignState.FREEZING, freeze_cursor=start
        ).update(freeze_cursor=end)
        if not moved:
            raise FreezeStopped(f"Campaign {campaign.pk} is no longer being frozen at {start}.")
        cursor.execute(
            _COPY.replace("{table}", table_of(campaign.pk)).replace("{step}", moments.step(campaign)),
            {
                "month": campaign.ledger_month,
                "campaign": campaign.pk,
                "notice": NOTICE_VERSION,
                "rulebook": rulebook.version(),
                "segment": campaign.segment_version,
                "merged": MERGED,
                "start": start,
                "end": end,
            },
        )
        if cursor.rowcount != end - start:
            raise AssertionError(f"Campaign {campaign.pk}: {cursor.rowcount} rows frozen, not {end - start}.")
        if end == campaign.audience_count:  # the planner learns the partition before anything can leave
            analyze(f"messaging_delivery_y{campaign.ledger_month:%Y}m{campaign.ledger_month:%m}")
    return end


def _let_it_send(campaign: Campaign) -> None:
    """The ledger is whole: messages may leave once nobody can cancel in time any more."""
    over = Campaign.objects.filter(Q(window_until=None) | Q(window_until__lte=Now()), pk=campaign.pk)
    if not over.exists():
        raise FreezeStopped(f"Campaign {campaign.pk} is whole, and can still be cancelled.")
    moved = Campaign.objects.filter(
        pk=campaign.pk, state=CampaignState.FREEZING, freeze_cursor=F("audience_count")
    ).update(state=CampaignState.SENDING, started_at=Now(), pause_reason="")
    if not moved:
        raise FreezeStopped(f"Campaign {campaign.pk} is no longer being frozen.")
    forget_snapshot(campaign.pk)


def unfreeze(campaign_id: int, reason: str) -> bool:
    """Make a campaign that cannot be frozen a draft again, its rows gone; False when it is not freezing."""
    campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
    if campaign.state != CampaignState.FREEZING:
        return False
    Delivery.objects.of_campaign(campaign).delete()
    campaign.links.all().delete()
    forget_snapshot(campaign_id)
    Campaign.objects.filter(pk=campaign_id).update(
        state=CampaignState.DRAFT,
        pause_reason=reason,
        scheduled_at=None,
        frozen_at=None,
        audience_count=None,
        freeze_cursor=0,
        compiled=None,
        excluded={},
    )
    return True
