"""Linking a person to an elector, refusing a pair, undoing a link. Every decision is remembered."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.errors import ContactsError
from contacts.models import Contact, ElectoralRegistration, RegistrationMatch
from contacts.services.projections import refresh_projections

State = RegistrationMatch.State


class LinkRefused(ContactsError):
    """The pair cannot be linked, or the link cannot be undone."""


@transaction.atomic
def confirm_link(*, match: RegistrationMatch, by: User | None) -> None:
    """Say that the pair is one person. Other pairs of that elector that wait are refused with it."""
    match = _locked(match)
    if match.registration.contact_id not in (None, match.contact_id):
        raise LinkRefused(_("This elector is linked to somebody else. Undo that link first."))
    ElectoralRegistration.objects.filter(pk=match.registration_id).update(contact_id=match.contact_id)
    _decide(match, State.LINKED, by)
    others = RegistrationMatch.objects.filter(registration_id=match.registration_id, state=State.PENDING)
    others.exclude(pk=match.pk).update(state=State.REFUSED, decided_by=by, decided_at=Now())
    refresh_projections([match.contact_id])


@transaction.atomic
def refuse_link(*, match: RegistrationMatch, by: User | None) -> None:
    """Say that the pair is two people; it is not proposed again."""
    match = _locked(match)
    if match.state == State.LINKED:
        raise LinkRefused(_("These two are linked. Undo the link instead."))
    _decide(match, State.REFUSED, by)


@transaction.atomic
def undo_link(*, registration: ElectoralRegistration, by: User | None) -> None:
    """Take a link back; the pair is not proposed again. A stub lives by its registration and keeps it."""
    registration = ElectoralRegistration.objects.select_for_update().get(pk=registration.pk)
    if registration.contact_id is None:
        raise LinkRefused(_("This elector is not linked to anybody."))
    contact = Contact.objects.get(pk=registration.contact_id)
    if contact.is_stub:
        raise LinkRefused(_("This person is known by the electoral roll only: there is no link to undo."))
    match, _created = RegistrationMatch.objects.get_or_create(
        contact=contact, registration=registration, defaults={"state": State.UNDONE, "automatic": False}
    )
    ElectoralRegistration.objects.filter(pk=registration.pk).update(contact=None)
    _decide(match, State.UNDONE, by)
    refresh_projections([contact.pk])


def _locked(match: RegistrationMatch) -> RegistrationMatch:
    """The pair as it is now, its elector locked: two people reviewing at once do not cross."""
    ElectoralRegistration.objects.select_for_update().get(pk=match.registration_id)
    return RegistrationMatch.objects.select_related("registration").get(pk=match.pk)


def _decide(match: RegistrationMatch, state: RegistrationMatch.State, by: User | None) -> None:
    match.state = state
    match.automatic = False
    match.decided_by = by
    match.save(update_fields=["state", "automatic", "decided_by"])
    RegistrationMatch.objects.filter(pk=match.pk).update(decided_at=Now())
    audit.record(
        action=f"registration_match.{state}",
        on=match,
        by=by,
        detail={"contact": match.contact_id, "registration": match.registration_id},
    )
