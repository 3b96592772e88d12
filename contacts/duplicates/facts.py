"""What is known of people, as pairs are judged by it: thousands of people in one query."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db import connection

from contacts.duplicates.names import Name
from contacts.territories.cities import city_sql


class Facts(NamedTuple):
    """One person. Names and homes are folded, numbers in E.164 form, `commune` is that of the city."""

    name: Name
    gender: str
    born: date | None
    birthplace: bytes | None
    commune: int | None
    emails: tuple[str, ...]
    mobiles: tuple[str, ...]
    others: tuple[str, ...]  # numbers that are no mobile
    homes: tuple[str, ...]  # number, street or hamlet, postcode and city
    year: int | None = None  # of birth: that of the day, or the year alone


def names_of(ids: Sequence[int]) -> dict[int, Name]:
    """Names of people by their ids, without those whom `facts_of` leaves out: cheaper than their facts."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, {"ids": list(ids)})
        return {row[0]: Name(*row[1:]) for row in cursor.fetchall()}


def facts_of(ids: Sequence[int]) -> dict[int, Facts]:
    """Facts of people by their ids; erased people and stubs, who have no name of their own, are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, {"ids": list(ids)})
        return {row[0]: _facts(row) for row in cursor.fetchall()}


def _facts(row: tuple[Any, ...]) -> Facts:
    emails, mobiles, others, homes = (tuple(values or ()) for values in row[8:12])
    birthplace = bytes(row[6]) if row[6] is not None else None
    name = Name(*row[1:4])
    return Facts(name, row[4], row[5], birthplace, row[7], emails, mobiles, others, homes, year=row[12])


_NAMES = """
SELECT id, fold(first_name), fold(last_name), fold(birth_name) FROM contacts_contact
WHERE id = ANY(%(ids)s) AND erased_at IS NULL AND NOT is_stub
"""
_FACTS = f"""
SELECT contact.id, fold(contact.first_name), fold(contact.last_name), fold(contact.birth_name),
       contact.gender, contact.birth_date, contact.birthplace_hash, {city_sql("contact.commune_id")},
       (SELECT array_agg(normalised) FROM contacts_emailaddress WHERE contact_id = contact.id),
       phones.mobiles, phones.others,
       (SELECT array_agg(folded) FROM contacts_postaladdress WHERE contact_id = contact.id
          AND (line1 <> '' OR locality <> '')),
       coalesce(extract(year FROM contact.birth_date), contact.birth_year)::integer
FROM contacts_contact AS contact
LEFT JOIN LATERAL (
    SELECT array_agg(e164) FILTER (WHERE line = 'mobile') AS mobiles,
           array_agg(e164) FILTER (WHERE line <> 'mobile') AS others
    FROM contacts_phonenumber WHERE contact_id = contact.id
) AS phones ON true
WHERE contact.id = ANY(%(ids)s) AND contact.erased_at IS NULL AND NOT contact.is_stub
"""
