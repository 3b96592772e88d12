"""Who shares an address and a name, a phone or an e-mail with some people.

What more than `HOLDERS_AT_MOST` people have (the number of a school, the mailbox of a town hall) makes no
household. People whose household was put right by hand share nothing here.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

HOLDERS_AT_MOST = 12

Link = tuple[int, int]


def links_of(ids: Sequence[int]) -> set[Link]:
    """Pairs (one of `ids`, somebody who shares something with them), by five looks at indexes."""
    with connection.cursor() as cursor:
        cursor.execute(_LINKS, {"ids": list(ids), "at_most": HOLDERS_AT_MOST})
        return set(cursor.fetchall())


# A home is "street postcode city" and a name, folded: of a postal address, or of the roll for an elector. A
# hamlet stands for the street where there is none.
_LINKS = """
WITH asked AS MATERIALIZED (
    SELECT id, fold(last_name) AS name FROM contacts_contact
    WHERE id = ANY(%(ids)s) AND erased_at IS NULL
      AND NOT EXISTS (SELECT FROM contacts_householdmember AS put
                      WHERE put.contact_id = contacts_contact.id AND put.by_hand)
), home AS MATERIALIZED (
    SELECT asked.id, asked.name, postal.folded AS place
    FROM asked JOIN contacts_postaladdress AS postal ON postal.contact_id = asked.id
    WHERE (postal.line1 <> '' OR postal.locality <> '') AND asked.name <> ''
    UNION
    SELECT asked.id, fold(last.name),
           home_key(elector.street, elector.complement, elector.locality, elector.postcode, elector.city)
    FROM asked JOIN contacts_electoralregistration AS elector ON elector.contact_id = asked.id
    CROSS JOIN LATERAL (VALUES (elector.birth_name), (elector.used_name)) AS last (name)
    WHERE (elector.street <> '' OR elector.locality <> '') AND last.name <> ''
), shared AS (
    SELECT own.contact_id AS id, 'e' || own.normalised AS what, other.contact_id AS other
    FROM asked JOIN contacts_emailaddress AS own ON own.contact_id = asked.id
    CROSS JOIN LATERAL (SELECT contact_id FROM contacts_emailaddress
                        WHERE normalised = own.normalised LIMIT %(at_most)s + 1) AS other
  UNION ALL
    SELECT own.contact_id, 'p' || own.e164, other.contact_id
    FROM asked JOIN contacts_phonenumber AS own ON own.contact_id = asked.id
    CROSS JOIN LATERAL (SELECT contact_id FROM contacts_phonenumber
                        WHERE e164 = own.e164 LIMIT %(at_most)s + 1) AS other
  UNION ALL
    SELECT home.id, 'h' || home.place || '|' || home.name, other.contact_id
    FROM home
    CROSS JOIN LATERAL (SELECT held.contact_id FROM contacts_postaladdress AS held
                        JOIN contacts_contact AS person ON person.id = held.contact_id
                        WHERE held.folded = home.place AND (held.line1 <> '' OR held.locality <> '')
                          AND fold(person.last_name) = home.name LIMIT %(at_most)s + 1) AS other
  UNION ALL
    SELECT home.id, 'h' || home.place || '|' || home.name, other.contact_id
    FROM home
    CROSS JOIN LATERAL (SELECT contact_id FROM contacts_electoralregistration
                        WHERE contact_id IS NOT NULL
                          AND name_folded ~>=~ (home.name || ' ') AND name_folded ~<~ (home.name || '!')
                          AND home_key(street, complement, locality, postcode, city) = home.place
                        LIMIT %(at_most)s + 1) AS other
), telling AS (
    SELECT id, array_agg(DISTINCT other) AS others FROM shared
    GROUP BY id, what HAVING count(DISTINCT other) <= %(at_most)s
)
SELECT DISTINCT telling.id, other.id
FROM telling CROSS JOIN LATERAL unnest(telling.others) AS one (id)
JOIN contacts_contact AS other ON other.id = one.id AND other.erased_at IS NULL
WHERE other.id <> telling.id
  AND NOT EXISTS (SELECT FROM contacts_householdmember AS put
                  WHERE put.contact_id = other.id AND put.by_hand)
"""
