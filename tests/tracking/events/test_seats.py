"""Seats: never one too many, at once from two sides neither; whoever waits moves up, and is told."""

from __future__ import annotations

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from tests.tracking.events.conftest import answers, come, make_event, slot_of, subjects
from tracking.events.errors import RegistrationClosed
from tracking.events.registering import cancel, change_guests, register
from tracking.models import Event, EventSlot, Interaction, Rsvp

pytestmark = pytest.mark.django_db


def states(event: Event) -> dict[str, str]:
    return dict(Rsvp.objects.filter(event=event).values_list("name", "state"))


def test_last_seat_given_back_goes_to_the_first_who_fits(event: Event) -> None:
    slot = slot_of(event)
    lea = come(slot, "Léa", guests=1)  # 2 of 3
    party = come(slot, "Paul", guests=2)  # 3: waits
    jean = come(slot, "Jean")  # the third seat
    zoe = come(slot, "Zoé")
    assert [one.state for one in (lea, party, jean, zoe)] == [
        "registered",
        "waiting",
        "registered",
        "waiting",
    ]
    cancel(rsvp=jean)  # one seat: too few for Paul's party, Zoé goes in
    assert states(event) == {
        "Léa Martin": "registered",
        "Paul Martin": "waiting",
        "Jean Martin": "cancelled",
        "Zoé Martin": "registered",
    }
    assert subjects(zoe) == ["You are on the waiting list: Public meeting", "You have a seat: Public meeting"]
    cancel(rsvp=lea)
    cancel(rsvp=lea)  # twice gives back nothing more
    change_guests(rsvp=party, guests=1)  # two seats are free
    slot.refresh_from_db()
    assert (slot.taken, states(event)["Paul Martin"]) == (3, "registered")
    kinds = Interaction.objects.filter(contact=lea.contact).values_list("kind", flat=True)
    assert sorted(kinds) == ["rsvp", "rsvp_cancelled"]


def test_more_guests_than_seats_are_refused_and_fewer_free_them(event: Event) -> None:
    slot = slot_of(event)
    lea, paul = come(slot, "Léa"), come(slot, "Paul")
    with pytest.raises(RegistrationClosed):
        change_guests(rsvp=lea, guests=2)
    assert change_guests(rsvp=lea, guests=1).guests == 1
    assert come(slot, "Zoé").is_waiting
    cancel(rsvp=paul)
    assert states(event)["Zoé Martin"] == "registered"


def test_registering_again_changes_nothing_and_sends_the_ticket_once_a_day(event: Event) -> None:
    slot = slot_of(event)
    first = come(slot, "Léa")
    again = [come(slot, "Léa", guests=2) for _time in range(2)]
    slot.refresh_from_db()
    assert {one.pk for one in again} == {first.pk}
    assert (slot.taken, again[0].guests) == (1, 0)
    assert len(subjects(first)) == 2


def test_database_refuses_a_seat_too_many(event: Event) -> None:
    with pytest.raises(IntegrityError, match="event_slot_not_overbooked"), transaction.atomic():
        EventSlot.objects.filter(event=event).update(taken=4)


def test_over_and_cancelled_events_take_nobody() -> None:
    over = make_event(published=False)
    slot = slot_of(over)
    with pytest.raises(RegistrationClosed):
        come(slot)
    assert not Rsvp.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_get_one_last_seat() -> None:
    slot = slot_of(make_event(capacity=5))
    together = threading.Barrier(2)

    def registers(names: list[str]) -> None:
        together.wait()
        for name in names:
            register(slot=slot, answers=answers(name))
        connection.close()

    sides = [threading.Thread(target=registers, args=([f"{side}{n}" for n in range(4)],)) for side in "ab"]
    for side in sides:
        side.start()
    for side in sides:
        side.join()
    slot.refresh_from_db()
    found = list(Rsvp.objects.values_list("state", flat=True))
    assert (slot.taken, found.count("registered"), found.count("waiting")) == (5, 5, 3)
