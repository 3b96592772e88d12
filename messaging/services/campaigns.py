"""What people do with mailings: write, choose who receives them, send, pause, cancel.

Each act asks for its right, is refused in the wrong state with a message, and leaves an audit entry in the
same transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.jobs import tick
from campaign_crm.platform.models import Organisation, User
from campaign_crm.platform.rights import Right
from contacts.enums import Channel, MessageKind
from contacts.models import Territory
from contacts.segments.audience import resolve_audience
from messaging.enums import CampaignState, Moment
from messaging.errors import CannotSend, EditedMeanwhile, SendingIsOff, WrongState
from messaging.models import Campaign, CampaignWatch, Operation, SenderIdentity, Template
from messaging.services.approval_state import is_approved, window_of
from messaging.services.experiment_copies import copy_test
from messaging.services.kit_limits import keep_to_territory
from messaging.services.pre_send import domain_fault, pre_send, senders_fault
from messaging.services.reader_segments import check_named
from messaging.services.rights import ask_right as ask_right
from messaging.services.rights import ask_second_step, place_of_mailing
from messaging.services.schedules import last_moment, unschedule

COPIED = (
    "channel",
    "kind",
    "operation",
    "sender",
    "subject",
    "preview_text",
    "blocks",
    "audience",
    "tracking",
    "utm_campaign",
    "territory",
    "from_kit",
)
WORDS = ("name", "kind", "subject", "preview_text", "utm_campaign")
EDITABLE = (CampaignState.DRAFT, CampaignState.SCHEDULED)


class CampaignContent(TypedDict, total=False):
    """What a mailing is made of, besides its name."""

    kind: str
    operation: Operation | None
    sender: SenderIdentity | None
    subject: str
    preview_text: str
    blocks: list[Any]
    tracking: bool
    utm_campaign: str
    engaged_first: bool
    moment: str
    send_until: datetime | None


class CampaignFields(CampaignContent, total=False):
    name: str


@transaction.atomic
def create_campaign(
    *,
    by: User,
    name: str,
    template: Template | None = None,
    territory: Territory | None = None,
    **fields: Unpack[CampaignContent],
) -> Campaign:
    """Begin a mailing, empty or from a template; in a territory, outside which nobody is written to."""
    ask_right(by, Right.EDIT_CAMPAIGN)
    campaign = Campaign(name=name, created_by=by, territory_id=place_of_mailing(territory))
    if template is not None:
        campaign.subject, campaign.preview_text = template.subject, template.preview_text
        campaign.blocks = template.blocks
    for field, value in fields.items():
        setattr(campaign, field, value)
    _check_words(campaign)
    check_named([], campaign.blocks, by=by)
    campaign.save()
    audit.record(action="campaign.create", on=campaign, by=by)
    return campaign


@transaction.atomic
def update_campaign(
    *, campaign: Campaign, revision: int, by: User, **fields: Unpack[CampaignFields]
) -> Campaign:
    """Save an edit made on `revision`; raises EditedMeanwhile if somebody saved another since.

    Returns the campaign as saved, with its new revision.
    """
    ask_right(by, Right.EDIT_CAMPAIGN)
    held = _locked(campaign, EDITABLE, _("It can no longer be edited."))
    if held.revision != revision:
        raise EditedMeanwhile(
            _("Somebody else changed “%(name)s” meanwhile. Reload the page: your text was not saved over it.")
            % {"name": held.name}
        )
    if held.territory_id is not None:
        fields = keep_to_territory(held, fields)
    changed = [name for name, value in fields.items() if getattr(held, name) != value]
    if "blocks" in changed:
        check_named(held.blocks, fields["blocks"], by=by)
    # An approval was for the text as it was: whoever changes it asks again.
    was_approved = bool(changed) and is_approved(held)
    for name in changed:
        setattr(held, name, fields[name])  # type: ignore[literal-required]
    if "kind" in changed and held.audience:
        _fits(held, held.audience)
    if changed and ("kind" in changed or was_approved):
        changed += unschedule(held)
    if changed:
        _check_words(held)
        held.revision = revision + 1
        held.updated_at = Now()
        held.save(update_fields=[*changed, "revision", "updated_at"])
        audit.record(action="campaign.update", on=held, by=by, fields=sorted(changed))
    held.refresh_from_db()
    return held


@transaction.atomic
def set_audience(
    *, campaign: Campaign, audience: dict[str, Any], by: User, kind: MessageKind | None = None
) -> Campaign:
    """Choose who receives it, and as what kind of message (as it was: None).

    Raises a ContactsError when there is no such audience, or when this kind may not go to it.
    """
    ask_right(by, Right.EDIT_CAMPAIGN)
    held = _locked(campaign, EDITABLE, _("It can no longer be edited."))
    held.kind = held.kind if kind is None else kind
    _fits(held, audience)
    held.audience = audience
    held.revision += 1
    held.updated_at = Now()
    held.save(update_fields=["audience", "kind", "revision", "updated_at", *unschedule(held)])
    detail = {"audience": audience, "kind": held.kind}
    audit.record(action="campaign.set_audience", on=held, by=by, detail=detail)
    held.refresh_from_db()
    return held


@transaction.atomic
def schedule(*, campaign: Campaign, at: datetime, by: User) -> Campaign:
    """Let it leave at `at` (aware); raises CannotSend with everything that is still missing."""
    ask_right(by, Right.SEND_CAMPAIGN)
    held = _ready(campaign, at=at, by=by)
    held.scheduled_at = at
    held.state = CampaignState.SCHEDULED
    held.pause_reason = ""
    held.window_until = _first_moment(held, at)
    held.send_until = last_moment(held, at)
    held.save(update_fields=["scheduled_at", "window_until", "send_until", "state", "pause_reason"])
    detail = {"at": at.isoformat(), "kind": held.kind}
    audit.record(action="campaign.schedule", on=held, by=by, detail=detail)
    return held


@transaction.atomic
def send_now(*, campaign: Campaign, by: User) -> Campaign:
    """Freeze the audience, and send when the time to cancel is over.

    Raises CannotSend with everything that is still missing.
    """
    ask_right(by, Right.SEND_CAMPAIGN)
    held = _ready(campaign, by=by)
    held.scheduled_at = Now()
    held.state = CampaignState.FREEZING
    held.pause_reason = ""
    held.window_until = Now() + window_of(held)
    held.send_until = last_moment(held, timezone.now())
    held.save(update_fields=["scheduled_at", "window_until", "send_until", "state", "pause_reason"])
    detail = {"revision": held.revision, "kind": held.kind}
    audit.record(action="campaign.send", on=held, by=by, detail=detail)
    _wake_workers()
    held.refresh_from_db()
    return held


@transaction.atomic
def pause(*, campaign: Campaign, by: User, reason: str = "") -> Campaign:
    """Stop handing messages over; what is in a provider's hands now still leaves. A schedule is undone."""
    ask_right(by, Right.SEND_CAMPAIGN)
    held = _locked(
        campaign,
        (CampaignState.SCHEDULED, CampaignState.SENDING),
        _("Only a mailing under way can be paused."),
    )
    held.state = CampaignState.PAUSED if held.state == CampaignState.SENDING else CampaignState.DRAFT
    held.pause_reason = reason
    held.save(update_fields=["state", "pause_reason"])
    audit.record(action="campaign.pause", on=held, by=by, reason=reason)
    return held


