"""Political messages that leave one by one, as each person's turn comes: they go by the same definition of
who may be written to as a mailing, keep the same "why", and pass the same hand-over checks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction

from campaign_crm.platform.jobs import tick
from contacts.enums import Channel, MessageKind
from contacts.models import Contact
from contacts.rules import rulebook
from contacts.rules.asked import note_rules_asked
from contacts.rules.versions import NOTICE_VERSION
from messaging.models import Campaign, Delivery

# Of people who share an address, whoever comes first on this occasion gets it. The month is the campaign's.
_ADD = """
INSERT INTO messaging_delivery (
    ledger_month, campaign_id, contact_id, occasion, state, address, address_hash, measured, department,
    language, context, source_id, basis, consent_id, notice_version, rulebook_version, segment_version)
SELECT %(month)s, %(campaign)s, c.id, %(occasion)s, 'queued', e.address, e.address_hash, r.measurement,
    coalesce(place.department, ''), c.language, wanted.context, r.source_id, r.basis, r.consent_id,
    %(notice)s, %(rulebook)s, %(segment)s
FROM (
    SELECT key::bigint AS id, nullif(value, 'null'::jsonb) AS context FROM jsonb_each(%(wanted)s::jsonb)
) wanted
JOIN contacts_contact c ON c.id = wanted.id
JOIN contacts_reach r ON r.contact_id = c.id AND r.channel = %(channel)s
JOIN contacts_emailaddress e ON e.id = r.point_id
LEFT JOIN (
    SELECT a.descendant_id AS commune_id, t.code AS department
    FROM contacts_territoryancestor a JOIN contacts_territory t ON t.id = a.ancestor_id
    WHERE t.kind = 'department'
) place ON place.commune_id = c.commune_id
ON CONFLICT DO NOTHING
RETURNING contact_id
"""


def may_be_written_to(contact_ids: list[int], *, targeted: bool, scope: list[int] | None = None) -> set[int]:
    """Those of some people to whom a political e-mail may go now."""
    people = Contact.objects.filter(pk__in=contact_ids).reachable(
        channel=Channel.EMAIL, kind=MessageKind.POLITICAL, targeted=targeted, scope=scope
    )
    return set(people.values_list("pk", flat=True))


@transaction.atomic
def add_reachable(
    campaign: Campaign, wanted: Mapping[int, Mapping[str, Any] | None], *, occasion: str
) -> dict[int, Delivery]:
    """Queue one delivery of a standing campaign for each of these people who may be written to.

    `wanted`: values of the message by person, or None. Returns the deliveries of the occasion by person,
    those of an earlier call too: nobody gets a second one. The workers are woken on commit.
    """
    allowed = may_be_written_to(list(wanted), targeted=campaign.targeted, scope=campaign.scope)
    if allowed:
        note_rules_asked()
        with connection.cursor() as cursor:
            cursor.execute(
                _ADD,
                {
                    "month": campaign.ledger_month,
                    "campaign": campaign.pk,
                    "occasion": occasion,
                    "wanted": json.dumps({str(one): wanted[one] for one in allowed}),
                    "channel": Channel.EMAIL.value,
                    "notice": NOTICE_VERSION,
                    "rulebook": rulebook.version(),
                    "segment": campaign.segment_version,
                },
            )
            if cursor.rowcount:
                transaction.on_commit(_wake)
    rows = Delivery.objects.of_campaign(campaign).filter(occasion=occasion, contact_id__in=list(wanted))
    return {row.contact_id: row for row in rows}


def _wake() -> None:
    from messaging.tasks import pump  # tasks import dispatch, which imports services

    tick(pump.si(1))
