"""Asking somebody else whether a mailing may leave, and answering.

An approval is of one text to one audience: whoever edits afterwards asks again.
"""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from campaign_crm.platform import audit
from campaign_crm.platform.models import Notification, Organisation, User
from campaign_crm.platform.rights import Right
from messaging.enums import CampaignState
from messaging.errors import CannotSend, EditedMeanwhile, MessagingError, NotAllowed, WrongState
from messaging.models import Approval, Campaign, SendingRule
from messaging.models.approval import THE_ROW
from messaging.services.approval_state import approval_of, content_of, others_who_may_approve
from messaging.services.pre_send import About, pre_send
from messaging.services.rights import ask_right

UNSENT = (CampaignState.DRAFT, CampaignState.SCHEDULED)
LONGEST_MESSAGE = 300


@transaction.atomic
def ask_approval(*, campaign: Campaign, by: User) -> Approval:
    """Ask everybody who may approve it; raises CannotSend while something else is missing."""
    ask_right(by, Right.EDIT_CAMPAIGN)
    held = _held(campaign)
    others = others_who_may_approve(by)
    if not others:
        raise MessagingError(_("Nobody else can approve it: give a reason and approve it yourself."))
    asked = _ask(held, by)
    for user in others:
        _tell(user, "campaign.approval_asked", gettext_noop("“%(name)s” waits for your approval."), held)
    audit.record(action="campaign.ask_approval", on=held, by=by, detail={"recipients": asked.recipients})
    return asked


@transaction.atomic
def approve(*, campaign: Campaign, content: str, by: User) -> Approval:
    """Agree to `content`, the fingerprint of what was looked at; never one's own request.

    Raises NotAllowed, EditedMeanwhile, or MessagingError when nobody asked.
    """
    held, asked = _asked(campaign, content, by)
    _decide(asked, by, approved=True)
    audit.record(action="campaign.approve", on=held, by=by, detail={"recipients": asked.recipients})
    _tell(asked.asked_by, "campaign.approved", gettext_noop("“%(name)s” is approved."), held)
    return asked


@transaction.atomic
def decline(*, campaign: Campaign, content: str, reason: str, by: User) -> Approval:
    """Say no to what was looked at, and what to change."""
    held, asked = _asked(campaign, content, by)
    _decide(asked, by, approved=False, reason=_reason(reason))
    audit.record(action="campaign.decline", on=held, by=by, reason=asked.reason)
    _tell(
        asked.asked_by,
        "campaign.declined",
        gettext_noop("“%(name)s” was not approved: look what to change."),
        held,
    )
    return asked


@transaction.atomic
def approve_alone(*, campaign: Campaign, reason: str, by: User) -> Approval:
    """Approve one's own mailing where nobody else can: with a reason, and ten minutes to cancel."""
    ask_right(by, Right.APPROVE_CAMPAIGN)
    held = _held(campaign)
    if others_who_may_approve(by):
        raise NotAllowed(_("Somebody else can approve this mailing: ask them."))
    reason = _reason(reason)
    asked = _ask(held, by)
    asked.alone = True
    _decide(asked, by, approved=True, reason=reason)
    audit.record(action="campaign.approve_alone", on=held, by=by, reason=reason)
    return asked


@transaction.atomic
def set_sending_rule(*, approval_above: int | None, window_seconds: int, typed_above: int, by: User) -> None:
    """Set when an approval is asked, the time to cancel in seconds, and from when the number is typed.

    Raises ValidationError for a number out of range, NotAllowed.
    """
    ask_right(by, Right.MANAGE_SETTINGS)
    rule = SendingRule(THE_ROW, approval_above, window_seconds, typed_above)
    rule.full_clean(validate_unique=False, validate_constraints=False)
    rule.save(force_insert=not SendingRule.objects.select_for_update().filter(pk=THE_ROW).exists())
    detail = {"approval_above": approval_above, "window_seconds": window_seconds, "typed_above": typed_above}
    audit.record(action="sending.rule", on=Organisation.current(), by=by, detail=detail)


def _held(campaign: Campaign) -> Campaign:
    """The mailing, held so that nobody edits it meanwhile."""
    held = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    if held.state not in UNSENT:
        raise WrongState(_("“%(name)s” can no longer be edited.") % {"name": held.name})
    return held


def _ask(held: Campaign, by: User) -> Approval:
    """A request about what the mailing says now; an older one that nobody answered is withdrawn."""
    found = pre_send(held)
    missing = [one.message for one in found.obstacles if one.about is not About.APPROVAL]
    if missing:
        raise CannotSend("\n".join(missing))
    held.approvals.filter(approved=None).delete()
    return Approval.objects.create(
        campaign=held, content=content_of(held), recipients=found.recipients, asked_by=by
    )


def _asked(campaign: Campaign, content: str, by: User) -> tuple[Campaign, Approval]:
    """The open request about what was looked at, which another person made."""
    ask_right(by, Right.APPROVE_CAMPAIGN)
    held = _held(campaign)
    if content != content_of(held):
        raise EditedMeanwhile(_("Somebody has just changed this mailing: look at it again first."))
    asked = approval_of(held)
    if asked is None or asked.approved is not None:
        raise WrongState(_("Nobody asks for an approval of this mailing as it is now."))
    if asked.asked_by_id == by.pk:
        raise NotAllowed(_("You asked for this approval: somebody else gives it."))
    return held, asked


def _decide(asked: Approval, by: User, *, approved: bool, reason: str = "") -> None:
    asked.approved, asked.decided_by, asked.decided_at, asked.reason = approved, by, Now(), reason
    asked.save(update_fields=["approved", "alone", "decided_by", "decided_at", "reason"])
    asked.refresh_from_db()


def _reason(text: str) -> str:
    reason = " ".join(text.split())[:300]
    if not reason:
        raise MessagingError(_("Give a reason."))
    return reason


def _tell(user: User | None, kind: str, words: str, campaign: Campaign) -> None:
    """`words` are a message id: each person is told in their own language."""
    if user is None:
        return
    with override(user.language or settings.LANGUAGE_CODE):
        message = _(words) % {"name": campaign.name}
    Notification.objects.create(
        user=user,
        kind=kind,
        message=message[:LONGEST_MESSAGE],
        url=reverse("messaging:campaign_review", args=[campaign.pk]),
    )
