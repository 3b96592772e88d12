"""Merging two records of one person, and undoing it at any later time.

The absorbed record goes; its rows move to the one that stays. The snapshot of the merge holds what an undo
needs: {"kept": id of the record that stayed, "contact": the absorbed record, "rows": see `rows.Moves`,
"pairs": see `pairs.MovedPairs`, "fields": {column: [before, after]}, "heard": see `since.heard`,
"consents": ids of withdrawals that the merge wrote, "ended": [{"id", "ended_at"}] of subscriptions that it
ended}.
Where the two records disagree, the refusal holds: see `refusals`, and `since` for what an undo makes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.households.finding import refresh_households
from contacts.merging.electors import check_electors
from contacts.merging.errors import MergeRefused
from contacts.merging.fields import Chosen, decided_by_hand, merged_values
from contacts.merging.pairs import keep_apart, move_pairs, return_pairs
from contacts.merging.records import (
    record_of,
    remove,
    restore_record,
    return_fields,
    return_fields_of_snapshot,
    write_fields,
)
from contacts.merging.refusals import disagreements, end_left_newsletters, refuse_again
from contacts.merging.rows import claim_left_rows, keep_one_main, move_rows, return_rows, share_left_rows
from contacts.merging.since import heard, mark_departures, share_refusals
from contacts.models import Consent, Contact, HouseholdMember, Merge
from contacts.registry import registry
from contacts.services.projections import refresh_projections
from contacts.services.relationships import refresh_relationships


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
    snapshot: dict[str, Any] = {"kept": kept.pk, "contact": record_of(absorbed.pk), "heard": heard(kept)}
    snapshot["ended"] = end_left_newsletters(kept, absorbed)
    changes = merged_values(kept, absorbed, fields or {})
    chosen = decided_by_hand(kept, absorbed, fields or {})
    before = record_of(kept.pk)
    write_fields(kept, changes)
    after = record_of(kept.pk)
    snapshot["fields"] = {name: [before[name], after[name]] for name in changes}
    snapshot["pairs"] = move_pairs(kept=kept.pk, absorbed=absorbed.pk)
    left_alone = _prefer_household_by_hand(kept, absorbed)
    snapshot["rows"] = move_rows(kept=kept.pk, absorbed=absorbed.pk)
    keep_one_main(kept.pk)
    remove(absorbed.pk)
    done = Merge.objects.create(kept=kept, absorbed_id=absorbed.pk, snapshot=snapshot, merged_by=by)
    snapshot["consents"] = refuse_again(kept, contradicted, done, by)
    done.save(update_fields=["snapshot"])
    audit.record(
        action="contact.merge",
        on=kept,
        by=by,
        fields=sorted(changes),
        detail={"absorbed": absorbed.pk} | ({"chosen": chosen} if chosen else {}),
    )
    refresh_projections([kept.pk])
    refresh_households([kept.pk, *left_alone])
    return done


@transaction.atomic
def unmerge(*, merge: Merge, by: User | None) -> Contact:
    """Make two records of one again and remember that they are two people; returns the restored record.

    What the absorbed record brought goes back to it, what the two shared is given to both again, and fields
    that the merge changed return, where nobody changed them since. Raises MergeRefused.
    """
    kept = (
        Contact.objects.select_for_update(of=("self",)).filter(merges=merge).first()
    )  # people before merges
    merge = Merge.objects.select_for_update().get(pk=merge.pk)
    if merge.undone_at is not None:
        raise MergeRefused(_("This merge is undone already."))
    if kept is None or kept.pk != merge.kept_id:
        raise MergeRefused(_("One of the two records is gone: it was merged or erased meanwhile."))
    if kept.erased_at is not None:
        raise MergeRefused(_("This person was erased: there is nothing to separate."))
    for step in registry.unmerge_steps.values():
        step(merge)
    snapshot = merge.snapshot
    return_fields(kept, snapshot["fields"])
    restore_record(snapshot["contact"])
    Consent.objects.filter(pk__in=snapshot["consents"], contact=kept).delete()
    others = Merge.objects.filter(kept=kept, undone_at__isnull=True).exclude(pk=merge.pk)
    others_in_force = list(others.order_by("pk").select_for_update())
    mark_departures([merge, *others_in_force], kept)
    for other in others_in_force:
        claim_left_rows(other.snapshot["rows"], brought=snapshot["rows"], owner=snapshot["kept"])
        if other.absorbed_id == snapshot["kept"]:  # the record that stayed then was absorbed since
            return_fields_of_snapshot(other.snapshot["contact"], snapshot["fields"])
    return_rows(snapshot["rows"], kept=kept.pk, absorbed=merge.absorbed_id)
    for other in others_in_force:
        other.refresh_from_db(fields=["kept"])
        if other.kept_id == kept.pk:  # others go back with the record that had absorbed theirs
            share_left_rows(other.snapshot["rows"], kept=kept.pk)
        other.save(update_fields=["snapshot"])
    Merge.objects.filter(pk=merge.pk).update(undone_at=Now(), undone_by=by)
    keep_one_main(kept.pk, merge.absorbed_id)
    return_pairs(snapshot["pairs"], kept=kept.pk, was_kept=snapshot["kept"], absorbed=merge.absorbed_id)
    restored = Contact.objects.get(pk=merge.absorbed_id)
    share_refusals(merge, others_in_force, kept=kept, restored=restored, by=by)
    keep_apart(one=kept, other=restored, by=by)
    audit.record(action="contact.unmerge", on=kept, by=by, detail={"absorbed": restored.pk})
    refresh_projections([kept.pk, restored.pk])
    refresh_relationships([kept.pk, restored.pk])  # by the acts that are each one's again
    refresh_households([kept.pk, restored.pk])
    return restored


@transaction.atomic
def show_hidden_rows(contact_ids: Sequence[int]) -> None:
    """After rows of people went, in their transaction: what merges left out as equal to them is written.

    The caller holds the people, and projects them again.
    """
    merges = Merge.objects.filter(kept__in=contact_ids, undone_at__isnull=True).select_related("kept")
    in_force = merges.order_by("kept", "pk").select_for_update(of=("self",))
    for kept, group in groupby(in_force, key=lambda merge: merge.kept):
        merges_of_one = list(group)
        mark_departures(merges_of_one, kept)
        for merge in merges_of_one:
            share_left_rows(merge.snapshot["rows"], kept=kept.pk)
            merge.save(update_fields=["snapshot"])


def _locked(kept_id: int, absorbed_id: int) -> tuple[Contact, Contact]:
    """Both records, locked in the order of their ids, so that two merges never wait for each other."""
    if kept_id == absorbed_id:
        raise MergeRefused(_("This is one and the same record."))
    found = Contact.objects.visible().filter(pk__in=[kept_id, absorbed_id]).order_by("pk")
    people = {person.pk: person for person in found.select_for_update()}
    if len(people) < 2:
        raise MergeRefused(_("One of the two records is gone: it was merged or erased meanwhile."))
    return people[kept_id], people[absorbed_id]


def _prefer_household_by_hand(kept: Contact, absorbed: Contact) -> list[int]:
    """A household that somebody put right goes before one that was computed; returns who is left in that one.

    An undo computes it again.
    """
    if not HouseholdMember.objects.filter(contact=absorbed, by_hand=True).exists():
        return []
    computed = HouseholdMember.objects.filter(contact=kept, by_hand=False).first()
    if computed is None:
        return []
    computed.delete()
    others = HouseholdMember.objects.filter(household=computed.household_id)
    return list(others.values_list("contact_id", flat=True))
