"""A registered person's ticket: the code at the door, its picture, and the signed link to their page.

The code opens nothing but a door: it is on paper and on screens. What changes a registration is the link,
which only the person's mail holds.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from io import BytesIO
from urllib.parse import urlsplit

import segno
from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation

from messaging.content.attachments import Attachment
from messaging.content.tokens import RsvpToken, sign_rsvp
from tracking.events.calendar_files import CANCEL, MEDIA_TYPE, PUBLISH, calendar_of
from tracking.models import EventSlot, Rsvp

CODE_PREFIX = "TICKET:"  # upper case and a colon: the dense alphabet of QR codes
LINK_LASTS = timedelta(days=60)  # after the end of the slot


def code_of(rsvp: Rsvp) -> str:
    """What the QR code says."""
    return f"{CODE_PREFIX}{rsvp.ticket}"


def digest_of(rsvp: Rsvp) -> str:
    """By which a phone at the door knows a ticket: from its list nobody can make one."""
    return hashlib.sha256(code_of(rsvp).encode()).hexdigest()[:32]


def picture_of(rsvp: Rsvp, *, scale: int = 8) -> bytes:
    """The QR code as PNG, black on white: it is read by cameras, on dark screens too."""
    picture = BytesIO()
    segno.make(code_of(rsvp), error="m", micro=False).save(picture, kind="png", scale=scale, border=4)
    return picture.getvalue()


def picture_uri(rsvp: Rsvp) -> str:
    """The QR code for a page, without a request of its own."""
    return segno.make(code_of(rsvp), error="m", micro=False).png_data_uri(scale=8, border=3)


def token_of(rsvp: Rsvp) -> str:
    return sign_rsvp(RsvpToken(rsvp.pk, bytes(rsvp.address_hash or bytes(32)), timezone.now()))


def link_of(rsvp: Rsvp) -> str:
    """The signed address of a person's registration."""
    return f"{settings.PUBLIC_URL}{reverse('tracking:rsvp', args=[token_of(rsvp)])}"


def rsvp_of(token: RsvpToken) -> Rsvp | None:
    """Whose page a link is; None when it is too old, or the person is erased or has another address."""
    found: Rsvp | None = (
        Rsvp.objects.filter(pk=token.rsvp).select_related("event", "slot__event", "contact").first()
    )
    if found is None or bytes(found.address_hash or b"") != token.address_hash:
        return None
    return found if timezone.now() <= found.slot.ends_at + LINK_LASTS else None


def public_host() -> str:
    return urlsplit(settings.PUBLIC_URL).hostname or "localhost"


def page_of(slot: EventSlot) -> str:
    return f"{settings.PUBLIC_URL}{reverse('tracking:event_public', args=[slot.event.slug])}"


def calendar_for(rsvp: Rsvp) -> bytes:
    """The slot for the person's own calendar: taken out of it once it or their registration is cancelled."""
    gone = rsvp.event.is_cancelled or rsvp.is_cancelled
    return calendar_of(
        [rsvp.slot],
        name=rsvp.event.shown_title,
        host=public_host(),
        urls={rsvp.slot_id: page_of(rsvp.slot)},
        method=CANCEL if gone else PUBLISH,
    )


def attachments_of(ids: list[int]) -> dict[int, list[Attachment]]:
    """What goes with messages about registrations: the calendar file, and the ticket of who has a seat."""
    found = Rsvp.objects.filter(pk__in=ids).select_related("event", "slot__event")
    return {rsvp.pk: _attachments(rsvp) for rsvp in found}


def _attachments(rsvp: Rsvp) -> list[Attachment]:
    with translation.override(rsvp.language):
        calendar = Attachment("event.ics", MEDIA_TYPE, calendar_for(rsvp))
    shows_ticket = rsvp.is_registered and not (rsvp.event.is_online or rsvp.event.is_cancelled)
    return [calendar, Attachment("ticket.png", "image/png", picture_of(rsvp))] if shows_ticket else [calendar]
