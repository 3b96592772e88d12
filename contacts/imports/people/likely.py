"""How many pairs of people who may be one a file would leave to review.

The first new people of the file are written as the run would write them, compared with the base and with each
other by the same code, and rolled back. Of a large file it is a share, and the count an estimate.
"""

from __future__ import annotations

from django.db import connection, transaction

from campaign_crm.platform.database import lend_hash_key
from contacts.duplicates.finding import probable_pairs
from contacts.imports.people import effects_sql, write_sql
from contacts.imports.people.match import number_new_persons
from contacts.imports.people.write import Terms, put_together
from contacts.imports.staging import Staging

PEOPLE_TRIED = 2_000
_WRITTEN = (
    (write_sql.INSERT_CONTACTS, effects_sql.NEW_CONTACTS),
    (write_sql.INSERT_EMAILS, effects_sql.EMAILS),
    (write_sql.INSERT_PHONES, effects_sql.PHONES),
    (write_sql.INSERT_POSTAL, effects_sql.POSTAL),
)


def likely_pairs(staging: Staging, terms: Terms, *, new: int) -> dict[str, int]:
    """Return `pairs`, and `pairs_of` when only so many of the `new` people were looked at. Writes nothing."""
    if not new or terms.match_only:
        return {"pairs": 0}
    tried = min(new, PEOPLE_TRIED)
    with transaction.atomic():
        pairs = len(probable_pairs(_written(staging, terms, tried)))
        transaction.set_rollback(True)
    if tried == new:
        return {"pairs": pairs}
    return {"pairs": round(pairs * new / tried), "pairs_of": tried}


def _written(staging: Staging, terms: Terms, people: int) -> list[int]:
    """Write some new people of the file, evenly taken; their ids."""
    with connection.cursor() as cursor:
        cursor.execute(staging.sql(_TRIED), {"people": people})
        number_new_persons(staging, which=staging.sql("persons.person IN (SELECT person FROM {tried})"))
        lend_hash_key()
        for statement, effect in _WRITTEN:
            which = "target.is_new"
            cursor.execute(
                put_together(staging, statement, which, effect, policies=terms.policies), terms.parameters()
            )
        cursor.execute(staging.sql("SELECT contact_id FROM {targets} WHERE is_new ORDER BY contact_id"))
        return [row[0] for row in cursor.fetchall()]


# In the order of a digest: an even share of the file, and the same one each time.
_TRIED = """
CREATE UNLOGGED TABLE {tried} AS
SELECT own.line AS person
FROM {persons} AS persons JOIN {rows} AS own ON own.line = persons.line
WHERE persons.line = persons.person
  AND NOT EXISTS (SELECT FROM {targets} AS known WHERE known.person = persons.person)
ORDER BY own.digest, own.line LIMIT %(people)s
"""