@transaction.atomic
def resume(*, campaign: Campaign, by: User) -> Campaign:
    """Go on where a pause stopped it."""
    ask_right(by, Right.SEND_CAMPAIGN)
    _ask_sending_on()
    held = _locked(campaign, (CampaignState.PAUSED,), _("Only a paused mailing can go on."))
    if fault := senders_fault(held) or domain_fault(held, held.audience_count or 0):
        raise CannotSend(fault)
    held.state = CampaignState.SENDING
    held.pause_reason = ""
    held.save(update_fields=["state", "pause_reason"])
    # What came back before speaks no longer against it, and a pause is no standstill.
    now = timezone.now()
    fresh = {"resumed_at": now, "progressed_at": now, "told_at": None}
    CampaignWatch.objects.update_or_create(
        campaign=held, defaults=fresh, create_defaults=fresh | {"left": held.audience_count or 0}
    )
    audit.record(action="campaign.resume", on=held, by=by)
    _wake_workers()
    return held


@transaction.atomic
def cancel(*, campaign: Campaign, by: User, reason: str = "") -> Campaign:
    """End it for good: what waits is cancelled, what has left has left."""
    ask_right(by, Right.SEND_CAMPAIGN)
    states = (
        CampaignState.DRAFT,
        CampaignState.SCHEDULED,
        CampaignState.FREEZING,
        CampaignState.SENDING,
        CampaignState.PAUSED,
    )
    held = _locked(campaign, states, _("It has ended already."))
    held.state = CampaignState.CANCELLED
    held.pause_reason = reason
    held.save(update_fields=["state", "pause_reason"])
    audit.record(action="campaign.cancel", on=held, by=by, reason=reason)
    _wake_workers()
    return held


