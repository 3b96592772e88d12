"""What registered people are written, and what comes with it; messages that leave by themselves."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage

import pytest
import vobject
from django.conf import settings
from django.utils import timezone

from campaign_crm.platform.jobs import run_one_due_job
from contacts.models import Consent, Contact, Election, ElectionRound, SilenceWindow
from contacts.registry import registry
from messaging.dispatch.pump import Pump
from messaging.dispatch.rates import Rates
from messaging.models import Delivery, ProviderAccount, SenderIdentity
from tests.messaging.people import make_account, make_sender
from tests.support.smtp_sink import SmtpSink
from tests.tracking.events.conftest import BOX, answers, come, make_event, slot_of, subjects
from tracking.events import clock
from tracking.events.people import confirm, may_confirm
from tracking.events.preparing import cancel_event, update_event
from tracking.events.public_form import wordings_of
from tracking.events.registering import register
from tracking.events.slots import SlotPlan
from tracking.events.tickets import code_of
from tracking.models import Event, EventSlot, Rsvp

pytestmark = pytest.mark.django_db


def work() -> None:
    while run_one_due_job():
        pass


def parts(message: EmailMessage) -> dict[str, bytes]:
    """Files that came with a message, by name."""
    found = message.iter_attachments()
    return {str(part.get_filename()): bytes(part.get_payload(decode=True)) for part in found}


@pytest.mark.django_db(transaction=True)
def test_ticket_leaves_with_its_qr_code_and_calendar_file() -> None:
    SenderIdentity.objects.all().delete()
    ProviderAccount.objects.all().delete()
    with SmtpSink(keep_messages=True) as sink:
        make_sender(make_account(sink.port))
        rsvp = come(slot_of(make_event(capacity=1)), "Léa")
        waits = come(rsvp.slot, "Paul")
        pump = Pump(rates=Rates(settings.REDIS_URL, workers=1))
        pump.run(seconds=20)
        pump.close()
        messages = {message["To"]: message for message in sink.messages()}
    ticket = messages[rsvp.email]
    files = parts(ticket)
    assert vobject.readOne(files["event.ics"].decode()).vevent.dtstart.value == rsvp.slot.starts_at
    assert files["ticket.png"].startswith(b"\x89PNG")
    assert parts(messages[waits.email]) == {}
    body = ticket.get_body(("plain",)).get_content()
    assert "Salle des fêtes, 1 place de la Mairie, 60000 Beauvais" in body
    assert f"{settings.PUBLIC_URL}/r/" in body
    assert code_of(rsvp) not in ticket.as_string()


def test_reminder_leaves_once_a_day_before() -> None:
    event = make_event(days=1.5)
    slot = slot_of(event)
    rsvp, late = come(slot, "Léa"), come(slot, "Paul")
    Rsvp.objects.filter(pk=rsvp.pk).update(at=timezone.now() - timedelta(days=2))
    clock.tick()
    work()
    assert len(subjects(rsvp)) == 1  # too early
    for _time in range(2):
        clock.tick(timezone.now() + timedelta(hours=13))
        work()
    assert len(subjects(rsvp)) == 2
    assert len(subjects(late)) == 1  # registered a moment ago
    assert Delivery.objects.filter(occasion__startswith="reminder").count() == 1


def test_a_move_and_a_cancellation_are_told_to_everybody() -> None:
    event = make_event(capacity=1)
    slot = slot_of(event)
    lea, waits = come(slot, "Léa"), come(slot, "Paul")
    later = SlotPlan(slot.starts_at + timedelta(days=1), slot.ends_at + timedelta(days=1), 1, slot.pk)
    update_event(event=event, by=None, hosts=[], slots=[later], text="Une virgule")
    work()
    assert "Changed: Public meeting" in subjects(lea)
    event.refresh_from_db()
    update_event(event=event, by=None, hosts=[], slots=[later], text="Deux virgules")
    cancel_event(event=event, because="Snow on the roads.", by=None)
    work()
    assert subjects(lea) == [
        "Cancelled: Public meeting",
        "Changed: Public meeting",
        "You are registered: Public meeting",
    ]
    assert "Cancelled: Public meeting" in subjects(waits)
    last = Delivery.objects.get(address=lea.email, occasion__startswith="cancelled")
    assert "Snow on the roads." in last.context.values()


def test_thanks_go_to_who_came_and_wait_for_the_end_of_a_silence() -> None:
    event = make_event(thank_you="Merci !", thank_you_en="Thank you!\n\nSee you soon.")
    slot = slot_of(event)
    came, missed = come(slot, "Léa"), come(slot, "Paul")
    past = timezone.now() - timedelta(hours=8)
    EventSlot.objects.update(starts_at=past - timedelta(hours=1), ends_at=past)
    Rsvp.objects.filter(pk=came.pk).update(came_at=past)
    election = Election.objects.create(name="Vote", suffrage="presidential")
    held = ElectionRound.objects.create(election=election, number=1, day=past.date())
    window = SilenceWindow.objects.create(
        round=held, areas=[], begins_at=past, ends_at=timezone.now() + timedelta(hours=2)
    )
    clock.tick()
    work()
    assert len(subjects(came)) == 1
    missed.refresh_from_db()
    assert missed.missed_at == past
    window.delete()
    for _time in range(2):
        clock.tick()
        work()
    assert subjects(came) == ["Thank you for coming: Public meeting", "You are registered: Public meeting"]
    assert len(subjects(missed)) == 1


def test_what_was_agreed_to_holds_once_it_is_confirmed() -> None:
    slot = slot_of(make_event())
    sent = answers("Léa", consents=wordings_of(slot.event, "en"), values={"phone": "+33639980001"})
    rsvp = register(slot=slot, answers=sent)
    assert (rsvp.contact.phonenumber_set.count(), Consent.objects.count()) == (0, 0)
    assert may_confirm(rsvp)
    for _time in range(2):
        confirm(rsvp=rsvp)
    rsvp.refresh_from_db()
    consent = Consent.objects.get()
    assert (consent.given, consent.channel, consent.wording.pk) == (True, BOX["channel"], rsvp.consents[0])
    assert rsvp.contact.phonenumber_set.count() == 1
    assert rsvp.contact.emailaddress_set.get().verified_at is not None
    assert not may_confirm(rsvp)


def test_whoever_is_erased_gives_the_seat_back() -> None:
    event = make_event(capacity=1)
    lea, waits = come(slot_of(event), "Léa"), come(slot_of(event), "Paul")
    registry.erasure_steps["rsvps"]([lea.contact_id])
    waits.refresh_from_db()
    assert waits.is_registered
    assert Contact.objects.count() == 2
    assert Event.objects.get().slots.get().taken == 1
