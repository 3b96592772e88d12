"""Pairs of people who may be one: remembered decisions, and what becomes of pairs when records merge."""

from __future__ import annotations

import json
from typing import Any, TypedDict

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.errors import ContactsError
from contacts.merging.redirects import present_id
from contacts.models import Contact, DuplicatePair, Import

State = DuplicatePair.State
Row = dict[str, Any]


class MovedPairs(TypedDict):
    """Rows of an absorbed record, and those of the one that stays with the same people, before and after."""

    absorbed: list[Row]
    kept: list[Row]
    written: list[Row]


class PairRefused(ContactsError):
    """Two records that are no pair."""


@transaction.atomic
def keep_apart(*, one: Contact, other: Contact, by: User | None) -> DuplicatePair:
    """Say that two records are two people; they are never proposed again."""
    if one.pk == other.pk:
        raise PairRefused(_("This is one and the same record."))
    first, second = sorted((one.pk, other.pk))
    pair, _created = DuplicatePair.objects.update_or_create(
        first_id=first,
        second_id=second,
        defaults={"state": State.DIFFERENT, "decided_by": by, "decided_at": Now()},
    )
    audit.record(action="duplicate.refuse", on=pair, by=by, detail={"people": [first, second]})
    return pair


@transaction.atomic
def ask_again(*, pair: DuplicatePair, by: User | None) -> None:
    """Take "not the same" back: the pair waits for a review again."""
    DuplicatePair.objects.filter(pk=pair.pk).update(state=State.PENDING, decided_by=None, decided_at=None)
    audit.record(action="duplicate.ask_again", on=pair, by=by)


def move_pairs(*, kept: int, absorbed: int) -> MovedPairs:
    """Give the pairs of a record to the one that absorbs it; returns what an undo needs.

    Of two answers on the same pair, "not the same" holds.
    """
    rows = _pairs_of(absorbed)
    others = [_other(row, absorbed) for row in rows]
    before = _pairs_of(kept, others)
    DuplicatePair.objects.filter(pk__in=[row["id"] for row in rows]).delete()
    for row in rows:
        if _other(row, absorbed) != kept:
            _put(row, kept, _other(row, absorbed), _MOVE)
    return {"absorbed": rows, "kept": before, "written": _pairs_of(kept, others)}


def return_pairs(pairs: MovedPairs, *, kept: int, was_kept: int, absorbed: int) -> None:
    """Give both records their pairs again, as they were; answers that somebody gave since stay.

    `kept` is the record that has absorbed it today, `was_kept` the one that did then. Whoever was merged
    meanwhile is met under the number of today. Nothing is proposed for an import that was undone.
    """
    undone = set(_undone_imports([*pairs["absorbed"], *pairs["kept"]]))
    before = {_other(row, was_kept): row for row in pairs["kept"]}
    for row in pairs["written"]:
        other = _other(row, was_kept)
        if row["state"] == State.PENDING and present_id(other) != other:
            continue  # it may be the other record's own: it is asked all the same
        if not _take_unchanged(row, kept, present_id(other)):
            continue
        if other in before and not _is_void(before[other], undone):
            _put(before[other], kept, present_id(other), _RETURN)
    for row in pairs["absorbed"]:
        if not _is_void(row, undone):
            _put(row, absorbed, present_id(_other(row, absorbed)), _RETURN)


def _pairs_of(contact_id: int, others: list[int] | None = None) -> list[Row]:
    """Whole rows, as JSON, of the pairs of a person; with `others`, of those with one of them."""
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, {"contact": contact_id, "others": others})
        return [json.loads(row) for (row,) in cursor.fetchall()]


def _other(row: Row, contact_id: int) -> int:
    other: int = row["second_id"] if row["first_id"] == contact_id else row["first_id"]
    return other


def _is_void(row: Row, undone: set[int]) -> bool:
    return row["state"] == State.PENDING and row["created_by_import_id"] in undone


def _undone_imports(rows: list[Row]) -> QuerySet[Import, int]:
    imports = Import.objects.filter(pk__in={row["created_by_import_id"] for row in rows} - {None})
    return imports.filter(state=Import.State.UNDONE).values_list("pk", flat=True)


def _take_unchanged(row: Row, one: int, other: int) -> bool:
    """Delete what a merge wrote, unless somebody answered since."""
    first, second = sorted((one, other))
    written = DuplicatePair.objects.filter(first=first, second=second, state=row["state"])
    decided_at = parse_datetime(row["decided_at"]) if row["decided_at"] else None
    gone, _rows = written.filter(decided_at=decided_at).delete()
    return bool(gone)


def _put(row: Row, one: int, other: int, sql: str) -> None:
    """Write a pair of two people who are both there."""
    first, second = sorted((one, other))
    with connection.cursor() as cursor:
        cursor.execute(sql, [json.dumps({**row, "first_id": first, "second_id": second})])


_PAIRS = """
SELECT to_jsonb(pair)::text FROM contacts_duplicatepair AS pair
WHERE (first_id = %(contact)s OR second_id = %(contact)s) AND (
    %(others)s::bigint[] IS NULL
    OR CASE first_id WHEN %(contact)s THEN second_id ELSE first_id END = ANY(%(others)s::bigint[]))
ORDER BY id
"""
_PUT = """
INSERT INTO contacts_duplicatepair (
    {id_column} first_id, second_id, state, score, evidence, created_at, decided_at,
    created_by_import_id, decided_by_id)
SELECT {id_column} first_id, second_id, state, score, evidence, created_at, decided_at,
    (SELECT id FROM contacts_import WHERE id = row.created_by_import_id),
    (SELECT id FROM platform_user WHERE id = row.decided_by_id)
FROM jsonb_populate_record(NULL::contacts_duplicatepair, %s) AS row
WHERE first_id <> second_id AND (
    SELECT count(*) FROM contacts_contact WHERE id IN (row.first_id, row.second_id)) = 2
ON CONFLICT (first_id, second_id) DO UPDATE
SET state = excluded.state, decided_by_id = excluded.decided_by_id, decided_at = excluded.decided_at
WHERE excluded.state = 'different' AND contacts_duplicatepair.state <> 'different'
"""
_MOVE = _PUT.replace("{id_column}", "")
# Under its own number: the journal's entries on the pair name it.
_RETURN = _PUT.replace("{id_column}", "id,")
