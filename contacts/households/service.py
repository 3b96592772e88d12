"""Putting households right by hand: what somebody decided is never computed away."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.errors import ContactsError
from contacts.households.finding import refresh_households
from contacts.models import Contact, Household, HouseholdMember


class HouseholdRefused(ContactsError):
    """A correction that says nothing new."""


@transaction.atomic
def leave_household(*, contact: Contact, by: User | None) -> None:
    """Say that a person does not live with the others; they stand alone until somebody says otherwise."""
    _put(contact, Household.objects.create(), by, "household.leave")


@transaction.atomic
def join_household(*, contact: Contact, other: Contact, by: User | None) -> Household:
    """Say that two people live together; the first one comes into the household of the other."""
    if contact.pk == other.pk:
        raise HouseholdRefused(_("Choose somebody else: this is the same person."))
    link = HouseholdMember.objects.filter(contact=other).select_related("household").first()
    household = link.household if link is not None else Household.objects.create()
    if link is None:
        _put(other, household, by, "household.join")
    _put(contact, household, by, "household.join")
    return household


@transaction.atomic
def forget_correction(*, contact: Contact, by: User | None) -> None:
    """Let the household of a person be computed again."""
    link = HouseholdMember.objects.filter(contact=contact, by_hand=True).first()
    if link is None:
        raise HouseholdRefused(_("The household of this person is computed already."))
    link.delete()
    audit.record(action="household.compute", on=contact, by=by)
    refresh_households([contact.pk])
    Household.objects.filter(pk=link.household_id, members=None).delete()


def _put(contact: Contact, household: Household, by: User | None, action: str) -> None:
    before = HouseholdMember.objects.filter(contact=contact).first()
    HouseholdMember.objects.update_or_create(
        contact=contact, defaults={"household": household, "by_hand": True}
    )
    audit.record(action=action, on=contact, by=by, detail={"household": household.pk})
    if before is not None and before.household_id != household.pk:
        others = HouseholdMember.objects.filter(household=before.household_id)
        refresh_households(list(others.values_list("contact_id", flat=True)))
        Household.objects.filter(pk=before.household_id, members=None).delete()
