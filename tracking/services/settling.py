"""What time does to answers: counted after 48 hours without a return, reminded of, asked a day later.

A soft answer whose message left and did not come back counts by itself: nobody is dropped for silence. A
strict one waits for its person, who is reminded twice at most; it stays visible on the form's page.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from contacts.models import EmailAddress
from messaging.enums import DeliveryState
from messaging.models import Campaign, Delivery
from tracking.enums import Confirmation, SubmissionState
from tracking.models import Submission
from tracking.services.confirmation_mail import send_reminder
from tracking.services.confirmations import (
    CONFIRMATION_EVERY,
    CONFIRMATION_LASTS,
    ask_to_confirm,
    is_soft,
    put_in_force,
)

COUNTED_AFTER = timedelta(hours=48)
REMINDED_AFTER = (timedelta(days=2), timedelta(days=7))
"""Since the first message: two reminders at most."""
AT_A_TIME = 500
ARRIVED = (DeliveryState.ACCEPTED, DeliveryState.DELIVERED)


def settle_sign_ups() -> dict[str, int]:
    """Count, remind and ask whatever is due, some at a time; gives how many of each."""
    steps = {"counted": (_to_count, _count), "reminded": (_to_remind, _remind), "asked": (_to_ask, _ask)}
    done = dict.fromkeys(steps, 0)
    for name, (due, act) in steps.items():
        for pk in list(due().values_list("pk", flat=True)[:AT_A_TIME]):
            with transaction.atomic():
                one = due().filter(pk=pk).select_for_update(of=("self",), skip_locked=True).first()
                done[name] += one is not None and act(one)
    return done


def _unsettled() -> QuerySet[Submission]:
    return (
        Submission.objects.filter(
            state=SubmissionState.ACCEPTED,
            confirmed_at=None,
            counted_at=None,
            address_hash__isnull=False,
            contact__isnull=False,
            contact__erased_at=None,
        )
        .select_related("form__source", "version", "contact")
        .order_by("at")
    )


def _arrived() -> Exists:
    """The message of an answer left, and neither came back nor was reported."""
    first_month = (timezone.now() - CONFIRMATION_LASTS).date().replace(day=1)
    confirmations = Campaign.objects.filter(
        standing_for__startswith="confirmation:", ledger_month__gte=first_month
    )
    sent = Delivery.objects.filter(
        ledger_month__gte=first_month,
        campaign__in=confirmations.values("pk"),
        address_hash=OuterRef("address_hash"),
        occasion=Cast(OuterRef("pk"), CharField()),
        state__in=ARRIVED,
    )
    return Exists(sent)


def _to_count() -> QuerySet[Submission]:
    due = timezone.now() - COUNTED_AFTER
    return _unsettled().filter(
        _arrived(), form__confirmation=Confirmation.SOFT, reasons=[], asked_at__lte=due
    )


def _count(submission: Submission) -> bool:
    contact = submission.contact
    if contact is None or not is_soft(submission, contact):
        return False
    submission.counted_at = timezone.now()
    submission.save(update_fields=["counted_at"])
    put_in_force(submission, contact)
    return True


def _to_remind() -> QuerySet[Submission]:
    """Of the strict ones, whose message arrived; a soft one has nothing to lose."""
    now = timezone.now()
    own = EmailAddress.objects.filter(contact=OuterRef("contact"), address_hash=OuterRef("address_hash"))
    strict = Q(form__confirmation=Confirmation.STRICT) | ~Q(reasons=[]) | ~Exists(own)
    first = Q(reminders=0, asked_at__lte=now - REMINDED_AFTER[0])
    second = Q(reminders=1, asked_at__lte=now - REMINDED_AFTER[1])
    return _unsettled().filter(strict, first | second, _arrived(), asked_at__gt=now - CONFIRMATION_LASTS)


def _remind(submission: Submission) -> bool:
    submission.reminders += 1
    submission.reminded_at = timezone.now()
    submission.save(update_fields=["reminders", "reminded_at"])
    contact = submission.contact
    known = EmailAddress.objects.filter(contact=contact, address_hash=submission.address_hash).exists()
    send_reminder(submission, contact if known else None, last=submission.reminders == len(REMINDED_AFTER))
    return True


def _to_ask() -> QuerySet[Submission]:
    """Whose address had had its message of the day when they answered; and another answer was not covered."""
    now = timezone.now()
    recent = Submission.objects.filter(
        address_hash=OuterRef("address_hash"), asked_at__gt=now - CONFIRMATION_EVERY
    )
    return (
        _unsettled()
        .filter(asked_at=None, at__lte=now - CONFIRMATION_EVERY, at__gt=now - CONFIRMATION_LASTS)
        .exclude(Exists(recent))
    )


def _ask(submission: Submission) -> bool:
    if submission.contact is not None:
        ask_to_confirm(submission, submission.contact)
    return submission.asked_at is not None
