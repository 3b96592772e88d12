"""Fixed lists: hand-picked people."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.enums import TargetingClass
from contacts.errors import ContactsError
from contacts.models import Contact, List, ListMembership

MEMBERS_AT_A_TIME = 10_000


class ListRefused(ContactsError):
    """Staff and files may not put people on this list."""


@transaction.atomic
def create_list(
    *, name: str, targeting_class: TargetingClass, description: str = "", by: User | None
) -> List:
    """Create a list. `targeting_class` says who chose: the people (subscription) or staff (criterion)."""
    created = List.objects.create(
        name=" ".join(name.split()), description=description, targeting_class=targeting_class, created_by=by
    )
    audit.record(action="list.create", on=created, by=by, detail={"class": targeting_class})
    return created


@transaction.atomic
def add_to_list(*, to: List, contacts: Sequence[Contact | int], by: User | None) -> int:
    """Put people on a list; gives how many were not there before.

    `by` is empty when the people join it themselves. Raises ListRefused when staff would join them to a list
    whose people count as having chosen it.
    """
    if by is not None:
        check_picked(to)
    before = to.memberships.count()
    rows = [ListMembership(list=to, contact_id=_id(contact)) for contact in contacts]
    ListMembership.objects.bulk_create(rows, batch_size=MEMBERS_AT_A_TIME, ignore_conflicts=True)
    added = to.memberships.count() - before
    if added:
        audit.record(action="list.add", on=to, by=by, detail={"people": added})
    return added


def check_picked(chosen: List) -> None:
    """Raise ListRefused when only the people themselves may join a list."""
    if chosen.targeting_class == TargetingClass.SUBSCRIPTION:
        text = _("People join “%(list)s” themselves: nobody else can put them on it. Use another fixed list.")
        raise ListRefused(text % {"list": chosen.name})


@transaction.atomic
def remove_from_list(*, of: List, contacts: Sequence[Contact | int], by: User | None) -> int:
    """Take people off a list; gives how many were there."""
    ids = [_id(contact) for contact in contacts]
    removed, _details = of.memberships.filter(contact_id__in=ids).delete()
    if removed:
        audit.record(action="list.remove", on=of, by=by, detail={"people": removed})
    return removed


def _id(contact: Contact | int) -> int:
    return contact if isinstance(contact, int) else contact.pk
