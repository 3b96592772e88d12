"""Hits as rows of `tracking_interaction`, inserted by one statement a batch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from django.db import connection

from messaging.content.tokens import PersonalMark
from tracking.ingest.classify import RULES, classify
from tracking.ingest.hits import Understood
from tracking.ingest.signals import Beside

# Inserts what is new, and says of each new row whether it is the first of its kind, from a person or through
# a proxy, for its message. Rows of one statement do not see each other, so firsts inside the batch are ranked
# by the query.
# Earlier rows are looked up one by one in the index (campaign, kind, contact, visitor), never joined: a join
# would read all hits of the campaign for each batch. Nothing comes back before the campaign's month.
# A measured person's department is read from the delivery. Whoever withdrew that agreement, or was erased,
# since the message left is counted and no longer named: their hit says neither who nor, among several, that
# it is one person's. The batch is one JSON value: planning a VALUES list of thousands of rows takes longer
# than inserting them.
_INSERT = """
WITH incoming AS (
    SELECT given.at, given.event_id, given.kind, given.hit_class,
           coalesce(merged.kept_id, given.contact_id) AS contact_id, given.campaign_id, given.ledger_month,
           given.occasion_number, given.link_number, given.variant, given.department, given.visitor,
           given.user_agent, given.signals, given.rules
    FROM json_to_recordset(%s) AS given (
        at timestamptz, event_id uuid, kind text, hit_class text, contact_id bigint, campaign_id bigint,
        ledger_month date, occasion_number numeric, link_number smallint, variant smallint, department text,
        visitor bigint, user_agent text, signals jsonb, rules smallint)
    -- The message may be older than a merge of two records of its reader.
    LEFT JOIN contacts_merge AS merged ON merged.absorbed_id = given.contact_id AND merged.undone_at IS NULL
),
located AS (
    SELECT i.at, i.event_id, i.kind, i.hit_class, i.campaign_id, i.ledger_month, i.link_number, i.variant,
           i.visitor, i.signals, i.rules, coalesce(d.occasion, '') AS occasion,
           CASE WHEN i.contact_id IS NULL THEN i.department ELSE coalesce(d.department, '') END AS place,
           CASE WHEN agrees.now THEN i.contact_id END AS contact_id,
           CASE WHEN agrees.now THEN i.user_agent ELSE '' END AS user_agent
    FROM incoming i
    LEFT JOIN LATERAL (
        SELECT true AS now FROM contacts_reach r JOIN contacts_contact c ON c.id = r.contact_id
        WHERE r.contact_id = i.contact_id AND r.channel = 'email' AND r.measurement AND c.erased_at IS NULL
    ) agrees ON true
    LEFT JOIN messaging_delivery d ON i.occasion_number = 0 AND d.ledger_month = i.ledger_month
         AND d.campaign_id = i.campaign_id AND d.contact_id = i.contact_id AND d.occasion = ''
),
stored AS (
    INSERT INTO tracking_interaction (at, event_id, kind, hit_class, contact_id, campaign_id, ledger_month,
                                      occasion, link_number, variant, department, visitor, user_agent,
                                      signals, rules)
    SELECT at, event_id, kind, hit_class, contact_id, campaign_id, ledger_month, occasion,
           link_number, variant, place, visitor, user_agent, signals, rules
    FROM located ON CONFLICT DO NOTHING
    RETURNING *
)
SELECT s.kind, s.hit_class, s.campaign_id, s.link_number, s.department,
       s.hit_class <> 'scanner' AND (s.contact_id IS NOT NULL OR s.visitor IS NOT NULL)
       AND row_number() OVER (PARTITION BY s.campaign_id, s.kind, s.contact_id, s.visitor, s.hit_class
                              ORDER BY s.at, s.event_id) = 1
       AND (SELECT true FROM tracking_interaction earlier
            WHERE earlier.campaign_id = s.campaign_id AND earlier.kind = s.kind
              AND earlier.contact_id = s.contact_id AND earlier.hit_class = s.hit_class
              AND earlier.at >= s.ledger_month - interval '1 day'
            LIMIT 1) IS NULL
       AND (SELECT true FROM tracking_interaction earlier
            WHERE earlier.campaign_id = s.campaign_id AND earlier.kind = s.kind
              AND earlier.contact_id IS NULL AND earlier.visitor = s.visitor
              AND earlier.hit_class = s.hit_class
              AND earlier.at >= s.ledger_month - interval '1 day'
            LIMIT 1) IS NULL AS is_first
FROM stored s
"""


class NewRow(NamedTuple):
    """What the counters need of a row that was inserted."""

    kind: str
    hit_class: str
    campaign: int
    link: int | None
    department: str
    is_first: bool


def row_of(found: Understood, *, beside: Beside) -> dict[str, Any]:
    """The row of one hit, judged. `beside`: what its message's other hits say of it.

    What a browser says of itself is kept only beside a person who agreed to be measured: with the minute and
    the place it could tell one person from another.
    """
    mark, hit = found.mark, found.hit
    signals = replace(found.signals, beside=beside) if beside else found.signals
    row: dict[str, Any] = {
        "at": hit.at.isoformat(),
        "event_id": hit.event_id.hex,
        "kind": found.kind.value,
        "hit_class": classify(found.kind, signals).value,
        "campaign_id": mark.campaign,
        "ledger_month": mark.ledger_month.isoformat(),
        "link_number": found.link,
        "variant": mark.variant,
        "occasion_number": 0,
        "department": "",
        "user_agent": "",
        "signals": signals.as_json(),
        "rules": RULES,
    }
    if isinstance(mark, PersonalMark):
        of_person = {
            "contact_id": mark.contact,
            "occasion_number": mark.occasion,
            "user_agent": hit.user_agent,
        }
        return row | of_person
    return row | {"visitor": mark.number, "department": mark.department}


def insert(rows: Sequence[dict[str, Any]]) -> list[NewRow]:
    """Insert the rows whose event is not there yet; what was inserted."""
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [json.dumps(rows)])
        return [NewRow(*row) for row in cursor.fetchall()]
