"""Writing down that people joined, or left: with the day and the proof, never as a label alone."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.enums import Relationship
from contacts.errors import ContactsError
from contacts.models import Contact, Membership
from contacts.services.relationships import refresh_relationships


class MembershipRefused(ContactsError):
    """An act that contradicts what is recorded, or a day to come."""


@transaction.atomic
def record_joined(*, contact: Contact, on: date, proof: dict[str, Any], by: User | None) -> Membership:
    """Note that a person joined on a day; raises MembershipRefused."""
    contact = _held(contact, on)
    if contact.relationship == Relationship.MEMBER:
        raise MembershipRefused(_("This person is a member already."))
    left = Membership.objects.filter(contact=contact).order_by("-left_on").first()
    if left is not None and left.left_on is not None and on < left.left_on:
        raise MembershipRefused(_("They left after that day: write when they joined again."))
    written = Membership.objects.create(contact=contact, joined_on=on, proof=proof, recorded_by=by)
    audit.record(action="membership.join", on=contact, by=by, detail={"membership": written.pk})
    refresh_relationships([contact.pk])
    return written


@transaction.atomic
def record_left(*, contact: Contact, on: date, proof: dict[str, Any], by: User | None) -> Membership:
    """Note that a member left on a day; raises MembershipRefused."""
    contact = _held(contact, on)
    if contact.relationship != Relationship.MEMBER:
        raise MembershipRefused(_("This person is no member: there is nothing to end."))
    running = Membership.objects.filter(contact=contact, left_on=None).first()
    if running is None:  # a source of members named them
        running = Membership(contact=contact, recorded_by=by)
    if running.joined_on is not None and on < running.joined_on:
        raise MembershipRefused(_("Nobody leaves before they joined: look at the two days."))
    running.left_on, running.created_by_import = on, None  # no undo of a file takes it away now
    running.proof = running.proof | {"left": proof}
    running.save()
    audit.record(action="membership.leave", on=contact, by=by, detail={"membership": running.pk})
    refresh_relationships([contact.pk])
    return running


def _held(contact: Contact, on: date) -> Contact:
    """The person, locked and with what they are now."""
    if on > timezone.localdate():
        raise MembershipRefused(_("This day is still to come: write it down once it is there."))
    held = Contact.objects.select_for_update().get(pk=contact.pk)
    refresh_relationships([held.pk])
    held.refresh_from_db(fields=["relationship"])
    return held
