"""Finding the elector that a person of the base is: set-based, after an import, in both directions.

Names agree when the person's name is the elector's birth name or used name, and the person's forename is the
first of the elector's. A pair whose birth date agrees too, and whose commune or birthplace agrees as well, is
certain if it is the only one for that person and for that elector: it is linked. Other pairs with the same
birth date wait in the review queue, and so do people of unknown birth date whose name one elector of their
commune has. A pair that was decided once is never proposed again; electors already linked are left alone.

Communes are compared as cities: an address of Paris, Lyon or Marseille is in an arrondissement, where a roll
may name the city.

An elector who is on several lists (European citizens) is one elector: same names, birth date and birthplace.
So are two rows of one list; where no birthplace is known, two rows of one list are two electors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from contacts.imports import linking_sql
from contacts.imports.progress import Progress
from contacts.imports.staging import Staging
from contacts.imports.turns import LINKS, in_turn
from contacts.services.projections import refresh_projections

PEOPLE_AT_A_TIME = 2_000
SETTINGS = "SET LOCAL work_mem = '64MB'"


@dataclass(frozen=True)
class Links:
    """How many people an import linked so far, and how many of its pairs wait for a review."""

    linked: int
    to_review: int


def link_people(staging: Staging, sql_of_ids: str, *, told: Progress) -> Links:
    """Look for the electors of some people: `sql_of_ids` is a query of one column `contact_id`, ours."""
    return _link(staging, linking_sql.PAIRS_OF_PEOPLE.format(people=sql_of_ids), told)


def link_electors(staging: Staging, sql_of_ids: str, *, told: Progress) -> Links:
    """Look for the people of some electors: `sql_of_ids` is a query of one column, `id`, ours."""
    return _link(staging, linking_sql.pairs_of_electors(sql_of_ids), told)


def _link(staging: Staging, pairs: str, told: Progress) -> Links:
    """Make the pairs, judge them, and write queue and links; importing again finds nothing new.

    A few people a transaction are linked: whoever unsubscribes meanwhile waits no longer than that.
    """
    with in_turn([LINKS], told):
        links = _judge_pairs(staging, pairs)
        for people in _certain_people(staging):
            links = _link_some(staging, people, links)
        staging.drop("pairs")
    return links


@transaction.atomic
def _judge_pairs(staging: Staging, pairs: str) -> Links:
    """Fill the table `pairs`; those that are not certain are queued, once an import."""
    staging.drop("pairs")
    staging.create(
        "pairs",
        "contact_id bigint, registration_id bigint, same_date boolean, same_commune boolean,"
        " same_birthplace boolean, elector uuid, certain boolean DEFAULT false",
    )
    with connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        cursor.execute(staging.sql(linking_sql.FILL, found=pairs))
        # Else the planner takes a million pairs for a few, and compares each with each.
        staging.analyze("pairs")
        cursor.execute(staging.sql(linking_sql.JUDGE))
        cursor.execute(linking_sql.IS_NOTED, {"import": staging.import_id})
        queued = 0
        if not cursor.fetchone()[
            0
        ]:  # after a crash, what was linked before it would no longer speak for itself
            cursor.execute(staging.sql(linking_sql.QUEUE))
            queued = cursor.rowcount
        return _note(cursor, staging.import_id, Links(linked=0, to_review=queued), to_review=queued)


def _certain_people(staging: Staging) -> Iterator[list[int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            staging.sql("SELECT DISTINCT contact_id FROM {pairs} WHERE certain ORDER BY contact_id")
        )
        people = [person for (person,) in cursor.fetchall()]
    for start in range(0, len(people), PEOPLE_AT_A_TIME):
        yield people[start : start + PEOPLE_AT_A_TIME]


@transaction.atomic
def _link_some(staging: Staging, people: list[int], so_far: Links) -> Links:
    """Link people to their electors, with what is projected of them."""
    with connection.cursor() as cursor:
        cursor.execute(linking_sql.HOLD, [people])
        cursor.execute(staging.sql(linking_sql.LINK), {"people": people})
        linked = cursor.rowcount
        cursor.execute(staging.sql(linking_sql.REMEMBER_LINKED), {"people": people})
        together = Links(so_far.linked + linked, so_far.to_review)
        links = _note(cursor, staging.import_id, together, linked=linked)
    refresh_projections(people)
    return links


def _note(cursor: Any, import_id: int, here: Links, *, linked: int = 0, to_review: int = 0) -> Links:
    """Add to what the import did, with it: whoever goes on after a crash finds nothing left to link.

    `here` is what this attempt did, `linked` and `to_review` are what is to be added.
    """
    cursor.execute(linking_sql.NOTE, {"import": import_id, "linked": linked, "queued": to_review})
    noted = cursor.fetchone()
    return Links(*noted) if noted else here