@transaction.atomic
def duplicate(*, campaign: Campaign, by: User) -> Campaign:
    """A new draft with the same content, sender and audience, and the same test with nothing decided."""
    ask_right(by, Right.EDIT_CAMPAIGN)
    copy = Campaign(name=_("Copy of %(name)s") % {"name": campaign.name}, created_by=by)
    copy.name = copy.name[:150]
    for name in COPIED:
        setattr(copy, name, getattr(campaign, name))
    copy.save()
    copy_test(campaign, copy)
    audit.record(action="campaign.duplicate", on=copy, by=by, detail={"of": campaign.pk})
    return copy


def _ask_sending_on() -> None:
    if not Organisation.current().sending_enabled:
        raise SendingIsOff(_("Sending is switched off on this installation. Switch it on in Settings first."))


def _fits(campaign: Campaign, audience: dict[str, Any]) -> None:
    """Raise a ContactsError when a mailing of this kind, channel and territory may not go to an audience."""
    channel = Channel(campaign.channel)
    found = resolve_audience(audience, channel=channel)
    found.check_kind(MessageKind(campaign.kind))
    found.check_scope(channel, campaign.scope)


def _first_moment(campaign: Campaign, at: datetime) -> datetime:
    """When the first message of a scheduled mailing leaves: there is time to cancel in any case.

    At each person's local time, some leave before `at`.
    """
    soonest = timezone.now() + window_of(campaign)
    return soonest if campaign.moment == Moment.LOCAL_TIME else max(at, soonest)


def _check_words(campaign: Campaign) -> None:
    """Raise ValidationError on a name or subject that does not fit; the content is checked when it leaves."""
    others = {field.name for field in campaign._meta.concrete_fields} - {*WORDS}
    campaign.clean_fields(exclude=others)


def _locked(campaign: Campaign, states: tuple[CampaignState, ...], otherwise: str) -> Campaign:
    """The campaign as it is now, held until the transaction ends; raises WrongState."""
    held = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    if held.state not in states:
        state = held.get_state_display()
        raise WrongState(
            _("“%(name)s” is in the state “%(state)s”. %(why)s")
            % {"name": held.name, "state": state, "why": otherwise}
        )
    return held


def _ready(campaign: Campaign, *, by: User, at: datetime | None = None) -> Campaign:
    """The campaign, held, with everything it needs to leave now, or at `at`, at this person's word."""
    _ask_sending_on()
    held = _locked(campaign, EDITABLE, _("It has been sent or is being sent."))
    held.scheduled_at = at
    found = pre_send(held)
    if not found.may_leave:
        raise CannotSend("\n".join(found.problems))
    ask_second_step(by, found.recipients)
    return held


def _wake_workers() -> None:
    from messaging.tasks import tend  # tasks import what this module imports

    transaction.on_commit(lambda: tick(tend))
