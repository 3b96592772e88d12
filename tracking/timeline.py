"""What a person did, on their timeline. Robots' hits are kept, and left out here."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.utils.translation import gettext as _

from contacts.enums import TimelineGroup
from contacts.registry import TimelineEntry
from messaging.models import Link
from messaging.timeline import shown_subject
from tracking.enums import HitClass, InteractionKind
from tracking.models import Event, Interaction, Rsvp, Submission

ICONS = {
    InteractionKind.OPEN: "mail-open",
    InteractionKind.CLICK: "mouse-pointer-click",
    InteractionKind.UNSUBSCRIBE: "ban",
    InteractionKind.SIGN_UP: "clipboard-pen",
    InteractionKind.CONFIRM: "circle-check",
    InteractionKind.CALL: "phone",
    InteractionKind.DONATION: "hand-heart",
    InteractionKind.RSVP: "ticket",
    InteractionKind.RSVP_CANCELLED: "x",
    InteractionKind.CAME: "circle-check",
    InteractionKind.MISSED: "clock",
}


def interactions(
    kinds: tuple[InteractionKind, ...], contact_id: int, before: datetime | None, limit: int
) -> list[TimelineEntry]:
    found = Interaction.objects.filter(
        contact_id=contact_id, kind__in=kinds, hit_class__in=[HitClass.HUMAN, HitClass.NOT_A_HIT]
    )
    if before is not None:
        found = found.filter(at__lt=before)
    shown = list(found.select_related("campaign").order_by("-at")[:limit])
    targets, events = _link_targets(shown), _events(shown)
    return [
        TimelineEntry(
            at=one.at,
            kind=one.kind,
            title=_title(one, events),
            detail=targets.get((one.campaign_id, one.link_number), ""),
            icon=ICONS.get(InteractionKind(one.kind), "activity"),
        )
        for one in shown
    ]


GROUPS = {
    TimelineGroup.MESSAGES: (InteractionKind.OPEN, InteractionKind.CLICK, InteractionKind.UNSUBSCRIBE),
    TimelineGroup.FORMS: (InteractionKind.SIGN_UP, InteractionKind.CONFIRM, InteractionKind.PREFERENCES),
    TimelineGroup.EVENTS: (
        InteractionKind.RSVP,
        InteractionKind.RSVP_CANCELLED,
        InteractionKind.CAME,
        InteractionKind.MISSED,
    ),
    TimelineGroup.CALLS: (InteractionKind.CALL, InteractionKind.MEETING),
    TimelineGroup.DONATIONS: (InteractionKind.DONATION,),
}
INTERACTIONS = {group: partial(interactions, kinds) for group, kinds in GROUPS.items()}


def _title(interaction: Interaction, events: dict[int, str]) -> str:
    label = InteractionKind(interaction.kind).label
    subject = events.get((interaction.data or {}).get("event", 0), "")
    if interaction.campaign is not None:
        subject = shown_subject(interaction.campaign)
    return _("%(act)s: “%(subject)s”") % {"act": label, "subject": subject} if subject else str(label)


def _events(shown: list[Interaction]) -> dict[int, str]:
    """Titles of the events that are meant, as far as whoever reads may see them."""
    ids = {(one.data or {}).get("event") for one in shown if one.kind in GROUPS[TimelineGroup.EVENTS]}
    return {event.pk: event.title for event in Event.objects.filter(pk__in=ids)} if ids else {}


def _link_targets(shown: list[Interaction]) -> dict[tuple[int | None, int | None], str]:
    campaigns = {one.campaign_id for one in shown if one.link_number}
    links = Link.objects.filter(campaign_id__in=campaigns)
    return {(link.campaign_id, link.number): link.url for link in links}


def with_activity(contact_ids: list[int]) -> set[int]:
    """Those of some people who did something that may be tied to them, answered a form or registered."""
    active = Interaction.objects.filter(contact_id__in=contact_ids).values_list("contact_id", flat=True)
    answered = Submission.objects.filter(contact_id__in=contact_ids).values_list("contact_id", flat=True)
    registered = Rsvp.objects.filter(contact_id__in=contact_ids).values_list("contact_id", flat=True)
    found = (*active.distinct(), *answered.distinct(), *registered.distinct())
    return {contact_id for contact_id in found if contact_id is not None}
