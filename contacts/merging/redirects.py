"""Who a record that was absorbed is now: links and tokens of before the merge still name it."""

from __future__ import annotations

from collections.abc import Iterable

from contacts.models import Contact, Merge


def present_id(contact_id: int) -> int:
    """The id under which a person is found today; the same one when nothing was merged.

    When the record that absorbed another is absorbed in turn, its merges move with it: one look is enough.
    """
    merge = Merge.objects.filter(absorbed_id=contact_id, undone_at__isnull=True).first()
    return contact_id if merge is None else merge.kept_id


def present_contact(contact_id: int) -> Contact | None:
    """The person of an id of today or of before a merge; None when erased or unknown."""
    found = Contact.objects.visible().filter(pk=contact_id).first()
    if found is None and (now := present_id(contact_id)) != contact_id:
        found = Contact.objects.visible().filter(pk=now).first()
    return found


def all_numbers(contact_ids: Iterable[int]) -> list[int]:
    """Ids of today with those of the records that they absorbed: what stands under either is theirs."""
    ids = set(contact_ids)
    return sorted(ids | set(present_ids(ids)))


def present_ids(contact_ids: Iterable[int]) -> dict[int, int]:
    """{id of an absorbed record: the id of today} of some people."""
    merges = Merge.objects.filter(kept__in=list(contact_ids), undone_at__isnull=True)
    return dict(merges.values_list("absorbed_id", "kept_id"))
