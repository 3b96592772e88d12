"""What was said to a merged record since: when it is two again, nobody knows which of the two spoke.

Agreements stay with the record that stayed, refusals become both records'. Where one of the two had refused
and an agreement came later, the refusal holds: it may have been the other who agreed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.enums import Channel, ConsentPurpose
from contacts.merging.refusals import Word
from contacts.models import Consent, Contact, Merge, Subscription
from contacts.services.consents import record_consent

CONSENTS = "contacts_consent"
SUBSCRIPTIONS = "contacts_subscription"


def heard(contact: Contact) -> dict[str, list[int]]:
    """Ids of all that a record has said until now, by table."""
    return {
        CONSENTS: list(Consent.objects.filter(contact=contact).values_list("pk", flat=True)),
        SUBSCRIPTIONS: list(Subscription.objects.filter(contact=contact).values_list("pk", flat=True)),
    }


def mark_departures(merges: Iterable[Merge], kept: Contact) -> None:
    """Before an undo: a newsletter left since is left for the rows, too, that a merge found equal.

    Their snapshots hold them as they were, still receiving.
    """
    merges = list(merges)
    left = Subscription.objects.filter(contact=kept).exclude(pk__in=ended_by(merges)).order_by("ended_at")
    for merge in merges:
        since = {
            row.newsletter_id: row.ended_at
            for row in left
            if row.ended_at is not None and row.ended_at >= merge.merged_at
        }
        for row in merge.snapshot["rows"].get(SUBSCRIPTIONS, {"left": []})["left"]:
            if row["ended_at"] is None and row["newsletter_id"] in since:
                row["ended_at"] = since[row["newsletter_id"]].isoformat()


def share_refusals(
    merge: Merge, others: Sequence[Merge], *, kept: Contact, restored: Contact, by: User | None
) -> None:
    """After the rows are back: both records refuse what either may have refused."""
    _share_withdrawals(merge, others, kept=kept, restored=restored, by=by)
    _receive_again(merge, others, [kept.pk, restored.pk])
    _end_returns(merge, others, kept=kept, by=by)


def ended_by(merges: Iterable[Merge]) -> list[int]:
    """Subscriptions that merges ended, not the people."""
    return [row["id"] for merge in merges for row in merge.snapshot["ended"]]


def _share_withdrawals(
    merge: Merge, others: Sequence[Merge], *, kept: Contact, restored: Contact, by: User | None
) -> None:
    before = _of_before(CONSENTS, merge, others)
    words: defaultdict[Word, list[Consent]] = defaultdict(list)
    for entry in Consent.objects.filter(contact=kept).select_related("source").order_by("at", "pk"):
        words[entry.channel, entry.purpose].append(entry)
    for word, entries in words.items():
        since = [entry for entry in entries if entry.pk not in before]
        refused = [entry for entry in since if not entry.given]
        for entry in refused:
            _withdraw(restored, word, merge, by, like=entry)
        earlier = [entry for entry in entries if entry.pk in before]
        refused_earlier = bool(earlier) and not earlier[-1].given
        if entries[-1].given and entries[-1] in since and (refused or refused_earlier):
            _withdraw(kept, word, merge, by)


def _withdraw(
    contact: Contact, word: Word, merge: Merge, by: User | None, *, like: Consent | None = None
) -> None:
    record_consent(
        contact=contact,
        channel=Channel(word[0]),
        purpose=ConsentPurpose(word[1]),
        given=False,
        source=like.source if like else None,
        proof={**(like.proof if like else {}), "undone_merge": merge.pk},
        at=like.at if like else None,
        by=by,
    )


def _receive_again(merge: Merge, others: Sequence[Merge], people: list[int]) -> None:
    """Newsletters that the merge ended go on, where nobody left them since."""
    with connection.cursor() as cursor:
        cursor.execute(
            _RECEIVE_AGAIN,
            {
                "ended": json.dumps(merge.snapshot["ended"]),
                "people": people,
                "by_merges": ended_by([merge, *others]),
            },
        )


def _end_returns(merge: Merge, others: Sequence[Merge], *, kept: Contact, by: User | None) -> None:
    """Of newsletters chosen since, the record that stayed does not receive those that it had left before."""
    with connection.cursor() as cursor:
        cursor.execute(
            _END_RETURNS,
            {
                "kept": kept.pk,
                "before": list(_of_before(SUBSCRIPTIONS, merge, others)),
                "by_merges": ended_by([merge, *others]),
            },
        )
        ended = [newsletter for (newsletter,) in cursor.fetchall()]
    for newsletter in ended:
        detail = {"newsletter": newsletter, "undone_merge": merge.pk}
        audit.record(action="subscription.end", on=kept, by=by, detail=detail)


def _of_before(table: str, merge: Merge, others: Sequence[Merge]) -> set[int]:
    """Ids of rows that were not said to the merged record: its own of before, and what merges brought.

    `others` are the other merges in force into the record of today, oldest first. The record that stayed may
    have been absorbed since: then what the absorbing record had said is not about this merge.
    """
    before = {*merge.snapshot["heard"][table], *_moved(table, merge)}
    line = {merge.snapshot["kept"]}
    for other in others:
        if other.absorbed_id in line:
            line.add(other.snapshot["kept"])
            before.update(other.snapshot["heard"][table])
        else:
            before.update(_moved(table, other))
        if table == CONSENTS:
            before.update(other.snapshot["consents"])
    return before


def _moved(table: str, merge: Merge) -> list[int]:
    moves: dict[str, Any] = merge.snapshot["rows"].get(table, {"moved": []})
    return [row["id"] for row in moves["moved"]]


_RECEIVE_AGAIN = """
UPDATE contacts_subscription AS own SET ended_at = NULL
FROM jsonb_to_recordset(%(ended)s) AS was (id bigint, ended_at timestamptz)
WHERE own.id = was.id AND own.ended_at = was.ended_at
  AND NOT EXISTS (
    SELECT FROM contacts_subscription AS held
    WHERE held.contact_id = own.contact_id AND held.newsletter_id = own.newsletter_id
      AND held.ended_at IS NULL)
  AND NOT EXISTS (
    SELECT FROM contacts_subscription AS later
    WHERE later.contact_id = ANY(%(people)s) AND later.newsletter_id = own.newsletter_id
      AND later.ended_at >= was.ended_at AND later.id <> ALL(%(by_merges)s::bigint[]))
"""
_END_RETURNS = """
UPDATE contacts_subscription AS own SET ended_at = now()
WHERE own.contact_id = %(kept)s AND own.ended_at IS NULL AND own.id <> ALL(%(before)s::bigint[])
  AND EXISTS (
    SELECT FROM contacts_subscription AS earlier
    WHERE earlier.contact_id = own.contact_id AND earlier.newsletter_id = own.newsletter_id
      AND earlier.ended_at IS NOT NULL AND earlier.id <> ALL(%(by_merges)s::bigint[]))
RETURNING own.newsletter_id
"""
