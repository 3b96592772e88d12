"""What tells that something happened to a person beside the import that created them: an undo leaves them.

Apps above add theirs as `registry.holds`. A model with a relation to Contact that stands in no list fails a
test (tests/consistency).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from contacts.registry import registry


@dataclass(frozen=True)
class Happening:
    """Rows of one table that hold a person; `when` is SQL over `own` that may ask for %(import)s."""

    table: str
    when: str = "true"
    person: str = "contact_id"


POINT_TABLES = ("contacts_emailaddress", "contacts_phonenumber", "contacts_postaladdress")
SOURCE_ROWS = "contacts_sourcerow"
CONSENTS = "contacts_consent"
# What an import adds to people, and takes back when it is undone.
ADDED_TABLES = (
    CONSENTS,
    "contacts_contacttag",
    "contacts_listmembership",
    "contacts_membership",
    "contacts_contactsource",
    SOURCE_ROWS,
    *POINT_TABLES,
)
_OF_ANOTHER = "own.created_by_import_id IS DISTINCT FROM %(import)s"
# By the rows of undone files people are known again, nothing else.
_STANDS = """NOT EXISTS (SELECT FROM contacts_import AS run
                         WHERE run.id = own.created_by_import_id AND run.state = 'undone')"""
HAPPENINGS: tuple[Happening, ...] = (
    *(Happening(table, _OF_ANOTHER) for table in ADDED_TABLES if table != SOURCE_ROWS),
    Happening(SOURCE_ROWS, f"{_OF_ANOTHER} AND {_STANDS}"),
    Happening("contacts_note"),
    Happening("contacts_supportlevel"),
    Happening("contacts_personrequest"),
    Happening("contacts_subscription"),
    Happening("contacts_chosenfrequency"),
    # Decisions are remembered: "the same", "not the same", of electors, of who lives with whom.
    Happening("contacts_merge", person="kept_id"),
    Happening("contacts_duplicatepair", "own.state = 'different'", person="first_id"),
    Happening("contacts_duplicatepair", "own.state = 'different'", person="second_id"),
    Happening("contacts_registrationmatch", "NOT own.automatic AND own.state <> 'pending'"),
    Happening("contacts_householdmember", "own.by_hand"),
)
# Computed, or said by `registrationmatch`; what other files confirm is handed over to them before.
NO_HAPPENING = ("contacts_reach", "contacts_electoralregistration", "contacts_importconfirmation")


def happened_to(ids: list[int], *, import_id: int) -> set[int]:
    """Those of the people to whom something else happened than this import."""
    found: set[int] = set()
    with connection.cursor() as cursor:
        for one in HAPPENINGS:
            cursor.execute(
                f"SELECT own.{one.person} FROM {one.table} AS own"
                f" WHERE own.{one.person} = ANY(%(ids)s) AND ({one.when})",
                {"ids": ids, "import": import_id},
            )
            found.update(row[0] for row in cursor.fetchall())
        cursor.execute(_WORKED_ON, [[str(contact_id) for contact_id in ids]])
        found.update(row[0] for row in cursor.fetchall())
    for holds in registry.holds.values():
        found |= holds(ids)
    return found


# Somebody of the team did something with the person: an import's own acts stand on the import.
_WORKED_ON = """
SELECT DISTINCT object_id::bigint FROM platform_auditentry
WHERE object_type = 'contacts.contact' AND object_id = ANY(%s)
"""
