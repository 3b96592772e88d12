"""The audience becomes rows of the ledger, and from then on it cannot drift.

One REPEATABLE READ transaction reads the audience, who is left out and why, into a staging table: everything
is seen at one instant. Chunks of it then become ledger rows, each in a transaction that also moves
`freeze_cursor`, so that a killed freeze goes on where it stopped. A staging table is unlogged: if PostgreSQL
itself crashed it is empty, and its instant is gone with it. Then the freeze begins again from the start: the
rows it had made are deleted first, which is safe because nothing leaves before the campaign is `sending`.
"""

from __future__ import annotations

from typing import NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_noop

from campaign_crm.platform.database import analyze, ensure_partition
from campaign_crm.platform.locks import wait_for_turn
from contacts.enums import Channel, MessageKind, UnreachableReason
from contacts.models import Contact
from contacts.rules import rulebook
from contacts.rules.asked import note_rules_asked
from contacts.rules.channels import BROKER_BASIS
from contacts.rules.versions import NOTICE_VERSION
from contacts.segments.audience import Audience, resolve_audience
from contacts.services.sources import change_is_spreading
from messaging.dispatch import moments
from messaging.enums import CampaignState
from messaging.errors import CannotSend
from messaging.experiments.assignment import version_of_recipient
from messaging.models import Campaign, Delivery, Link
from messaging.services.approval_state import content_of, is_approved
from messaging.services.compiling import compile_campaign, compile_variant
from messaging.services.criteria import said_now
from messaging.services.pre_send import domain_fault
from messaging.services.reader_segments import documents_of, joins_of, kept_of, reader_segments
from messaging.services.send_options import is_targeted
from messaging.services.version_counts import OWN_VERSIONS

CHUNK = 50_000
"""Rows a transaction: some seconds of work, and what a kill can cost."""

# One row an address: of people who share one, the first of our base. `sharing` counts them. Whoever did not
# agree to be chosen by place reads the national message: nobody is left out.
_READ = """
CREATE UNLOGGED TABLE {table} AS
SELECT row_number() OVER (ORDER BY rank DESC, contact_id) AS position, {variant} AS variant, chosen.*
FROM (
    SELECT DISTINCT ON (e.address_hash) c.id AS contact_id, e.address, e.address_hash,
        {rank} AS rank, {due} AS due_at,
        CASE WHEN r.targeting THEN coalesce(own_version.number, 0) ELSE 0 END AS own_variant,
        count(*) OVER (PARTITION BY e.address_hash) AS sharing,
        r.measurement AS measured, coalesce(place.department, '') AS department, c.language,
        CASE WHEN own.allows OR %s IS NULL THEN r.source_id ELSE %s END AS source_id,
        CASE WHEN own.allows OR %s IS NULL THEN r.basis ELSE %s END AS basis,
        r.consent_id, n.id AS subscription_id, {segments} AS context
    FROM contacts_contact c
    JOIN contacts_reach r ON r.contact_id = c.id AND r.channel = %s
    CROSS JOIN LATERAL (SELECT r.political AND r.political_until >= %s AS allows) own
    CROSS JOIN (SELECT %s::timestamptz AS at) moment
    JOIN contacts_emailaddress e ON e.id = r.point_id
    LEFT JOIN (
        SELECT a.descendant_id AS commune_id, t.code AS department
        FROM contacts_territoryancestor a JOIN contacts_territory t ON t.id = a.ancestor_id
        WHERE t.kind = 'department'
    ) place ON place.commune_id = c.commune_id
    LEFT JOIN (
{own_versions}
    ) own_version ON own_version.commune_id = c.commune_id
    LEFT JOIN contacts_subscription n
        ON n.contact_id = c.id AND n.newsletter_id = %s AND n.ended_at IS NULL
    {values}
    {in_segments}
    WHERE c.id IN ({people})
    ORDER BY e.address_hash, c.id
) chosen
{drawn}
"""

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


class FreezeStopped(Exception):
    """The campaign is no longer being frozen: somebody cancelled it. Or not yet: it is tried again soon."""


class Frozen(NamedTuple):
    recipients: int
    excluded: dict[str, int]


def freeze(campaign_id: int, *, chunk: int = CHUNK) -> Frozen:
    """Make the ledger rows of a campaign that is `freezing`, then let it send.

    Call it again after a crash. Raises FreezeStopped, or a MessagingError when the campaign cannot be frozen
    as it is (no audience, content with faults).
    """
    campaign = Campaign.objects.get(pk=campaign_id)
    if not _has_snapshot(campaign):
        campaign = _take_snapshot(campaign_id)
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


def wait_for_sources(campaign: Campaign) -> None:
    """Raise FreezeStopped while what a source allows is changing: its people are projected as it was."""
    if campaign.kind == MessageKind.POLITICAL and change_is_spreading():
        raise FreezeStopped(f"Campaign {campaign.pk} waits for the people of a source that changed.")


def _table(campaign_id: int) -> str:
    return f"staging.freeze_{campaign_id:d}"


def _has_snapshot(campaign: Campaign) -> bool:
    """True when an earlier run's staging table is whole, or needed no more."""
    if campaign.frozen_at is None:
        return False
    if campaign.freeze_cursor == campaign.audience_count:
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [_table(campaign.pk)])
        if cursor.fetchone()[0] is None:
            return False
        cursor.execute(f"SELECT count(*) FROM {_table(campaign.pk)}")  # noqa: S608 - our own name
        return bool(cursor.fetchone()[0] == campaign.audience_count)


