"""Who goes by each rule, as SQL over `person` (contacts_contact) and `elector`: read by the rehearsal, the
page and the purge alike.
"""

from __future__ import annotations

from typing import Any

from contacts.enums import Relationship, RetentionRuleName
from contacts.models import Purge
from contacts.registry import registry

# A relation that somebody wrote down, or that the person entered, is not the file's.
ANY_TIME = "'-infinity'::timestamptz"
OWN_RELATIONS = (Relationship.MEMBER.value, Relationship.FORMER.value, Relationship.REGULAR.value)
# What another source, or the person, says of them: they stay without what the file brought.
_HELD_BY_OTHERS = " OR ".join(
    (
        "person.relationship = ANY(%(own_relations)s)",
        "EXISTS (SELECT FROM contacts_contactsource AS own"
        " WHERE own.contact_id = person.id AND own.source_id <> %(source)s)",
        *(
            f"EXISTS (SELECT FROM {table} AS own"
            " WHERE own.contact_id = person.id AND own.source_id IS DISTINCT FROM %(source)s)"
            for table in ("contacts_emailaddress", "contacts_phonenumber", "contacts_postaladdress")
        ),
        "EXISTS (SELECT FROM contacts_consent AS own WHERE own.contact_id = person.id AND own.given"
        " AND own.source_id IS DISTINCT FROM %(source)s)",
        "EXISTS (SELECT FROM contacts_subscription AS own"
        " WHERE own.contact_id = person.id AND own.ended_at IS NULL)",
    )
)
_OF_THE_FILE = """
    SELECT contact_id FROM contacts_contactsource WHERE source_id = %(source)s
    UNION SELECT contact_id FROM contacts_emailaddress WHERE source_id = %(source)s
    UNION SELECT contact_id FROM contacts_phonenumber WHERE source_id = %(source)s
    UNION SELECT contact_id FROM contacts_postaladdress WHERE source_id = %(source)s
"""
_ON_ANOTHER_ROLL = """EXISTS (SELECT FROM contacts_electoralregistration AS own
    WHERE own.contact_id = person.id AND own.source_id <> %(source)s)"""
_STUB_OF_THE_ROLL = """EXISTS (SELECT FROM contacts_electoralregistration AS elector
    WHERE elector.contact_id = person.id AND elector.source_id = %(source)s)"""
# The longest time that any of their sources gives them counts; where one says that they stay, they do.
_SILENT = """
    person.created_at < %(day)s::date - make_interval(months => %(shortest)s)
    AND EXISTS (SELECT FROM (
        SELECT (%(day)s::date - make_interval(months => max(term.months)))::timestamptz AS since
        FROM (SELECT source.kind FROM contacts_contactsource AS link
              JOIN contacts_source AS source ON source.id = link.source_id WHERE link.contact_id = person.id
              UNION SELECT '' WHERE NOT EXISTS (
                  SELECT FROM contacts_contactsource AS link WHERE link.contact_id = person.id)) AS held
        JOIN unnest(%(kinds)s::text[], %(relationships)s::text[], %(months)s::int[])
             AS term (kind, relationship, months)
          ON term.kind = held.kind AND term.relationship = person.relationship
        HAVING bool_and(term.months IS NOT NULL)) AS silent
        WHERE person.created_at < silent.since AND NOT ({signs}) AND NOT EXISTS (
            SELECT FROM contacts_contactsource AS link
            WHERE link.contact_id = person.id AND link.first_seen_at >= silent.since))
"""


def people_touched(purge: Purge) -> tuple[str, dict[str, Any]]:
    """SQL of the ids of everybody that a purge of a rented file concerns, and its parameters."""
    return f"SELECT id FROM ({_OF_THE_FILE}) AS touched (id)", parameters_of(purge)


def people_going(purge: Purge) -> tuple[str, dict[str, Any]]:
    """SQL of the ids of people who go: nothing else holds them. With the parameters."""
    return f"SELECT person.id FROM contacts_contact AS person WHERE {condition_of(purge)}", parameters_of(
        purge
    )


def condition_of(purge: Purge) -> str:
    """SQL over `person`, true for those who go."""
    there = "person.erased_at IS NULL"
    if purge.rule == RetentionRuleName.RENTAL:
        return f"{there} AND person.id IN ({_OF_THE_FILE}) AND NOT ({_HELD_BY_OTHERS})"
    if purge.rule == RetentionRuleName.ROLL:
        return (
            f"{there} AND person.is_stub AND {_STUB_OF_THE_ROLL} AND NOT {_ON_ANOTHER_ROLL}"
            f" AND NOT ({_HELD_BY_OTHERS}) AND NOT ({_sign_since(ANY_TIME)})"
        )
    return f"{there} AND {_SILENT}".replace("{signs}", _sign_since("silent.since"))


def _sign_since(moment: str) -> str:
    """SQL over `person`, true when a sign of life came at or after a moment, an SQL expression."""
    return " OR ".join(
        f"EXISTS (SELECT FROM {sign.table} AS own WHERE own.{sign.person} = person.id"
        f" AND own.{sign.at} >= {moment} AND ({sign.when}))"
        for sign in registry.signs_of_life.values()
    )


def parameters_of(purge: Purge) -> dict[str, Any]:
    values: dict[str, Any] = {"source": purge.source_id, "own_relations": list(OWN_RELATIONS)}
    if purge.rule == RetentionRuleName.LAST_SIGN:
        kinds, relationships, months = zip(*purge.terms["months"], strict=True)
        limited = [each for each in months if each is not None]
        values |= {
            "kinds": list(kinds),
            "relationships": list(relationships),
            "months": list(months),
            "shortest": min(limited, default=1200),
            "day": purge.due_on,
        }
    return values
