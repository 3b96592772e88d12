"""Confirming an address: what holds before the person does, and what only then.

Anybody can type somebody else's address, or beside their own somebody else's number. A *soft* form takes the
person at their word about e-mail: those choices hold from the welcome on. Everything holds, and the answer
counts, once 48 hours have passed without a return (`tracking.services.settling`), or by one tap in that
message. On a *strict* form all waits for the tap. Coming back after having left, and an address that is new
to a known person, wait for it always.

An address gets one such message in 24 hours, over all forms and the API; its link covers what is asked after
it with the same address, by everybody who has it, and its page lists what it puts in force.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform.webhooks.events import WebhookEvent
from campaign_crm.platform.webhooks.outbox import emit
from contacts.enums import Channel, ConsentPurpose
from contacts.models import ConsentWording, Contact, Newsletter
from contacts.services.consents import record_consent
from contacts.services.contact_points import add_email, add_phone, confirm_point
from contacts.services.relationships import refresh_relationships
from contacts.services.subscriptions import end_subscription, subscribe
from contacts.services.suppressions import lift_by_person
from messaging.content.tokens import ConfirmToken
from tracking.enums import Confirmation, InteractionKind, SubmissionState
from tracking.errors import TrackingError
from tracking.models import Submission
from tracking.services.applying import apply_submission
from tracking.services.confirmation_mail import send_link
from tracking.services.interactions import record_interaction
from tracking.services.sign_up_limits import may_get_link

logger = logging.getLogger(__name__)

CONFIRMATION_EVERY = timedelta(hours=24)
CONFIRMATION_LASTS = timedelta(days=30)
TO_WRITE = (Channel.EMAIL, ConsentPurpose.MESSAGES)


class ConfirmationExpired(TrackingError):
    """The link is older than `CONFIRMATION_LASTS`, or its submission or person is gone."""


@dataclass(frozen=True)
class Choices:
    """What confirming puts in force for one person: numbers (E.164), wordings and newsletters, each once."""

    person: str
    phones: list[str]
    wordings: list[ConsentWording]
    newsletters: list[Newsletter]


def is_soft(submission: Submission, contact: Contact) -> bool:
    """Whether the person is taken at their word: not where something was suspect, nor for an address that
    they were not known by."""
    return (
        submission.form.confirmation == Confirmation.SOFT
        and not submission.reasons
        and contact.emailaddress_set.filter(address_hash=submission.address_hash).exists()
    )


def ask_to_confirm(submission: Submission, contact: Contact) -> None:
    """Write to the address typed, unless it got such a message within `CONFIRMATION_EVERY`.

    On a soft form what is about e-mail holds at once, whether a message leaves or not.
    """
    soft = is_soft(submission, contact)
    if soft:
        _put_in_force(submission, contact, only_email=True)
    if _may_ask(submission):
        is_known = contact.emailaddress_set.filter(address_hash=submission.address_hash).exists()
        send_link(submission, contact if is_known else None, is_welcome=soft)


def ask_nobody_to_confirm(submission: Submission) -> None:
    """The same for an answer that names no person before its address is confirmed."""
    if _may_ask(submission):
        send_link(submission, None, is_welcome=False)


def _may_ask(submission: Submission) -> bool:
    recently = timezone.now() - CONFIRMATION_EVERY
    if Submission.objects.filter(address_hash=submission.address_hash, asked_at__gt=recently).exists():
        return False
    if not may_get_link(submission.data["values"]["email"]):
        logger.warning("Submission %s gets no link: its mailbox got enough of them today", submission.pk)
        return False
    submission.asked_at = timezone.now()
    submission.save(update_fields=["asked_at"])
    return True


def choices_to_confirm(token: ConfirmToken) -> list[Choices]:
    """What the page of a link lists, a person at a time; empty when there is nothing (more) to confirm."""
    opened = Submission.objects.filter(pk=token.submission).first()
    people: dict[object, list[Submission]] = {}
    for one in _waiting(opened, token.address_hash) if opened is not None else ():
        people.setdefault(one.contact_id or one.pk, []).append(one)
    return [_choices(submissions) for submissions in people.values()]


@transaction.atomic
def confirm_sign_up(*, token: ConfirmToken) -> Submission:
    """The person confirmed: all their choices take effect. Twice changes nothing more."""
    submission, waiting = _opened(token)
    if submission is None or not (waiting or _is_confirmed(submission)):
        raise ConfirmationExpired(_("This link has expired. Please fill in the form again."))
    for one in waiting:
        contact = _accepted(one)
        if contact is not None:
            _confirm_address(one, contact, token.address_hash)
            _make_choices_hold(one, contact, token.address_hash)
            told = {"form": one.form.slug, "submission": str(one.pk)}
            emit(WebhookEvent.SIGN_UP_CONFIRMED, told, person=contact.pk)
    return submission


@transaction.atomic
def deny_sign_up(*, token: ConfirmToken) -> None:
    """Whoever reads the mail of the address did not sign up: what was ticked in their name ends."""
    submission, waiting = _opened(token)
    if submission is None or not (waiting or _is_confirmed(submission)):
        raise ConfirmationExpired(_("This link has expired. Please fill in the form again."))
    for one in waiting:
        if one.contact is not None and one.state == SubmissionState.ACCEPTED:
            _take_back(one, one.contact)
        one.state, one.decided_at = SubmissionState.REFUSED, timezone.now()
        one.save(update_fields=["state", "decided_at"])


def _opened(token: ConfirmToken) -> tuple[Submission | None, list[Submission]]:
    """The submission of a link and what waits for it, locked; nothing waits for a link that is too old."""
    submission = (
        Submission.objects.select_for_update(of=("self",))
        .filter(pk=token.submission)
        .select_related("form", "contact")
        .first()
    )
    if submission is None or timezone.now() - token.signed_at > CONFIRMATION_LASTS:
        return submission, []
    return submission, list(_waiting(submission, token.address_hash).select_for_update(of=("self",)))


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
        Submission.objects.to_confirm()  # type: ignore[attr-defined]
        .filter(Q(pk=submission.pk) | covered)
        .select_related("form__source", "version", "contact")
        .order_by("at", "pk")
    )
    return waiting


def _choices(submissions: list[Submission]) -> Choices:
    """Of one person, who is that of each submission."""
    wordings = [pk for one in submissions for pk in one.data["consents"]]
    newsletters = [pk for one in submissions for pk in one.data["newsletters"]]
    first = submissions[0]
    names = (first.data["values"].get(name, "") for name in ("first_name", "last_name"))
    return Choices(
        str(first.contact) if first.contact else " ".join(filter(None, names)),
        sorted({one.data["values"]["phone"] for one in submissions if one.data["values"].get("phone")}),
        list(ConsentWording.objects.filter(pk__in=wordings).order_by("pk")),
        list(Newsletter.objects.filter(pk__in=newsletters).order_by("name")),
    )


def _accepted(submission: Submission) -> Contact | None:
    """The person of an answer; one that was held for this confirmation gets theirs now."""
    if submission.contact is None:
        submission.state = SubmissionState.ACCEPTED
        submission.save(update_fields=["state"])
        return apply_submission(submission)
    return submission.contact


def _confirm_address(submission: Submission, contact: Contact, address_hash: bytes) -> None:
    """The address is theirs from now on, if it was not known yet, and works."""
    point = contact.emailaddress_set.filter(address_hash=address_hash).first()
    if point is None:
        written = submission.data["values"]["email"]
        point = add_email(contact=contact, address=written, source=submission.form.source, by=None)
    confirm_point(point=point)


def _make_choices_hold(submission: Submission, contact: Contact, address_hash: bytes) -> None:
    """What waited for the confirmation: a number, consents, newsletters, coming back after having left.

    Only the address is proven: an objection to text messages or calls stays, whatever was ticked.
    """
    submission.confirmed_at = timezone.now()
    submission.save(update_fields=["confirmed_at"])
    put_in_force(submission, contact)
    proof = _proof(submission)
    wordings = ConsentWording.objects.filter(pk__in=submission.data["consents"])
    if any((one.channel, one.purpose) == TO_WRITE for one in wordings):
        confirmed = {**proof, "how": "confirmed sign-up"}
        lift_by_person(address_hash=address_hash, channel=Channel.EMAIL, proof=confirmed)
    record_interaction(kind=InteractionKind.CONFIRM, contact_id=contact.pk, data=proof)
    refresh_relationships([contact.pk])


def put_in_force(submission: Submission, contact: Contact) -> None:
    """Everything that was chosen and does not hold yet."""
    phone = submission.data["values"].get("phone")
    if phone:
        add_phone(contact=contact, number=phone, source=submission.form.source, by=None)
    _put_in_force(submission, contact)


def _put_in_force(submission: Submission, contact: Contact, *, only_email: bool = False) -> None:
    """Consents and newsletters, each once: what the welcome put in force is not said again."""
    said = set(
        contact.consents.filter(proof__submission=str(submission.pk)).values_list("wording", flat=True)
    )
    chosen = ConsentWording.objects.filter(pk__in=submission.data["consents"]).exclude(pk__in=said)
    for wording in chosen.order_by("pk"):
        if not only_email or wording.channel == Channel.EMAIL:
            record_given(contact, wording, submission)
    for newsletter in Newsletter.objects.filter(pk__in=submission.data["newsletters"]):
        subscribe(contact=contact, newsletter=newsletter, source=submission.form.source, by=None)


def _take_back(submission: Submission, contact: Contact) -> None:
    """What this answer alone had put in force; a newsletter chosen elsewhere ends too, rather than not."""
    proof = {**_proof(submission), "how": "it was not me"}
    for entry in contact.consents.filter(proof__submission=str(submission.pk), given=True):
        record_consent(
            contact=contact,
            channel=Channel(entry.channel),
            purpose=ConsentPurpose(entry.purpose),
            given=False,
            proof=proof,
            by=None,
        )
    for newsletter in Newsletter.objects.filter(pk__in=submission.data["newsletters"]):
        end_subscription(contact=contact, newsletter=newsletter, by=None)


def record_given(contact: Contact, wording: ConsentWording, submission: Submission) -> None:
    """Write down one box that a submission ticked."""
    record_consent(
        contact=contact,
        channel=Channel(wording.channel),
        purpose=ConsentPurpose(wording.purpose),
        given=True,
        source=submission.form.source,
        wording=wording,
        proof=_proof(submission),
        by=None,
    )


def _proof(submission: Submission) -> dict[str, object]:
    return {"form": submission.form_id, "submission": str(submission.pk)}