def _is_to_copy(campaign: Campaign, contact_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [_table(campaign.pk)])
        if cursor.fetchone()[0] is None:
            return False
        cursor.execute(
            f"SELECT EXISTS (SELECT FROM {_table(campaign.pk)} WHERE contact_id = %s AND position > %s)",  # noqa: S608 - our own name
            [contact_id, campaign.freeze_cursor],
        )
        return bool(cursor.fetchone()[0])


def _take_snapshot(campaign_id: int) -> Campaign:
    """Read the audience at one instant; everything about the freeze is committed together."""
    ensure_partition("messaging_delivery", Campaign.objects.get(pk=campaign_id).ledger_month.isoformat())
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
        if campaign.state != CampaignState.FREEZING:
            raise FreezeStopped(f"Campaign {campaign_id} is {campaign.state}, not being frozen.")
        wait_for_sources(campaign)
        note_rules_asked()
        Delivery.objects.of_campaign(campaign).delete()
        audience = resolve_audience(campaign.audience, channel=Channel(campaign.channel))
        channel, kind = Channel(campaign.channel), MessageKind(campaign.kind)
        people = audience.reachable(channel=channel, kind=kind, scope=campaign.scope)
        recipients, sharing = _read(campaign, audience, people)
        left_out = audience.counts(channel=channel, kind=kind, scope=campaign.scope).left_out
        campaign.excluded = {reason.value: count for reason, count in left_out.items() if count}
        if sharing:
            campaign.excluded[UnreachableReason.SAME_ADDRESS.value] = sharing
        campaign.audience_count = recipients
        _freeze_content(campaign, audience)
    campaign.refresh_from_db()
    return campaign


def _read(campaign: Campaign, audience: Audience, people: QuerySet[Contact]) -> tuple[int, int]:
    """Fill the staging table; returns recipients, and how many were left out for a shared address."""
    table = _table(campaign.pk)
    newsletter = campaign.audience.get("id") if campaign.audience.get("type") == "newsletter" else None
    source = audience.source
    source_id = source.pk if source is not None else None
    basis = None if source is None else BROKER_BASIS if source.is_broker else source.lawful_basis
    try:
        sql, parameters = people.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        sql, parameters = "SELECT NULL::bigint", ()
    segments = reader_segments(documents_of(campaign))
    in_segments, of_segments = joins_of(segments)
    statement = _read_statement(campaign, table, sql).replace("{in_segments}", in_segments)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
        cursor.execute(
            statement.replace("{segments}", kept_of(segments)),
            [
                *[source_id, source_id, source_id, basis, campaign.channel],
                *[timezone.localdate(), campaign.scheduled_at or timezone.now()],
                *[campaign.pk, newsletter, *of_segments, *parameters],
            ],
        )
        cursor.execute(
            f"CREATE INDEX ON {table} USING brin (position, contact_id) WITH (pages_per_range = 16)"
        )
        cursor.execute(f"ANALYZE {table}")  # or each chunk would read all of it
        cursor.execute(f"SELECT count(*), coalesce(sum(sharing), 0) FROM {table}")  # noqa: S608 - our own name
        recipients, candidates = cursor.fetchone()
    return recipients, int(candidates) - recipients


def _read_statement(campaign: Campaign, table: str, people: str) -> str:
    variant, drawn = version_of_recipient(campaign)
    parts = {
        "{table}": table,
        "{variant}": variant,
        "{drawn}": drawn,
        "{own_versions}": OWN_VERSIONS,
        "{rank}": moments.ordering(campaign),
        "{due}": moments.due(campaign),
        "{values}": moments.values_joined(campaign),
        "{people}": people,
    }
    statement = _READ
    for name, sql in parts.items():
        statement = statement.replace(name, sql)
    return statement


def _freeze_content(campaign: Campaign, audience: Audience) -> None:
    compiled = compile_campaign(campaign)
    campaign.compiled = compiled.as_json()
    campaign.targeted = is_targeted(campaign, audience)
    campaign.segment_version = audience.segment_version
    campaign.audience_tree = audience.tree
    asks_approval = campaign.kind == MessageKind.SERVICE
    campaign.approved_content = content_of(campaign) if asks_approval and is_approved(campaign) else ""
    campaign.criteria = said_now(campaign, audience)
    campaign.freeze_cursor = 0
    campaign.frozen_at = Now()
    campaign.save()
    links = {link.number: link for link in compiled.tracked_links}
    for variant in campaign.variants.sent():
        own = compile_variant(campaign, variant, numbered=list(links.values()))
        variant.compiled = own.as_json()
        variant.save(update_fields=["compiled"])
        links |= {link.number: link for link in own.tracked_links}
    campaign.links.all().delete()
    Link.objects.bulk_create(
        Link(campaign=campaign, number=link.number, url=link.url, label=link.label[:200])
        for link in links.values()
    )


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
            _COPY.replace("{table}", _table(campaign.pk)).replace("{step}", moments.step(campaign)),
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


def forget_snapshot(campaign_id: int) -> None:
    """Drop the staging table, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {_table(campaign_id)}")


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
