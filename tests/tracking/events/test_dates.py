"""Series, calendar files and the clocks of places."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import vobject
from django.utils import timezone, translation

from contacts.models import Election, ElectionRound, SilenceWindow
from tests.support.places import make_places, place
from tests.tracking.events.conftest import make_event, plan, slot_of
from tracking.errors import PublicPagesAreSilent
from tracking.events.calendar_files import calendar_of
from tracking.events.errors import EventRefused
from tracking.events.preparing import cancel_event, create_event, publish, update_event
from tracking.events.repeating import duplicate_event, repeat_as_events, repeat_as_slots
from tracking.events.series import dates_of
from tracking.events.slots import SlotPlan, plan_of
from tracking.events.words import when_words
from tracking.models import Event

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("rule", "first", "until", "days"),
    [
        ("weekly", "2027-01-05", "2027-01-26", ["01-05", "01-12", "01-19", "01-26"]),
        ("fortnightly", "2027-01-05", "2027-02-01", ["01-05", "01-19"]),
        ("monthly", "2027-01-12", "2027-04-30", ["01-12", "02-09", "03-09", "04-13"]),  # second Tuesdays
        ("monthly", "2027-01-29", "2027-05-30", ["01-29", "04-30"]),  # fifth Fridays alone
        ("weekly", "2027-01-05", "2026-01-01", ["01-05"]),
    ],
)
def test_series_have_their_days(rule: str, first: str, until: str, days: list[str]) -> None:
    found = dates_of(date.fromisoformat(first), rule, date.fromisoformat(until))
    assert [f"{day:%m-%d}" for day in found] == days


def test_repeated_hours_are_those_of_the_clock_over_a_change_of_time() -> None:
    begins = datetime(2027, 3, 22, 18, tzinfo=UTC)  # 19:00 in Paris; summer time begins on the 28th
    event = make_event(slots=[SlotPlan(begins, begins + timedelta(hours=2), 30)], published=False)
    assert repeat_as_slots(event=event, rule="weekly", until=date(2027, 4, 5), by=None) == 2
    later = event.slots.order_by("starts_at").last()
    assert (later.starts_at, later.capacity) == (datetime(2027, 4, 5, 17, tzinfo=UTC), 30)
    others = repeat_as_events(event=event, rule="monthly", until=date(2027, 5, 30), by=None)
    assert [one.slots.count() for one in others] == [3, 3]
    assert {one.state for one in others} == {"draft"}
    copy = duplicate_event(event=event, by=None)
    assert copy.slots.earliest("starts_at").starts_at == datetime(2027, 3, 29, 17, tzinfo=UTC)
    with pytest.raises(EventRefused):
        repeat_as_events(event=event, rule="weekly", until=date(2027, 3, 23), by=None)


def test_an_event_overseas_is_told_in_its_own_time() -> None:
    places = make_places()
    island = place("department", "974", "La Réunion", places.region)
    begins = datetime(2027, 1, 5, 15, tzinfo=UTC)
    event = make_event(territory=island, slots=[SlotPlan(begins, begins + timedelta(hours=1))])
    assert event.time_zone == "Indian/Reunion"
    with translation.override("en"):
        assert when_words(slot_of(event)) == "Tuesday 5 January 2027, 19:00–20:00 (time of Réunion)"


def test_calendar_files_are_read_as_they_were_meant() -> None:
    begins = datetime(2027, 7, 5, 17, tzinfo=UTC)
    long = "Rencontre à l’école ; débat, questions\nà " + "très " * 30
    event = make_event(text=long, slots=[SlotPlan(begins, begins + timedelta(hours=2))])
    before = _read(event)
    assert before.dtstart.value == begins
    assert (before.location.value, before.description.value.replace("\r", "")) == (event.address, long)
    assert (before.status.value, before.sequence.value) == ("CONFIRMED", "0")
    update_event(
        event=event, by=None, hosts=[], slots=[plan_of(slot) for slot in event.slots.all()], venue="Préau"
    )
    cancel_event(event=Event.objects.get(), because="Neige", by=None)
    after = _read(Event.objects.get())
    assert (after.uid.value, after.status.value, after.sequence.value) == (before.uid.value, "CANCELLED", "2")


def _read(event: Event) -> object:
    with translation.override("fr"):
        body = calendar_of(
            [slot_of(event)],
            name="x",
            host="example.org",
            urls={slot_of(event).pk: "https://example.org/e/x"},
        )
    assert max(len(line) for line in body.split(b"\r\n")) <= 75
    return vobject.readOne(body.decode()).vevent


@pytest.fixture
def vote(db: None) -> SilenceWindow:
    """A silence of the whole country, in three days."""
    begins = timezone.now() + timedelta(days=3)
    election = Election.objects.create(name="Présidentielle", suffrage="presidential")
    held = ElectionRound.objects.create(election=election, number=1, day=begins.date())
    return SilenceWindow.objects.create(
        round=held, areas=[], begins_at=begins, ends_at=begins + timedelta(days=2)
    )


def test_no_event_takes_place_inside_a_silence(vote: SilenceWindow) -> None:
    with pytest.raises(EventRefused, match="Présidentielle"):
        create_event(by=None, slots=[plan(days=4)], title="Meeting")
    event = make_event(days=2)
    with pytest.raises(EventRefused):  # over it, from before to after
        update_event(event=event, by=None, hosts=[], slots=[plan(days=2, hours=24 * 5)])
    assert repeat_as_slots(event=event, rule="weekly", until=date.max, by=None) == 59
    assert not event.slots.filter(starts_at__gte=vote.begins_at, starts_at__lt=vote.ends_at).exists()


def test_during_a_silence_public_pages_of_events_stay_and_may_be_cancelled(vote: SilenceWindow) -> None:
    event, draft = make_event(), make_event(published=False)
    SilenceWindow.objects.update(begins_at=timezone.now() - timedelta(hours=1))
    slots = [plan_of(slot) for slot in event.slots.all()]
    with pytest.raises(PublicPagesAreSilent):
        update_event(event=event, by=None, hosts=[], slots=slots, title="Votez !")
    with pytest.raises(PublicPagesAreSilent):
        publish(event=draft, by=None)
    assert update_event(event=draft, by=None, hosts=[], slots=[plan(days=20)], title="Après") == [
        "title",
        "slots",
    ]
    cancel_event(event=event, because="", by=None)
    assert Event.objects.get(pk=event.pk).is_cancelled
