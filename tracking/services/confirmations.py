"""Confirming an address: until the person does, what they agree to is only asked for.

Anybody can type somebody else's address, or beside their own somebody else's number. So consents to any
channel, newsletters, coming back after having left, a phone number, and an address that is new to a known
person wait for the link sent to that address. The page of the link lists what it puts in force. While a link
waits for its answer no other goes to that address for 24 hours: it covers what is asked after it with the
same address, by everybody who has it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign_crm.platform.webhooks.events import WebhookEvent
from campaign_crm.platform.webhooks.outbox import emit
from contacts.enums import Channel, ConsentPurpose
from contacts.models import ConsentWording, Contact, Newsletter
from contacts.services.consents import record_consent
from contacts.services.contact_points import add_email, add_phone, confirm_point
from contacts.services.relationships import refresh_relationships
from contacts.services.subscriptions import subscribe
from contacts.services.suppressions import lift_by_person
from messaging.content.tokens import ConfirmToken, sign_confirm
from messaging.services.service_messages import send_service_message
from tracking.enums import InteractionKind
from tracking.errors import TrackingError
from tracking.models import Submission
from tracking.services.interactions import record_interaction
from tracking.services.sign_up_limits import may_get_link

logger = logging.getLogger(__name__)

CONFIRMATION_EVERY = timedelta(hours=24)
CONFIRMATION_LASTS = timedelta(days=30)
# Whoever answers each link signs up again and again the same day; nobody gets more than so many.
CONFIRMATIONS_A_DAY = 3
TO_WRITE = (Channel.EMAIL, ConsentPurpose.MESSAGES)


class ConfirmationExpired(TrackingError):
    """The link is older than `CONFIRMATION_LASTS`, or its submission or person is gone."""


@dataclass(frozen=True)
class Choices:
    """What confirming puts in force for one person: numbers (E.164), wordings and newsletters, each once."""

    person: Contact
    phones: list[str]
    wordings: list[ConsentWording]
    newsletters: list[Newsletter]


def ask_to_confirm(submission: Submission, contact: Contact, address: str) -> None:
    """Send the link, unless one that this address got within `CONFIRMATION_EVERY` still waits.

    An address that the person is not known by is written to as nobody's: it may be somebody else's.
    """
    form = submission.form
    recently = timezone.now() - CONFIRMATION_EVERY
    asked = Submission.objects.filter(address_hash=submission.address_hash, asked_at__gt=recently)
    waiting = asked.filter(confirmed_at=None, contact__isnull=False, contact__erased_at=None)
    if waiting.exists() or asked.count() >= CONFIRMATIONS_A_DAY:
        return
    if not may_get_link(address):
        logger.warning("Submission %s gets no link: its mailbox got enough of them today", submission.pk)
        return
    submission.asked_at = timezone.now()
    submission.save(update_fields=["asked_at"])
    token = sign_confirm(ConfirmToken(submission.pk, bytes(submission.address_hash or b""), timezone.now()))
    is_known = contact.emailaddress_set.filter(address_hash=submission.address_hash).exists()
    with override(form.language):
        send_service_message(
            standing_for="confirmation",
            contact=contact if is_known else None,
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


def choices_to_confirm(token: ConfirmToken) -> list[Choices]:
    """What the page of a link lists, a person at a time; empty when there is nothing (more) to confirm."""
    opened = Submission.objects.filter(pk=token.submission).first()
    people: dict[int, list[Submission]] = {}
    for one in _waiting(opened, token.address_hash) if opened is not None else ():
        people.setdefault(one.contact_id or 0, []).append(one)
    return [_choices(submissions) for submissions in people.values()]


@transaction.atomic
def confirm_sign_up(*, token: ConfirmToken) -> Submission:
    """The person confirmed: their e-mail choices take effect. Twice changes nothing more."""
    submission = (
        Submission.objects.select_for_update(of=("self",))
        .filter(pk=token.submission)
        .select_related("form", "contact")
        .first()
    )
    too_old = timezone.now() - token.signed_at > CONFIRMATION_LASTS
    waiting: list[Submission] = []
    if submission is not None and not too_old:
        waiting = list(_waiting(submission, token.address_hash).select_for_update(of=("self",)))
    if submission is None or not (waiting or _is_confirmed(submission)):
        raise ConfirmationExpired(_("This link has expired. Please fill in the form again."))
    for one in waiting:
        _confirm_address(one, token.address_hash)
        _make_choices_hold(one, token.address_hash)
        told = {"form": one.form.slug, "submission": str(one.pk)}
        emit(WebhookEvent.SIGN_UP_CONFIRMED, told, person=one.contact_id)
    return submission


def _is_confirmed(submission: Submission) -> bool:
    """By somebody who is still there: asked again, they read that it holds."""
    contact = submission.contact
    return submission.confirmed_at is not None and contact is not None and contact.erased_at is None


def _waiting(submission: Submission, address_hash: bytes) -> QuerySet[Submission]:
    """This submission, and those after it that got no link of their own, oldest first.

    Several people may have one address: whoever reads its mail answers for them, and the page names them.
    """
    covered = Q(
        address_hash=address_hash,
        asked_at=None,
        at__range=(submission.at, submission.at + CONFIRMATION_EVERY),
    )
    waiting: QuerySet[Submission] = (
        Submission.objects.filter(
            Q(pk=submission.pk) | covered,
            contact__isnull=False,
            contact__erased_at=None,
            confirmed_at=None,
        )
        .select_related("form__source", "contact")
        .order_by("at", "pk")
    )
    return waiting


def _choices(submissions: list[Submission]) -> Choices:
    """Of one person, who is that of each submission."""
    wordings = [pk for one in submissions for pk in one.data["consents"]]
    newsletters = [pk for one in submissions for pk in one.data["newsletters"]]
    return Choices(
        _person(submissions[0]),
        sorted({one.data["values"]["phone"] for one in submissions if one.data["values"].get("phone")}),
        list(ConsentWording.objects.filter(pk__in=wordings).order_by("pk")),
        list(Newsletter.objects.filter(pk__in=newsletters).order_by("name")),
    )


def _person(submission: Submission) -> Contact:
    """The person of a waiting submission: those of nobody do not wait."""
    contact = submission.contact
    assert contact is not None  # noqa: S101 - see `_waiting`
    return contact


def _confirm_address(submission: Submission, address_hash: bytes) -> None:
    """The address is theirs from now on, if it was not known yet, and works."""
    contact = _person(submission)
    point = contact.emailaddress_set.filter(address_hash=address_hash).first()
    if point is None:
        written = submission.data["values"]["email"]
        point = add_email(contact=contact, address=written, source=submission.form.source, by=None)
    confirm_point(point=point)


def _make_choices_hold(submission: Submission, address_hash: bytes) -> None:
    """What waited for the confirmation: a number, consents, newsletters, coming back after having left.

    Only the address is proven: an objection to text messages or calls stays, whatever was ticked.
    """
    contact = _person(submission)
    submission.confirmed_at = timezone.now()
    submission.save(update_fields=["confirmed_at"])
    proof = {"form": submission.form.pk, "submission": str(submission.pk)}
    choices = _choices([submission])
    for number in choices.phones:
        add_phone(contact=contact, number=number, source=submission.form.source, by=None)
    for wording in choices.wordings:
        record_given(contact, wording, submission)
    for newsletter in choices.newsletters:
        subscribe(contact=contact, newsletter=newsletter, source=submission.form.source, by=None)
    if any((one.channel, one.purpose) == TO_WRITE for one in choices.wordings):
        confirmed = {**proof, "how": "confirmed sign-up"}
        lift_by_person(address_hash=address_hash, channel=Channel.EMAIL, proof=confirmed)
    record_interaction(kind=InteractionKind.CONFIRM, contact_id=contact.pk, data=proof)
    refresh_relationships([contact.pk])


def record_given(contact: Contact, wording: ConsentWording, submission: Submission) -> None:
    """Write down one box that a submission ticked."""
    record_consent(
        contact=contact,
        channel=Channel(wording.channel),
        purpose=ConsentPurpose(wording.purpose),
        given=True,
        source=submission.form.source,
        wording=wording,
        proof={"form": submission.form.pk, "submission": str(submission.pk)},
        by=None,
    )
