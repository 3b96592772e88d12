"""Pairs of people who may be one: remembered decisions, and what becomes of pairs when records merge."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.errors import ContactsError
from contacts.models import Contact, DuplicatePair

State = DuplicatePair.State


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


def move_pairs(*, kept: int, absorbed: int) -> list[dict[str, Any]]:
    """Give the pairs of a record to the one that absorbs it; returns them as they were.

    Of two answers on the same pair, "not the same" holds.
    """
    rows = list(
        _pairs_of(absorbed).values("first_id", "second_id", "state", "score", "evidence", "decided_by")
    )
    _pairs_of(absorbed).delete()
    for row in rows:
        other = row["second_id"] if row["first_id"] == absorbed else row["first_id"]
        if other != kept:
            _put(kept, other, row)
    return rows


def return_pairs(rows: list[dict[str, Any]]) -> None:
    """Write the pairs of a restored record again, where their people are still there."""
    there = set(
        Contact.objects.filter(
            pk__in=[row[name] for row in rows for name in ("first_id", "second_id")]
        ).values_list("pk", flat=True)
    )
    for row in rows:
        if {row["first_id"], row["second_id"]} <= there:
            _put(row["first_id"], row["second_id"], row)


def _pairs_of(contact_id: int) -> Any:
    return DuplicatePair.objects.filter(Q(first_id=contact_id) | Q(second_id=contact_id))


def _put(one: int, other: int, row: dict[str, Any]) -> None:
    first, second = sorted((one, other))
    with connection.cursor() as cursor:
        cursor.execute(
            _PUT, {**row, "first": first, "second": second, "evidence": json.dumps(row["evidence"])}
        )


_PUT = """
INSERT INTO contacts_duplicatepair (first_id, second_id, state, score, evidence, decided_by_id)
VALUES (%(first)s, %(second)s, %(state)s, %(score)s, %(evidence)s, %(decided_by)s)
ON CONFLICT (first_id, second_id) DO UPDATE
SET state = excluded.state, decided_by_id = excluded.decided_by_id WHERE excluded.state = 'different'
"""
