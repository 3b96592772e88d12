"""Merging two records of one person, and undoing it at any later time.

The absorbed record goes; its rows move to the one that stays. The snapshot of the merge holds what an undo
needs: {"kept": id of the record that stayed, "contact": the absorbed record, "rows": see `rows.Moves`,
"pairs": those of the absorbed record, "fields": {column: [before, after]}, "consents": ids of withdrawals
that the merge wrote}. Where the two records disagree on an agreement, the refusal holds.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.enums import Channel, ConsentPurpose
from contacts.households.finding import refresh_households
from contacts.merging.electors import check_electors
from contacts.merging.errors import MergeRefused
from contacts.merging.fields import Chosen, merged_values
from contacts.merging.pairs import keep_apart, move_pairs, return_pairs
from contacts.merging.rows import (
    claim_left_rows,
    keep_one_main,
    move_rows,
    return_rows,
    share_left_rows,
    stored_columns,
)
from contacts.models import Consent, Contact, Merge
from contacts.registry import registry
from contacts.services.consents import record_consent
from contacts.services.projections import refresh_projections

Word = tuple[str, str]
"""A channel and a purpose of the consent ledger."""


@transaction.atomic
def merge(*, kept: Contact, absorbed: Contact, by: User | None, fields: Chosen | None = None) -> Merge:
    """Make one record of two; raises MergeRefused.

    `fields` names the record whose value of a field is taken ("kept" or "absorbed"); without a choice the
    kept record's value stays and its blanks are filled. Contact points, agreements, sources, tags, lists,
    notes, messages and acts of both are kept.
    """
    kept, absorbed = _locked(kept.pk, absorbed.pk)
    check_electors(kept, absorbed)
    for step in registry.merge_steps.values():
        step(kept.pk, absorbed.pk)
    contradicted = disagreements(kept, absorbed)
    snapshot: dict[str, Any] = {"kept": kept.pk, "contact": _record_of(absorbed.pk)}
    changes = merged_values(kept, absorbed, fields or {})
    before = _record_of(kept.pk)
    _write_fields(kept, changes)
    after = _record_of(kept.pk)
    snapshot["fields"] = {name: [before[name], after[name]] for name in changes}
    snapshot["pairs"] = move_pairs(kept=kept.pk, absorbed=absorbed.pk)
    snapshot["rows"] = move_rows(kept=kept.pk, absorbed=absorbed.pk)
    keep_one_main(kept.pk)
    _remove(absorbed.pk)
    done = Merge.objects.create(kept=kept, absorbed_id=absorbed.pk, snapshot=snapshot, merged_by=by)
    snapshot["consents"] = _refuse_again(kept, contradicted, done, by)
    done.save(update_fields=["snapshot"])
    audit.record(
        action="contact.merge", on=kept, by=by, fields=sorted(changes), detail={"absorbed": absorbed.pk}
    )
    refresh_projections([kept.pk])
    refresh_households([kept.pk])
    return done


@transaction.atomic
def unmerge(*, merge: Merge, by: User | None) -> Contact:
    """Make two records of one again and remember that they are two people; returns the restored record.

    What the absorbed record brought goes back to it, what the two shared is given to both again, and fields
    that the merge changed return, where nobody changed them since. Raises MergeRefused.
    """
    merge = Merge.objects.select_for_update(of=("self",)).select_related("kept").get(pk=merge.pk)
    if merge.undone_at is not None:
        raise MergeRefused(_("This merge is undone already."))
    if merge.kept.erased_at is not None:
        raise MergeRefused(_("This person was erased: there is nothing to separate."))
    kept = Contact.objects.select_for_update().get(pk=merge.kept_id)
    snapshot = merge.snapshot
    _return_fields(kept, snapshot["fields"])
    _restore_record(snapshot["contact"])
    Consent.objects.filter(pk__in=snapshot["consents"], contact=kept).delete()
    others = Merge.objects.filter(kept=kept, undone_at__isnull=True).exclude(pk=merge.pk)
    others_in_force = list(others.order_by("pk").select_for_update())
    for other in others_in_force:
        claim_left_rows(other.snapshot["rows"], brought=snapshot["rows"], owner=snapshot["kept"])
        if other.absorbed_id == snapshot["kept"]:  # the record that stayed then was absorbed since
            _return_fields_of_snapshot(other.snapshot["contact"], snapshot["fields"])
    return_rows(snapshot["rows"], kept=kept.pk, absorbed=merge.absorbed_id)
    for other in others_in_force:
        share_left_rows(other.snapshot["rows"], kept=kept.pk)
        other.save(update_fields=["snapshot"])
    Merge.objects.filter(pk=merge.pk).update(undone_at=Now(), undone_by=by)
    keep_one_main(kept.pk, merge.absorbed_id)
    return_pairs(snapshot["pairs"])
    restored = Contact.objects.get(pk=merge.absorbed_id)
    keep_apart(one=kept, other=restored, by=by)
    audit.record(action="contact.unmerge", on=kept, by=by, detail={"absorbed": restored.pk})
    refresh_projections([kept.pk, restored.pk])
    refresh_households([kept.pk, restored.pk])
    return restored


def _locked(kept_id: int, absorbed_id: int) -> tuple[Contact, Contact]:
    """Both records, locked in the order of their ids, so that two merges never wait for each other."""
    if kept_id == absorbed_id:
        raise MergeRefused(_("This is one and the same record."))
    found = Contact.objects.visible().filter(pk__in=[kept_id, absorbed_id]).order_by("pk")
    people = {person.pk: person for person in found.select_for_update()}
    if len(people) < 2:
        raise MergeRefused(_("One of the two records is gone: it was merged or erased meanwhile."))
    return people[kept_id], people[absorbed_id]


def _words(contact: Contact) -> dict[Word, bool]:
    """What holds for a person, by channel and purpose: the newest entry of the ledger."""
    newest = Consent.objects.filter(contact=contact).order_by("channel", "purpose", "-at", "-pk")
    return {(entry.channel, entry.purpose): entry.given for entry in newest.distinct("channel", "purpose")}


def disagreements(kept: Contact, absorbed: Contact) -> list[Word]:
    """Channels and purposes on which one record agrees and the other refuses: the refusal will hold."""
    mine, other = _words(kept), _words(absorbed)
    return sorted(word for word in mine.keys() & other.keys() if mine[word] != other[word])


def _refuse_again(kept: Contact, contradicted: list[Word], merge: Merge, by: User | None) -> list[int]:
    """Write the refusal that holds after records that disagree became one; returns ids of the entries."""
    return [
        record_consent(
            contact=kept,
            channel=Channel(channel),
            purpose=ConsentPurpose(purpose),
            given=False,
            proof={"merge": merge.pk},
            by=by,
        ).pk
        for channel, purpose in contradicted
    ]


def _write_fields(contact: Contact, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(contact, name, value)
    contact.updated_at = Now()
    contact.save(update_fields=[*(name.removesuffix("_id") for name in values), "updated_at"])


def _return_fields(kept: Contact, changes: dict[str, list[Any]]) -> None:
    """Fields of the kept record return to what they were, unless somebody changed them since the merge."""
    now = _record_of(kept.pk)
    returning = {name: before for name, (before, after) in changes.items() if now[name] == after}
    if not returning:
        return
    with connection.cursor() as cursor:
        assigned = ", ".join(f"{connection.ops.quote_name(name)} = was.{name}" for name in returning)
        cursor.execute(
            f"UPDATE contacts_contact AS own SET updated_at = now(), {assigned}"
            " FROM jsonb_populate_record(NULL::contacts_contact, %s) AS was WHERE own.id = %s",
            [json.dumps(returning), kept.pk],
        )


def _return_fields_of_snapshot(record: dict[str, Any], changes: dict[str, list[Any]]) -> None:
    """The same for a record that was absorbed since: its values of before return with it."""
    for name, (before, after) in changes.items():
        if record[name] == after:
            record[name] = before


def _record_of(contact_id: int) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(own)::text FROM contacts_contact AS own WHERE id = %s", [contact_id])
        record: dict[str, Any] = json.loads(cursor.fetchone()[0])
    return record


def _remove(contact_id: int) -> None:
    """Delete a record that has nothing any more; a table that still names it makes this fail, here."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM contacts_reach WHERE contact_id = %s", [contact_id])
        cursor.execute("DELETE FROM contacts_contact WHERE id = %s", [contact_id])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _restore_record(record: dict[str, Any]) -> None:
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
