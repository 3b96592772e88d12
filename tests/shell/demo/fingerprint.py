"""What a demonstration says, without the numbers a database gives: two of one seed have one fingerprint."""

from __future__ import annotations

import hashlib

from django.db import connection

# Contacts are named by their place among themselves, things that have a name by it.
_WHO = "(SELECT count(*) FROM contacts_contact AS before WHERE before.id < contact_id)"
QUERIES = {
    "people": """
        SELECT civility, first_name, last_name, birth_name, gender, birth_date, language, relationship,
               custom, bucket, search_text, created_at,
              (SELECT code FROM contacts_territory WHERE id = commune_id)
          FROM contacts_contact ORDER BY id""",
    "sources of people": f"""
        SELECT {_WHO}, name, first_seen_at, collected_on
          FROM contacts_contactsource JOIN contacts_source ON contacts_source.id = source_id ORDER BY 1, 2""",
    "imports": """
        SELECT file_name, kind, state, counts, created_at, finished_at, file_bytes FROM contacts_import
         ORDER BY created_at, file_name""",
    "e-mails": f"SELECT {_WHO}, normalised, status, verified_at FROM contacts_emailaddress ORDER BY 1, 2",
    "phones": f"SELECT {_WHO}, e164, line, status FROM contacts_phonenumber ORDER BY 1, 2",
    "addresses": f"SELECT {_WHO}, line1, postcode, city FROM contacts_postaladdress ORDER BY 1, 2",
    "consents": f"""
        SELECT {_WHO}, consent.channel, consent.purpose, given, at, text, name
          FROM contacts_consent AS consent LEFT JOIN contacts_source ON contacts_source.id = source_id
          LEFT JOIN contacts_consentwording AS wording ON wording.id = wording_id ORDER BY 1, 2, 3, 4, 5""",
    "reach": f"""
        SELECT {_WHO}, channel, political, service, targeting, measurement, basis, reason, political_until
          FROM contacts_reach ORDER BY 1, 2""",
    "subscriptions": f"""
        SELECT {_WHO}, name, started_at, ended_at
          FROM contacts_subscription JOIN contacts_newsletter AS newsletter ON newsletter.id = newsletter_id
         ORDER BY 1, 2""",
    "tags": f"""
        SELECT {_WHO}, name, link.created_at
          FROM contacts_contacttag AS link JOIN contacts_tag AS tag ON tag.id = tag_id ORDER BY 1, 2""",
    "lists": f"""
        SELECT {_WHO}, name FROM contacts_listmembership JOIN contacts_list AS list ON list.id = list_id
         ORDER BY 1, 2""",
    # The words of a note are sealed, and never twice the same.
    "notes": f"SELECT {_WHO}, created_at FROM contacts_note ORDER BY 1, 2",
    "support": f"SELECT {_WHO}, level, at FROM contacts_supportlevel ORDER BY 1, 3",
    "electors": f"""
        SELECT identity, birth_name, used_name, first_names, birth_date, street, order_number,
               CASE WHEN contact_id IS NULL THEN NULL ELSE {_WHO} END
          FROM contacts_electoralregistration ORDER BY identity""",
    "links": f"""
        SELECT {_WHO.replace("contact_id", "pair.contact_id")}, identity, state, evidence
          FROM contacts_registrationmatch AS pair
          JOIN contacts_electoralregistration AS elector ON elector.id = registration_id ORDER BY 1, 2""",
    "submissions": "SELECT id, data->'values', ip, at, confirmed_at FROM tracking_submission ORDER BY id",
    "suppressions": """
        SELECT address_hash, channel, scope, reason, at FROM contacts_suppression ORDER BY 1, 2, 3""",
    "mailings": """
        SELECT name, state, subject, blocks, audience_count, excluded, state_counts, scheduled_at, started_at,
               finished_at, ledger_month
          FROM messaging_campaign ORDER BY created_at, name""",
    "links of mailings": """
        SELECT name, number, url, label
          FROM messaging_link
          JOIN messaging_campaign AS campaign ON campaign.id = campaign_id ORDER BY 1, 2""",
    "recipients": f"""
        SELECT name, {_WHO}, delivery.state, address, measured, department, handed_at, settled_at, basis
          FROM messaging_delivery AS delivery
          JOIN messaging_campaign AS campaign ON campaign.id = campaign_id ORDER BY 1, 2""",
    "interactions": f"""
        SELECT event_id, at, kind, hit_class, department, link_number, visitor, user_agent,
               CASE WHEN contact_id IS NULL THEN NULL ELSE {_WHO} END
          FROM tracking_interaction ORDER BY event_id""",
    "counters": """
        SELECT name, metric, link_number, department, delta
          FROM tracking_campaigncounter
          JOIN messaging_campaign AS campaign ON campaign.id = campaign_id ORDER BY 1, 2, 3, 4""",
}


def fingerprint() -> dict[str, str]:
    """A digest of each kind of thing."""
    found = {}
    with connection.cursor() as cursor:
        for name, query in QUERIES.items():
            cursor.execute(query)
            rows = [tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in cursor]
            found[name] = f"{len(rows)} {hashlib.sha256(repr(rows).encode()).hexdigest()[:16]}"
    return found
