"""An answer to a public form: kept, applied to a person unless something is suspect, and its address asked.

With an e-mail address, what waits for its confirmation waits (`tracking.services.confirmations`); a form that
asks for none has nothing to confirm by, and choices count at once. What is suspect waits for a look; nothing
is dropped.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.locks import wait_for_turn
from campaign_crm.platform.models import User
from contacts.models import ConsentWording, PersonRequest
from tracking.enums import FormKind, SubmissionState, Suspicion
from tracking.errors import TrackingError
from tracking.forms.ask import WORDS
from tracking.forms.public import SignUp
from tracking.models import Form, Submission
from tracking.services.applying import apply_submission, said_in
from tracking.services.asking import receive_request
from tracking.services.confirmations import ask_nobody_to_confirm, ask_to_confirm, record_given


class SentBefore(TrackingError):
    """The same key came with other answers."""


class FormIsFull(TrackingError):
    """The form took as many answers as it may."""


@transaction.atomic
def receive_sign_up(
    *,
    form: Form,
    sign_up: SignUp,
    ip: str | None,
    submission_id: uuid.UUID | None = None,
    suspicions: Sequence[Suspicion] = (),
) -> Submission:
    """Keep one answer and apply it, or let it wait for a look when there are `suspicions`.

    `ip`: where the person wrote from, when it is known. `submission_id` is the same for the same request sent
    again, which changes nothing more; raises SentBefore when it came with other answers, and FormIsFull.
    """
    email = sign_up.values.get("email", "")
    if submission_id is not None:
        wait_for_turn(f"sign-up {submission_id}")
        known = Submission.objects.filter(pk=submission_id).first()
        if known is not None:
            if known.data != _kept(sign_up):
                raise SentBefore(_("This key was used for another sign-up: take a new one for each."))
            return known
    _take_place(form)
    reasons = list(dict.fromkeys([*([Suspicion.TRAP] if sign_up.looks_automatic else []), *suspicions]))
    asks_by_itself = form.kind == FormKind.WRONG_DATA and reasons == [Suspicion.NO_PROOF]
    waits = bool(reasons) and not asks_by_itself
    submission = Submission.objects.create(
        id=submission_id or uuid.uuid4(),
        form=form,
        version=form.published,
        ip=ip,
        data=_kept(sign_up),
        language=sign_up.language,
        credit=sign_up.credit,
        shows_name=sign_up.shows_name,
        address_hash=keyed_hash("email", email) if email else None,
        state=SubmissionState.WAITING if waits else SubmissionState.ACCEPTED,
        reasons=reasons,
    )
    if not waits:
        _apply(submission)
    elif email and reasons == [Suspicion.NO_PROOF]:
        ask_nobody_to_confirm(submission)
    return submission


@transaction.atomic
def accept_submission(*, submission: Submission, by: User | None) -> None:
    """A member of the team looked at it: it is applied now; its address is still to be confirmed."""
    submission = Submission.objects.select_for_update(of=("self",)).get(pk=submission.pk)
    if submission.state == SubmissionState.ACCEPTED:
        return
    _decide(submission, SubmissionState.ACCEPTED, by)
    _apply(submission)


@transaction.atomic
def refuse_submission(*, submission: Submission, by: User | None) -> None:
    """It names nobody and counts nowhere; it is kept, and may still be accepted."""
    submission = Submission.objects.select_for_update(of=("self",)).get(pk=submission.pk)
    if submission.state == SubmissionState.WAITING:
        _decide(submission, SubmissionState.REFUSED, by)


def _decide(submission: Submission, state: SubmissionState, by: User | None) -> None:
    submission.state, submission.decided_by, submission.decided_at = state, by, timezone.now()
    submission.save(update_fields=["state", "decided_by", "decided_at"])
    audit.record(
        action=f"submission.{state}", on=submission.form, by=by, detail={"answer": str(submission.pk)}
    )


def _apply(submission: Submission) -> None:
    if submission.form.kind == FormKind.WRONG_DATA:
        _ask_to_correct(submission)
        return
    contact = apply_submission(submission)
    if contact is None:
        return
    if submission.data["values"].get("email"):
        ask_to_confirm(submission, contact)
        return
    for wording in ConsentWording.objects.filter(pk__in=submission.data["consents"]):
        record_given(contact, wording, submission)


def _ask_to_correct(submission: Submission) -> None:
    """Wrong data is a request: nobody is made, the team has a month, and a link asks who it is."""
    values = submission.data.get("values", {})
    if not values.get("email"):
        return
    receive_request(
        kind=PersonRequest.Kind.RECTIFICATION,
        name=" ".join(filter(None, (values.get("first_name"), values.get("last_name")))),
        email=values["email"],
        words=said_in(submission)[:WORDS],
        channels=(),
        language=submission.language or submission.form.language,
    )


def _take_place(form: Form) -> None:
    """The last place of a form with a quota goes to one person: those who come at once wait here."""
    if form.quota is None:
        return
    wait_for_turn(f"form {form.pk}")
    if form.submissions.filter(state=SubmissionState.ACCEPTED).count() >= form.quota:
        raise FormIsFull(_("This form has received as many answers as it can take. Thank you!"))


def _kept(sign_up: SignUp) -> dict[str, Any]:
    """The submission as JSON: values, answers, wordings agreed to, newsletters chosen."""
    return {
        "values": sign_up.values,
        "answers": sign_up.answers,
        "consents": [box.wording.pk for box in sign_up.consents],
        "newsletters": [newsletter.pk for newsletter in sign_up.newsletters],
        "looks_automatic": sign_up.looks_automatic,
    }
