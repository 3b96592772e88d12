"""A sign-up: one person, found or made, what they agreed to, and a confirmation of their address.

What concerns e-mail (consents, newsletters, coming back after having left) takes effect only when the person
confirms by the link they receive: anybody can type somebody else's address. At most one confirmation goes to
an address in 24 hours, whatever is typed. Consents to other channels count at once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign_crm.platform.crypto import keyed_hash
from contacts.enums import Channel, ConsentPurpose
from contacts.models import ConsentWording, Contact, EmailAddress, Newsletter
from contacts.services.consents import record_consent
from contacts.services.contact_points import add_email, add_phone, add_postal_address, confirm_point
from contacts.services.matching import find_person
from contacts.services.people import PersonFields, add_source, add_tag, create_contact, update_contact
from contacts.services.subscriptions import subscribe
from contacts.services.suppressions import lift_by_person
from messaging.content.tokens import ConfirmToken, sign_confirm
from messaging.services.service_messages import send_service_message
from tracking.enums import InteractionKind
from tracking.errors import TrackingError
from tracking.forms.public import SignUp
from tracking.models import Form, Submission
from tracking.services.interactions import record_interaction

CONFIRMATION_EVERY = timedelta(hours=24)
CONFIRMATION_LASTS = timedelta(days=30)
NAMES = ("first_name", "last_name", "gender")


class ConfirmationExpired(TrackingError):
    """The link is older than `CONFIRMATION_LASTS`, or its submission is gone."""


@transaction.atomic
def receive_sign_up(*, form: Form, sign_up: SignUp, ip: str | None) -> Submission:
    """Apply one sign-up and send the confirmation. A trapped robot gets a row and nothing else."""
    submission = Submission.objects.create(form=form, ip=ip, data=_kept(sign_up))
    if sign_up.looks_automatic:
        return submission
    contact = _person_of(form, sign_up)
    submission.contact = contact
    submission.save(update_fields=["contact"])
    _add_points(form, contact, sign_up)
    for box in sign_up.consents:
        if box.channel != Channel.EMAIL or "email" not in sign_up.values:
            _record_given(contact, box.wording, form, submission)
    if form.tag is not None:
        add_tag(contact=contact, tag=form.tag, by=None)
    record_interaction(
        kind=InteractionKind.SIGN_UP,
        contact_id=contact.pk,
        data={"form": form.pk, "submission": str(submission.pk)},
    )
    if "email" in sign_up.values:
        _ask_to_confirm(form, submission, contact, sign_up.values["email"])
    return submission


@transaction.atomic
def confirm_sign_up(*, token: ConfirmToken) -> Submission:
    """The person confirmed: their e-mail choices take effect. Twice changes nothing more."""
    submission = (
        Submission.objects.select_for_update().filter(pk=token.submission).select_related("form").first()
    )
    too_old = timezone.now() - token.signed_at > CONFIRMATION_LASTS
    if submission is None or submission.contact is None or too_old:
        raise ConfirmationExpired(_("This link has expired. Please fill in the form again."))
    if submission.confirmed_at is not None:
        return submission
    submission.confirmed_at = timezone.now()
    submission.save(update_fields=["confirmed_at"])
    _make_choices_hold(submission, submission.contact, token.address_hash)
    record_interaction(
        kind=InteractionKind.CONFIRM,
        contact_id=submission.contact.pk,
        data={"form": submission.form.pk, "submission": str(submission.pk)},
    )
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
    """The person already known by these answers, or a new one; blanks are filled, nothing is overwritten."""
    values = sign_up.values
    found = find_person(
        email=values.get("email", ""),
        phone=values.get("phone", ""),
        first_name=values.get("first_name", ""),
        last_name=values.get("last_name", ""),
    )
    given = cast(PersonFields, {name: values[name] for name in NAMES if values.get(name)})
    if found is None:
        given["language"] = form.language
        return create_contact(source=form.source, by=None, **given)
    missing = cast(PersonFields, {name: value for name, value in given.items() if not getattr(found, name)})
    update_contact(contact=found, by=None, **missing)
    add_source(contact=found, source=form.source, by=None)
    return found


def _add_points(form: Form, contact: Contact, sign_up: SignUp) -> None:
    values = sign_up.values
    if "email" in values:
        add_email(contact=contact, address=values["email"], source=form.source, by=None)
    if "phone" in values:
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


def _record_given(contact: Contact, wording: ConsentWording, form: Form, submission: Submission) -> None:
    record_consent(
        contact=contact,
        channel=Channel(wording.channel),
        purpose=ConsentPurpose(wording.purpose),
        given=True,
        source=form.source,
        wording=wording,
        proof={"form": form.pk, "submission": str(submission.pk)},
        by=None,
    )


def _make_choices_hold(submission: Submission, contact: Contact, address_hash: bytes) -> None:
    """What waited for the confirmation: consents to e-mail, newsletters, coming back after having left."""
    form = submission.form
    wordings = ConsentWording.objects.filter(pk__in=submission.data["consents"], channel=Channel.EMAIL)
    wants_mail = False
    for wording in wordings:
        _record_given(contact, wording, form, submission)
        wants_mail = wants_mail or wording.purpose == ConsentPurpose.MESSAGES
    newsletters = Newsletter.objects.filter(pk__in=submission.data["newsletters"])
    for newsletter in newsletters:
        subscribe(contact=contact, newsletter=newsletter, source=form.source, by=None)
    point = EmailAddress.objects.filter(contact=contact, address_hash=address_hash).first()
    if point is not None:
        confirm_point(point=point)
    if wants_mail:
        lift_by_person(
            address_hash=address_hash,
            channel=Channel.EMAIL,
            proof={"form": form.pk, "submission": str(submission.pk), "how": "confirmed sign-up"},
        )


def _ask_to_confirm(form: Form, submission: Submission, contact: Contact, address: str) -> None:
    """Send the link, unless this address was asked within `CONFIRMATION_EVERY`."""
    recently = timezone.now() - CONFIRMATION_EVERY
    asked = (
        Submission.objects.filter(data__values__email=address, at__gt=recently, data__asked=True)
        .exclude(pk=submission.pk)
        .exists()
    )
    if asked:
        return
    submission.data["asked"] = True
    submission.save(update_fields=["data"])
    token = sign_confirm(ConfirmToken(submission.pk, keyed_hash("email", address), timezone.now()))
    with override(form.language):
        send_service_message(
            standing_for="confirmation",
            contact=contact,
            address=address,
            occasion=str(submission.pk),
            subject=_("Please confirm your sign-up"),
            paragraphs=[
                _("You signed up on our page “{form}”.").format(form=form.title),
                _("Confirm that this is your address, and your choices take effect:"),
            ],
            button=(_("I confirm"), f"{settings.PUBLIC_URL}/k/{token}"),
            closing=_("If it was not you, do nothing: you will receive nothing more."),
        )
