"""A sign-up: one person, found or made, what they agreed to, and a confirmation of their address.

With an e-mail address, what they agreed to and their number wait for its confirmation
(`tracking.services.confirmations`); a form that asks for none has nothing to confirm by, and they count at
once.
"""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.db import transaction
from django.utils.translation import gettext as _

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.locks import wait_for_turn
from campaign_crm.platform.webhooks.events import WebhookEvent
from campaign_crm.platform.webhooks.outbox import emit
from contacts.models import Contact
from contacts.services.contact_points import add_email, add_phone, add_postal_address
from contacts.services.matching import find_person
from contacts.services.people import PersonFields, add_source, add_tag, create_contact, update_contact
from tracking.enums import InteractionKind
from tracking.errors import TrackingError
from tracking.forms.public import SignUp
from tracking.models import Form, Submission
from tracking.services.confirmations import ask_to_confirm, record_given
from tracking.services.interactions import record_interaction

NAMES = ("first_name", "last_name", "gender")


class SentBefore(TrackingError):
    """The same key came with other answers."""


@transaction.atomic
def receive_sign_up(
    *, form: Form, sign_up: SignUp, ip: str | None, submission_id: uuid.UUID | None = None
) -> Submission:
    """Apply one sign-up and send the confirmation. A trapped robot gets a row and nothing else.

    `ip`: where the person wrote from, when it is known. `submission_id` is the same for the same request sent
    again, which changes nothing more; raises SentBefore when it came with other answers.
    """
    email = sign_up.values.get("email", "")
    if submission_id is not None:
        wait_for_turn(f"sign-up {submission_id}")
        known = Submission.objects.filter(pk=submission_id).first()
        if known is not None:
            if known.data != _kept(sign_up):
                raise SentBefore(_("This key was used for another sign-up: take a new one for each."))
            return known
    submission = Submission.objects.create(
        id=submission_id or uuid.uuid4(),
        form=form,
        ip=ip,
        data=_kept(sign_up),
        address_hash=keyed_hash("email", email) if email else None,
    )
    if sign_up.looks_automatic:
        return submission
    contact = _person_of(form, sign_up)
    submission.contact = contact
    submission.save(update_fields=["contact"])
    _add_points(form, contact, sign_up)
    if not email:
        for box in sign_up.consents:
            record_given(contact, box.wording, submission)
    if form.tag is not None:
        add_tag(contact=contact, tag=form.tag, by=None)
    record_interaction(
        kind=InteractionKind.SIGN_UP,
        contact_id=contact.pk,
        data={"form": form.pk, "submission": str(submission.pk)},
    )
    told = {"form": form.slug, "submission": str(submission.pk)}
    emit(WebhookEvent.SIGN_UP_RECEIVED, told, person=contact.pk)
    if email:
        ask_to_confirm(submission, contact, email)
    return submission


def _kept(sign_up: SignUp) -> dict[str, Any]:
    """The submission as JSON: values, wordings agreed to, newsletters chosen."""
    return {
        "values": sign_up.values,
        "consents": [box.wording.pk for box in sign_up.consents],
        "newsletters": [newsletter.pk for newsletter in sign_up.newsletters],
        "looks_automatic": sign_up.looks_automatic,
    }


def _person_of(form: Form, sign_up: SignUp) -> Contact:
    """The person already known by these answers, or a new one; blanks are filled, nothing is overwritten.

    A new person has their address at once: nothing else of theirs could be sent to it. A known person gets a
    new address only once it is confirmed, or whoever knows their name and number could receive their mail.
    """
    values = sign_up.values
    found = find_person(
        email=values.get("email", ""),
        phone=values.get("phone", ""),
        first_name=values.get("first_name", ""),
        last_name=values.get("last_name", ""),
        source=form.source,
    )
    given = cast(PersonFields, {name: values[name] for name in NAMES if values.get(name)})
    if found is None:
        given["language"] = form.language
        contact = create_contact(source=form.source, by=None, **given)
        if "email" in values:
            add_email(contact=contact, address=values["email"], source=form.source, by=None)
        return contact
    missing = cast(PersonFields, {name: value for name, value in given.items() if not getattr(found, name)})
    update_contact(contact=found, by=None, source=form.source, **missing)
    add_source(contact=found, source=form.source, by=None)
    return found


def _add_points(form: Form, contact: Contact, sign_up: SignUp) -> None:
    values = sign_up.values
    if "phone" in values and "email" not in values:
        add_phone(contact=contact, number=values["phone"], source=form.source, by=None)
    if {"postcode", "city", "street"} & set(values):
        add_postal_address(
            contact=contact,
            line1=values.get("street", ""),
            postcode=values.get("postcode", ""),
            city=values.get("city", ""),
            source=form.source,
            by=None,
        )
