"""Lines of a person's timeline that this app knows: notes, what they said, where they came from."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.models import Consent, ContactSource, Note, Subscription
from contacts.registry import TimelineEntry


def notes(contact_id: int, before: datetime | None, limit: int) -> list[TimelineEntry]:
    found = Note.objects.filter(contact_id=contact_id).select_related("author").order_by("-created_at")
    if before is not None:
        found = found.filter(created_at__lt=before)
    return [
        TimelineEntry(
            at=note.created_at,
            kind="note",
            title=_("Note by %(author)s") % {"author": note.author or _("somebody")},
            detail=note.body,
            icon="sticky-note",
        )
        for note in found[:limit]
    ]


def consents(contact_id: int, before: datetime | None, limit: int) -> list[TimelineEntry]:
    found = Consent.objects.filter(contact_id=contact_id).select_related("source").order_by("-at", "-id")
    if before is not None:
        found = found.filter(at__lt=before)
    return [
        TimelineEntry(
            at=entry.at,
            kind="consent",
            title=(
                _("Agreed: %(what)s (%(channel)s)") if entry.given else _("No more: %(what)s (%(channel)s)")
            )
            % {"what": entry.get_purpose_display(), "channel": entry.get_channel_display()},
            detail=" · ".join(filter(None, [str(entry.source or ""), _undated(entry)])),
            icon="handshake",
        )
        for entry in found[:limit]
    ]


def _undated(entry: Consent) -> str:
    return _("day not known: the day of the import stands here") if entry.is_undated else ""


def subscriptions(contact_id: int, before: datetime | None, limit: int) -> list[TimelineEntry]:
    """When newsletters were chosen; leaving one is told by the page where it happened."""
    found = Subscription.objects.filter(contact_id=contact_id).select_related("newsletter")
    if before is not None:
        found = found.filter(started_at__lt=before)
    return [
        TimelineEntry(
            at=subscription.started_at,
            kind="subscription",
            title=_("Chose “%(name)s”") % {"name": subscription.newsletter.name},
            icon="mail-plus",
        )
        for subscription in found.order_by("-started_at")[:limit]
    ]


def sources(contact_id: int, before: datetime | None, limit: int) -> list[TimelineEntry]:
    found = ContactSource.objects.filter(contact_id=contact_id).select_related("source")
    if before is not None:
        found = found.filter(first_seen_at__lt=before)
    return [
        TimelineEntry(
            at=link.first_seen_at,
            kind="source",
            title=_("Came in by “%(name)s”") % {"name": link.source},
            detail=str(link.source.get_kind_display()),
            url=reverse("contacts:source", args=[link.source_id]),
            icon="database",
        )
        for link in found.order_by("-first_seen_at")[:limit]
    ]
