"""The commune of a person, recognised from the addresses they have.

`Contact.commune` is filled where it is blank: what staff wrote stays. Making an address the main one says
that the person lives there, and the commune follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from campaign_crm.platform.jobs import RunningJob, enqueue, handler
from campaign_crm.platform.models import Job
from contacts.folding import fold
from contacts.models import Contact, PostalAddress
from contacts.services.projections import refresh_projections
from contacts.territories.lookup import resolution_sql, resolve_commune

FILL_JOB = "contacts.fill_communes"
ADDRESSES_AT_A_TIME = 5_000
FRANCE = ("", "france", "fr")


def commune_of(lines: Mapping[str, Any]) -> int | None:
    """The id of the commune that a French address means; None when it is not certain, or abroad."""
    if fold(lines.get("country") or "") not in FRANCE:
        return None
    found = resolve_commune(postcode=lines.get("postcode") or "", name=lines.get("city") or "")
    return found.territory_id if found else None


def live_at(point: PostalAddress, *, moved: bool = False) -> bool:
    """Give the person the commune of an address; over another one only when they `moved` there.

    True when it changed: the caller projects the person again.
    """
    if point.commune_id is None:
        return False
    person = Contact.objects.filter(pk=point.contact_id).exclude(commune_id=point.commune_id)
    if not moved:
        person = person.filter(commune_id=None)
    return bool(person.update(commune_id=point.commune_id))


def enqueue_fill() -> Job:
    """Look for the communes of everyone who has an address and none: after the territories changed."""
    return enqueue(kind=FILL_JOB, payload={})


@handler(FILL_JOB)
def fill_communes(job: RunningJob) -> None:
    """A batch of addresses a transaction; doing it again finds only what is still missing."""
    last = PostalAddress.objects.aggregate(last=Max("pk"))["last"] or 0
    for first in range(0, last + 1, ADDRESSES_AT_A_TIME):
        with transaction.atomic():
            refresh_projections(_fill(first, first + ADDRESSES_AT_A_TIME))
            job.progress(min(first + ADDRESSES_AT_A_TIME, last), last)


def _fill(first: int, end: int) -> list[int]:
    """Fill some addresses and the people who have them; gives the people."""
    ids: dict[str, Any] = {"first": first, "end": end, "france": list(FRANCE)}
    with connection.cursor() as cursor:
        for statement in (_FILL_ADDRESSES, _LOCK_PEOPLE, _FILL_PEOPLE):
            cursor.execute(statement.format(homes=_HOMES, resolved=_RESOLVED), ids)
        return sorted(row[0] for row in cursor.fetchall())


_WITHOUT_COMMUNE = """
(SELECT * FROM contacts_postaladdress
 WHERE id >= %(first)s AND id < %(end)s AND commune_id IS NULL AND fold(country) = ANY(%(france)s)) AS home
"""
_RESOLVED = resolution_sql(_WITHOUT_COMMUNE, postcode="home.postcode", name="home.city")
_FILL_ADDRESSES = """
UPDATE contacts_postaladdress AS home SET commune_id = found.territory_id
FROM ({resolved}) AS found
WHERE found.territory_id IS NOT NULL AND (found.postcode, found.name) = (home.postcode, home.city)
  AND home.id >= %(first)s AND home.id < %(end)s AND home.commune_id IS NULL
  AND fold(home.country) = ANY(%(france)s)
"""
_HOMES = """
SELECT DISTINCT contact_id FROM contacts_postaladdress
WHERE id >= %(first)s AND id < %(end)s AND commune_id IS NOT NULL
"""
# In the order of whoever else writes people, so that the two wait for each other in turn.
_LOCK_PEOPLE = """
SELECT id FROM contacts_contact WHERE id IN ({homes}) AND commune_id IS NULL ORDER BY id FOR NO KEY UPDATE
"""
_FILL_PEOPLE = """
UPDATE contacts_contact AS person SET commune_id = home.commune_id
FROM (SELECT DISTINCT ON (contact_id) contact_id, commune_id FROM contacts_postaladdress
      WHERE commune_id IS NOT NULL AND contact_id IN ({homes})
      ORDER BY contact_id, is_primary DESC, id) AS home
WHERE person.id = home.contact_id AND person.commune_id IS NULL AND person.erased_at IS NULL
RETURNING person.id
"""
