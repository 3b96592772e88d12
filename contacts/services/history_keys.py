"""What the history of changes keeps of a person can be read only while the person is in the base."""

from __future__ import annotations

from campaign_crm.platform.sealed_history import destroy_keys, knows_people
from contacts.models import Contact


@knows_people
def still_there(ids: set[int]) -> set[int]:
    """Those who are neither gone nor being erased; they stay until the caller's transaction ends."""
    people = Contact.objects.filter(pk__in=ids, erased_at=None).select_for_update(no_key=True)
    return set(people.order_by("pk").values_list("pk", flat=True))


def destroy_history_keys(contact_ids: list[int]) -> None:
    """A step of erasure: earlier values of these people cannot be opened any more, by anybody."""
    destroy_keys(contact_ids)
