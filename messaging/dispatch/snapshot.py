"""The snapshot of an audience: recipients of one instant in a staging table, content compiled once.

A crash drops it whole, or leaves it whole: everything about it is committed together.
"""

from __future__ import annotations

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from campaign_crm.platform.database import ensure_partition
from contacts.enums import Channel, MessageKind, UnreachableReason
from contacts.models import Contact
from contacts.rules.asked import note_rules_asked
from contacts.rules.channels import BROKER_BASIS
from contacts.segments.audience import Audience, resolve_audience
from contacts.services.sources import change_is_spreading
from messaging.dispatch import moments
from messaging.enums import CampaignState
from messaging.experiments.assignment import version_of_recipient
from messaging.models import Campaign, Delivery, Link
from messaging.services.approval_state import content_of, is_approved
from messaging.services.compiling import compile_campaign, compile_variant
from messaging.services.criteria import said_now
from messaging.services.reader_segments import documents_of, joins_of, kept_of, reader_segments
from messaging.services.send_options import is_targeted
from messaging.services.version_counts import OWN_VERSIONS

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


class FreezeStopped(Exception):
    """The campaign is no longer being frozen: somebody cancelled it. Or not yet: it is tried again soon."""


def wait_for_sources(campaign: Campaign) -> None:
    """Raise FreezeStopped while what a source allows is changing: its people are projected as it was."""
    if campaign.kind == MessageKind.POLITICAL and change_is_spreading():
        raise FreezeStopped(f"Campaign {campaign.pk} waits for the people of a source that changed.")


def take_snapshot(campaign_id: int) -> Campaign:
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
    table = table_of(campaign.pk)
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


def has_snapshot(campaign: Campaign) -> bool:
    """True when an earlier run's staging table is whole, or needed no more."""
    if campaign.frozen_at is None:
        return False
    if campaign.freeze_cursor == campaign.audience_count:
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [table_of(campaign.pk)])
        if cursor.fetchone()[0] is None:
            return False
        cursor.execute(f"SELECT count(*) FROM {table_of(campaign.pk)}")  # noqa: S608 - our own name
        return bool(cursor.fetchone()[0] == campaign.audience_count)


def forget_snapshot(campaign_id: int) -> None:
    """Drop the staging table, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {table_of(campaign_id)}")


def table_of(campaign_id: int) -> str:
    return f"staging.freeze_{campaign_id:d}"
