"""The record itself: as it is, what a merge writes on it, and what an undo gives it back."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection
from django.db.models.functions import Now

from contacts.merging.rows import stored_columns
from contacts.models import Contact

Record = dict[str, Any]
Changes = dict[str, list[Any]]
"""{column: [before the merge, after it]}"""


def record_of(contact_id: int) -> Record:
    """A row of contacts_contact as JSON."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(own)::text FROM contacts_contact AS own WHERE id = %s", [contact_id])
        record: Record = json.loads(cursor.fetchone()[0])
    return record


def write_fields(contact: Contact, values: dict[str, Any]) -> None:
    """Write what the record that stays takes from the other."""
    for name, value in values.items():
        setattr(contact, name, value)
    contact.updated_at = Now()
    contact.save(update_fields=[*(name.removesuffix("_id") for name in values), "updated_at"])


def return_fields(kept: Contact, changes: Changes) -> None:
    """Fields of the kept record return to what they were, unless somebody changed them since the merge."""
    now = record_of(kept.pk)
    returning = {name: value for name, value in _returned(now, changes).items() if value != now[name]}
    if returning:
        write_columns(kept.pk, returning)


def write_columns(contact_id: int, values: Record) -> None:
    """Write some columns as they are in a record."""
    with connection.cursor() as cursor:
        assigned = ", ".join(f"{connection.ops.quote_name(name)} = was.{name}" for name in values)
        cursor.execute(
            f"UPDATE contacts_contact AS own SET updated_at = now(), {assigned}"
            " FROM jsonb_populate_record(NULL::contacts_contact, %s) AS was WHERE own.id = %s",
            [json.dumps(values), contact_id],
        )


def return_fields_of_snapshot(record: Record, changes: Changes) -> None:
    """The same for a record that was absorbed since: its values of before return with it."""
    record.update(_returned(record, changes))


def _returned(now: Record, changes: Changes) -> Record:
    """Each changed column as it is after an undo."""
    returned = {}
    for name, (before, after) in changes.items():
        if name == "custom":
            returned[name] = _extra_fields_returned(now[name], before, after)
        else:
            returned[name] = before if now[name] == after else now[name]
    return returned


def _extra_fields_returned(now: Record, before: Record, after: Record) -> Record:
    """Extra fields one by one: those that the merge changed and nobody since."""
    returned = dict(now)
    for key in before.keys() | after.keys():
        if before.get(key) == after.get(key) or now.get(key) != after.get(key):
            continue
        returned.pop(key, None)
        if key in before:
            returned[key] = before[key]
    return returned


def remove(contact_id: int) -> None:
    """Delete a record that has nothing any more; a table that still names it makes this fail, here."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM contacts_reach WHERE contact_id = %s", [contact_id])
        cursor.execute("DELETE FROM contacts_contact WHERE id = %s", [contact_id])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def restore_record(record: Record) -> None:
    """Write an absorbed record again, under its own number; what it refers to may be gone."""
    with connection.cursor() as cursor:
        columns = ", ".join(stored_columns("contacts_contact", cursor))
        cursor.execute(
            f"INSERT INTO contacts_contact ({columns})"
            f" SELECT {columns} FROM jsonb_populate_record(NULL::contacts_contact, %s)",
            [json.dumps(record)],
        )
        cursor.execute(_FORGET_LOST_REFERENCES, [record["id"]])


_FORGET_LOST_REFERENCES = """
UPDATE contacts_contact SET
    commune_id = (SELECT id FROM contacts_territory WHERE id = commune_id),
    created_by_import_id = (SELECT id FROM contacts_import WHERE id = created_by_import_id)
WHERE id = %s
"""
