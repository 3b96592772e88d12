"""What registered people are written: service messages, in words of our own, to nobody else.

A team's own words stand in two of them: why an event is cancelled, and the thank-you, which waits for the
end of a silence. All others say what, when and where, which the silence keeps as it was before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from campaign_crm.platform import walls
from contacts.models import Contact
from messaging.services.service_messages import send_service_message
from tracking.events.tickets import link_of
from tracking.events.words import day_words, when_words, where_words
from tracking.models import Event, Rsvp


@dataclass(frozen=True)
class Letter:
    """The words of one message, in the active language."""

    subject: str
    paragraphs: list[str]
    button: str = ""
    closing: str = ""
    attached: bool = True


def send_ticket(rsvp: Rsvp, *, occasion: str) -> None:
    """They have a seat, or a place on the waiting list."""
    _send("event ticket", rsvp, occasion, _waiting if rsvp.is_waiting else _ticket)


def send_seat(rsvp: Rsvp) -> None:
    """They waited, and have a seat now."""
    _send("event seat", rsvp, f"seat-{rsvp.pk}-{rsvp.slot_id}", _seat)


def send_reminder(rsvp: Rsvp) -> None:
    _send("event reminder", rsvp, f"reminder-{rsvp.pk}-{rsvp.slot.starts_at:%Y%m%d%H%M}", _reminder)


def send_change(rsvp: Rsvp, *, sequence: int) -> None:
    _send("event changed", rsvp, f"changed-{rsvp.pk}-{sequence}", _change)


def send_cancellation(rsvp: Rsvp) -> None:
    _send("event cancelled", rsvp, f"cancelled-{rsvp.pk}", _cancellation)


def send_thanks(rsvp: Rsvp) -> None:
    _send("event thanks", rsvp, f"thanks-{rsvp.pk}", _thanks)


def send_welcome(rsvp: Rsvp) -> None:
    """Of whoever came without having registered and agreed to something: they confirm it."""
    _send("event welcome", rsvp, f"welcome-{rsvp.pk}", _welcome)


def _send(kind: str, rsvp: Rsvp, occasion: str, words: Callable[[Rsvp], Letter]) -> None:
    """Nothing is sent to whoever gave no address, or is erased.

    They may live anywhere: what the team of a territory does about its event reaches them.
    """
    if not rsvp.email or rsvp.contact_id is None:
        return
    with override(rsvp.language), walls.acting_within(None):
        letter = words(rsvp)
        send_service_message(
            standing_for=kind,
            contact=_known_by(rsvp),
            address=rsvp.email,
            occasion=occasion,
            subject=letter.subject,
            paragraphs=letter.paragraphs,
            button=(letter.button, link_of(rsvp)) if letter.button else None,
            closing=letter.closing,
            attached=f"rsvp:{rsvp.pk}" if letter.attached else "",
        )


def _known_by(rsvp: Rsvp) -> Contact | None:
    """The person, if the address is known to be theirs: else it is written to as nobody's."""
    contact: Contact | None = Contact.objects.filter(
        pk=rsvp.contact_id, emailaddress_set__address_hash=rsvp.address_hash
    ).first()
    return contact


def _ticket(rsvp: Rsvp) -> Letter:
    event, slot = rsvp.event, rsvp.slot
    paragraphs = [_registered(rsvp), when_words(slot), *_place(event)]
    if not event.is_online:
        paragraphs.append(_("Show the QR code of your ticket at the entrance, on your phone or on paper."))
    if rsvp.consents and rsvp.confirmed_at is None:
        paragraphs.append(_("You also agreed to something: it takes effect once you confirm it there."))
    return Letter(
        _("You are registered: %(title)s") % {"title": event.shown_title},
        paragraphs,
        _("See my ticket"),
        _("If you cannot come, please give your seat back on the same page: somebody may be waiting for it."),
    )


def _waiting(rsvp: Rsvp) -> Letter:
    title = rsvp.event.shown_title
    paragraphs = [
        _("All seats of “%(title)s” are taken: you are on the waiting list.") % {"title": title},
        when_words(rsvp.slot),
        _("As soon as there is room, the seat is yours and we write to you. There is nothing to do."),
    ]
    if rsvp.consents and rsvp.confirmed_at is None:
        paragraphs.append(_("You also agreed to something: it takes effect once you confirm it there."))
    return Letter(
        _("You are on the waiting list: %(title)s") % {"title": title},
        paragraphs,
        _("See my registration"),
        attached=False,
    )


def _seat(rsvp: Rsvp) -> Letter:
    event = rsvp.event
    return Letter(
        _("You have a seat: %(title)s") % {"title": event.shown_title},
        [
            _("There is room now. %(registered)s") % {"registered": _registered(rsvp)},
            when_words(rsvp.slot),
            *_place(event),
        ],
        _("See my ticket"),
        _("If you cannot come any more, please give your seat back on the same page."),
    )


def _reminder(rsvp: Rsvp) -> Letter:
    event, slot = rsvp.event, rsvp.slot
    return Letter(
        _("%(title)s: %(day)s") % {"title": event.shown_title, "day": day_words(slot)},
        [_registered(rsvp), when_words(slot), *_place(event)],
        _("See my ticket"),
        _("If you cannot come any more, please give your seat back on the same page."),
    )


def _change(rsvp: Rsvp) -> Letter:
    event = rsvp.event
    return Letter(
        _("Changed: %(title)s") % {"title": event.shown_title},
        [
            _("Something about “%(title)s” has changed. It takes place:") % {"title": event.shown_title},
            when_words(rsvp.slot),
            *_place(event),
            _("Your registration holds; the calendar file brings your calendar up to date."),
        ],
        _("See my registration"),
    )


def _cancellation(rsvp: Rsvp) -> Letter:
    event = rsvp.event
    reason = [event.cancelled_because] if event.cancelled_because else []
    return Letter(
        _("Cancelled: %(title)s") % {"title": event.shown_title},
        [
            _("“%(title)s” does not take place:") % {"title": event.shown_title},
            when_words(rsvp.slot),
            *reason,
            _("The calendar file takes it out of your calendar. We are sorry, and hope to see you soon."),
        ],
    )


def _thanks(rsvp: Rsvp) -> Letter:
    event = rsvp.event
    return Letter(
        _("Thank you for coming: %(title)s") % {"title": event.shown_title},
        [part for part in event.shown_thank_you.split("\n\n") if part.strip()][:9],
        attached=False,
    )


def _welcome(rsvp: Rsvp) -> Letter:
    return Letter(
        _("Please confirm what you agreed to"),
        [
            _("Welcome! You came to “%(title)s” and agreed to something there.")
            % {"title": rsvp.event.shown_title},
            _("Confirm that this is your address, and your choices take effect:"),
        ],
        _("See and confirm"),
        _("If it was not you, do nothing: you will receive nothing more."),
        attached=False,
    )


def _registered(rsvp: Rsvp) -> str:
    title = rsvp.event.shown_title
    if not rsvp.guests:
        return _("You are registered for “%(title)s”.") % {"title": title}
    return ngettext(
        "You are registered for “%(title)s”, with %(guests)d guest.",
        "You are registered for “%(title)s”, with %(guests)d guests.",
        rsvp.guests,
    ) % {"title": title, "guests": rsvp.guests}


def _place(event: Event) -> list[str]:
    if event.is_online:
        link = event.online_url
        return [_("Online, for you alone: %(link)s") % {"link": link}] if link else [_("Online")]
    return [part for part in (where_words(event), event.access) if part]
