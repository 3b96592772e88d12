"""Planning a mailing by a broker, approving it, handing its kit over, and writing down what came back."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import Organisation, User
from campaign_crm.platform.rights import Right
from contacts.enums import Channel, MessageKind, SourceKind
from contacts.rules.rule import Finding, Planned
from contacts.rules.rulebook import findings
from contacts.services.elections import votes_to_come
from contacts.services.opt_out_question import opt_out_file_is_missing
from contacts.services.silence import silence_anywhere, why_silent
from messaging.content.compile import CompiledMessage
from messaging.content.errors import ContentError
from messaging.enums import BrokerState
from messaging.errors import MessagingError
from messaging.models import BrokerMailing, Campaign
from messaging.services.approval_state import is_needed, others_who_may_approve
from messaging.services.compiling import compile_campaign
from messaging.services.pre_send import words_of
from messaging.services.rights import ask_right

RESULTS = ("sent", "delivered", "opens", "clicks", "unsubscribes")


class BrokerRefused(MessagingError):
    """What is asked of a mailing by a broker cannot be; the message says why."""

    permanent = True


@transaction.atomic
def save_broker_mailing(
    *, mailing: BrokerMailing | None = None, campaign: Campaign, by: User, **fields: Any
) -> BrokerMailing:
    """Plan one, or change one that the broker does not have yet; raises BrokerRefused, ValidationError."""
    ask_right(by, Right.EDIT_CAMPAIGN)
    is_new = mailing is None
    mailing = mailing or BrokerMailing(created_by=by)
    if mailing.state != BrokerState.PLANNED:
        raise BrokerRefused(_("The broker has the kit already: cancel this one and plan another."))
    mailing.campaign = campaign
    for name, value in fields.items():
        setattr(mailing, name, value)
    _refuse_silence(mailing)
    mailing.full_clean(exclude=["created_by", "created_at", "compiled", "approved_by", "handed_at"])
    mailing.save()
    audit.record(
        action="broker.plan" if is_new else "broker.update",
        on=mailing,
        by=by,
        detail={"campaign": campaign.pk, "recipients": mailing.expected},
    )
    return mailing


@transaction.atomic
def approve(*, mailing: BrokerMailing, reason: str, by: User) -> None:
    """Agree to what the message says now; alone, with a reason, where nobody else may approve."""
    ask_right(by, Right.APPROVE_CAMPAIGN)
    mailing = _held(mailing, BrokerState.PLANNED)
    alone = by.pk == mailing.created_by_id
    if alone and others_who_may_approve(by):
        raise BrokerRefused(_("Somebody else approves what you planned."))
    if alone and not reason.strip():
        raise BrokerRefused(_("Nobody else can approve it: say why it may leave all the same."))
    mailing.approved_by, mailing.approved_version = by, _compiled(mailing).version
    mailing.save(update_fields=["approved_by", "approved_version"])
    audit.record(action="broker.approve", on=mailing, by=by, reason=reason.strip())


@transaction.atomic
def hand_over(*, mailing: BrokerMailing, by: User) -> BrokerMailing:
    """Freeze the message for the broker. Its kit can be downloaded from then on, always the same."""
    ask_right(by, Right.SEND_CAMPAIGN)
    mailing = _held(mailing, BrokerState.PLANNED)
    if fault := faults_of(mailing):
        raise BrokerRefused(" ".join(fault))
    compiled = _compiled(mailing)
    mailing.compiled, mailing.state = compiled.as_json(), BrokerState.HANDED
    mailing.handed_at = timezone.now()
    mailing.save(update_fields=["compiled", "state", "handed_at"])
    audit.record(
        action="broker.hand_over",
        on=mailing,
        by=by,
        detail={"recipients": mailing.expected, "version": compiled.version},
    )
    return mailing


@transaction.atomic
def cancel(*, mailing: BrokerMailing, reason: str, by: User) -> None:
    """Give it up; the broker is told by whoever does."""
    ask_right(by, Right.SEND_CAMPAIGN)
    mailing = _held(mailing, BrokerState.PLANNED, BrokerState.HANDED)
    mailing.state = BrokerState.CANCELLED
    mailing.save(update_fields=["state"])
    audit.record(action="broker.cancel", on=mailing, by=by, reason=reason.strip())


@transaction.atomic
def write_results(*, mailing: BrokerMailing, by: User, **results: int | None) -> None:
    """Write down what the broker tells, in sums."""
    ask_right(by, Right.EDIT_CAMPAIGN)
    mailing = _held(mailing, BrokerState.HANDED, BrokerState.DONE)
    sent, delivered = results.get("sent"), results.get("delivered")
    if sent is None:
        raise BrokerRefused(_("Say at least how many were sent."))
    if any(number is not None and number > sent for number in (delivered, results.get("unsubscribes"))):
        raise BrokerRefused(_("More were delivered, or left, than were sent: look at the figures again."))
    for name in RESULTS:
        setattr(mailing, name, results.get(name))
    mailing.state = BrokerState.DONE
    mailing.save(update_fields=[*RESULTS, "state"])
    audit.record(action="broker.results", on=mailing, by=by, detail={"sent": sent})


def faults_of(mailing: BrokerMailing) -> list[str]:
    """Everything that keeps the kit from being handed over, in words."""
    faults = []
    organisation = Organisation.current()
    if not organisation.sending_enabled:
        faults.append(
            _("Sending is switched off on this installation. An administrator can switch it on in Settings.")
        )
    if not organisation.postal_address.strip():
        faults.append(
            _("The organisation has no postal address: add it in Settings. Every message must show it.")
        )
    if mailing.campaign.sender is None:
        faults.append(_("Choose a sender."))
    if mailing.leaves_at <= timezone.now():
        faults.append(_("This moment has passed: choose a later one."))
    try:
        _refuse_silence(mailing)
        version = _compiled(mailing).version
    except BrokerRefused as error:
        return [*faults, str(error)]
    faults += [one.said for one in rules_broken_by(mailing) if one.refuses]
    if is_needed(mailing.expected) and mailing.approved_version != version:
        faults.append(_("A mailing to so many people is approved by somebody else before it leaves."))
    return faults


def rules_broken_by(mailing: BrokerMailing) -> list[Finding]:
    """Rules of law that the plan breaks: it is a rented file, in the text that its broker would get."""
    try:
        text = words_of([_compiled(mailing)])
    except BrokerRefused:
        text = ""  # its faults are said
    return findings(
        Planned(
            channel=Channel.EMAIL,
            kind=MessageKind.POLITICAL,
            leaves_at=mailing.leaves_at,
            text=text,
            votes_on=votes_to_come(),
            source_kind=SourceKind.BROKER_RENTAL,
            opt_out_file_is_missing=opt_out_file_is_missing,
        )
    )


def _refuse_silence(mailing: BrokerMailing) -> None:
    """Where the people of a broker’s file live is not known: the silence of any place mutes it."""
    if (silence := silence_anywhere(mailing.leaves_at)) is not None:
        raise BrokerRefused(why_silent(silence))


def _compiled(mailing: BrokerMailing) -> CompiledMessage:
    """The message as written now, without anything that counts people; raises BrokerRefused."""
    campaign = mailing.campaign
    campaign.tracking = False  # of this copy only: nobody's opens and clicks are ours to count
    try:
        return compile_campaign(campaign)
    except ContentError as error:
        raise BrokerRefused(" ".join(problem.said for problem in error.problems)) from None


def _held(mailing: BrokerMailing, *states: BrokerState) -> BrokerMailing:
    held = (
        BrokerMailing.objects.select_for_update(of=("self",))
        .select_related("campaign__sender")
        .get(pk=mailing.pk)
    )
    if held.state not in states:
        raise BrokerRefused(
            _("This cannot be done any more: it is “%(state)s”.") % {"state": held.get_state_display()}
        )
    return held
