"""Reports count people, keep small territories together, and the dashboard adds up."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaign_crm.celery import app
from campaign_crm.platform.database import ensure_partition
from campaign_crm.platform.models import User
from contacts.enums import Channel, ConsentPurpose, TimelineGroup
from contacts.models import Reach, Territory
from contacts.registry import registry
from contacts.services.contact_points import add_postal_address
from contacts.services.people import add_note, create_contact
from contacts.services.sources import create_source
from messaging.enums import DeliveryState, ShownState
from messaging.models import Campaign, Delivery, Link
from tracking import selectors
from tracking.enums import InteractionKind
from tracking.models import CampaignCounter, Interaction
from tracking.reach_figures import reach_figures
from tracking.selectors import campaign_report, dashboard, sign_ups_per_day
from tracking.services.interactions import record_interaction
from tracking.services.preferences import preferences_of
from tracking.tasks import count_reach
from tracking.timeline import GROUPS

pytestmark = pytest.mark.django_db
MONTH = date(2026, 11, 1)


@pytest.fixture
def departments(db) -> None:
    for code, name in (("60", "Oise"), ("75", "Paris")):
        Territory.objects.create(kind="department", code=code, name=name)


@pytest.fixture
def sent(campaign) -> Campaign:
    """Twelve delivered in the Oise, three in Paris (a small cell), one failed, one uncertain, one waiting."""
    ensure_partition("messaging_delivery", MONTH.isoformat())
    states = [("60", "accepted")] * 12 + [("75", "delivered")] * 3
    states += [("60", "failed"), ("", "unknown"), ("", "queued")]
    Delivery.objects.bulk_create(
        Delivery(
            ledger_month=MONTH,
            campaign=campaign,
            contact_id=number,
            occasion="",
            state=state,
            department=department,
            address=f"{number}@example.org",
            address_hash=bytes([number]) * 32,
            measured=number % 2 == 0,
            variant=0,
            language="fr",
            token=0,
            attempts=0,
            due_at=timezone.now(),
        )
        for number, (department, state) in enumerate(states)
    )
    campaign.audience_count = len(states)
    campaign.save()
    Link.objects.create(campaign=campaign, number=1, url="https://example.org/a", label="A")
    Link.objects.create(campaign=campaign, number=2, url="https://example.org/b", label="B")
    return campaign


def add(campaign: Campaign, metric: str, delta: int, department: str = "", link: int | None = None) -> None:
    CampaignCounter.objects.create(
        campaign=campaign, metric=metric, delta=delta, department=department, link_number=link
    )


def test_the_states_add_up_to_the_audience(sent) -> None:
    report = campaign_report(sent)
    assert sum(report.states.values()) == report.audience == 18
    assert report.states[DeliveryState.ACCEPTED] == 12
    assert report.shown_states == {
        ShownState.WAITING: 1,
        ShownState.SENDING: 0,
        ShownState.DELIVERED: 15,
        ShownState.FAILED: 1,
        ShownState.TO_CHECK: 1,
    }
    assert (report.delivered, report.measured) == (15, 8)


def test_counters_are_summed_by_link_and_territory(sent, departments) -> None:
    add(sent, "unique_opens", 4, "60")
    add(sent, "unique_opens", 2, "60")
    add(sent, "unique_opens", 1, "75")
    add(sent, "clicks", 3, "60", link=2)
    add(sent, "clicks", 1, "75", link=1)
    add(sent, "unique_clicks", 3, "60")
    add(sent, "unsubscribes", 1, "75")
    add(sent, "set_aside", 9, "60")
    report = campaign_report(sent)
    assert (report.opened, report.clicked, report.clicks, report.unsubscribed, report.set_aside) == (
        7,
        3,
        4,
        1,
        9,
    )
    assert [(line.number, line.clicks) for line in report.links] == [(2, 3), (1, 1)]
    lines = [
        (line.code, line.delivered, line.opened, line.clicked, line.unsubscribed)
        for line in report.territories
    ]
    assert lines == [("", 15, 7, 3, 1)], "three people in Paris are not told apart, by subtraction either"


def test_small_cells_together_are_shown_when_they_are_no_small_cell(sent, departments) -> None:
    Delivery.objects.bulk_create(
        Delivery(
            ledger_month=MONTH,
            campaign=sent,
            contact_id=number,
            occasion="",
            state="accepted",
            department="",
            address=f"{number}@example.org",
            address_hash=bytes([number]) * 32,
        )
        for number in range(100, 107)
    )
    lines = [(line.code, line.delivered) for line in campaign_report(sent).territories]
    assert lines == [("60", 12), ("", 10)]


def test_a_large_mailing_is_not_counted_at_each_look(sent, django_assert_num_queries) -> None:
    Campaign.objects.filter(pk=sent.pk).update(audience_count=2_000_000)
    sent.refresh_from_db()
    first = campaign_report(sent)
    with django_assert_num_queries(3):
        assert campaign_report(sent) == first
    add(sent, "unsubscribes", 1)
    assert campaign_report(sent).unsubscribed == 1, "what people do is counted each time"


def test_sign_ups_are_found_among_millions_of_opens_by_index(person) -> None:
    record_interaction(kind="sign_up", contact_id=person.pk)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Interaction.objects.filter(
        campaign=None, kind="sign_up", at__gte=timezone.now() - timedelta(days=30)
    ).explain()
    assert "kind_at" in plan


def test_a_moment_of_another_zone_finds_its_month(person) -> None:
    """Ten in the evening of the last day of a month in Guadeloupe is the next month in UTC."""
    at = datetime(2027, 3, 31, 22, tzinfo=ZoneInfo("America/Guadeloupe"))
    record_interaction(kind="call", contact_id=person.pk, at=at)
    assert Interaction.objects.get().at == at


def test_a_report_takes_as_many_queries_whatever_its_size(
    sent, departments, django_assert_num_queries
) -> None:
    with django_assert_num_queries(4):
        campaign_report(sent)


def test_sign_ups_are_counted_by_day_here(person) -> None:
    now = timezone.now()
    for at in (now, now, now - timedelta(days=3), now - timedelta(days=40)):
        record_interaction(kind="sign_up", contact_id=person.pk, at=at)
    days = sign_ups_per_day(days=30)
    assert len(days) == 30
    assert days[-1] == (timezone.localdate(), 2)
    assert sum(number for _day, number in days) == 3


def test_the_dashboard_counts_a_small_base_exactly(person) -> None:
    figures = dashboard()
    assert (figures.people, figures.people_exact) == (1, True)
    assert figures.reach["email"] == 1
    assert figures.reach["sms"] == 0
    assert figures.reach_counted_at is None, "counted now"
    assert figures.under_way == []


def test_a_large_base_is_counted_by_a_tick_and_never_by_a_page(person, monkeypatch) -> None:
    monkeypatch.setattr(selectors, "EXACT_BELOW", 0)
    assert (dashboard().reach, dashboard().reach_counted_at) == ({}, None)
    before = timezone.now()
    count_reach()
    with CaptureQueriesContext(connection) as queries:
        figures = dashboard()
    assert not [query for query in queries if "contacts_reach" in query["sql"]]
    assert figures.reach[Channel.EMAIL] == 1
    assert figures.reach_counted_at >= before
    Reach.objects.update(political=False)
    assert dashboard().reach[Channel.EMAIL] == 1, "as it was counted"
    count_reach()
    assert dashboard().reach[Channel.EMAIL] == 0
    assert "tracking.count_reach" in {entry["task"] for entry in app.conf.beat_schedule.values()}


def test_the_home_page_says_when_reach_was_counted(person, monkeypatch, client) -> None:
    monkeypatch.setattr(selectors, "EXACT_BELOW", 0)
    client.force_login(User.objects.create_user(email="officer@example.org", role="director", language="en"))
    assert "Being counted" in client.get("/").text
    count_reach()
    page = client.get("/").text
    assert "Being counted" not in page
    assert "Counted" in page


def test_a_timeline_mixes_every_app_newest_first(person, sent) -> None:
    add_note(contact=person, body="Met at the market", by=None)
    record_interaction(
        kind="open", contact_id=person.pk, campaign_id=sent.pk, at=timezone.now() + timedelta(1)
    )
    lines = registry.timeline_entries(person.pk, before=None, limit=10)
    assert [line.kind for line in lines] == ["open", "note", "source"]
    assert "Hello" in lines[0].title
    older = registry.timeline_entries(person.pk, before=lines[1].at, limit=10)
    assert [line.kind for line in older] == ["source"]


@pytest.mark.parametrize(
    ("kind", "group"),
    [
        ("open", "messages"),
        ("click", "messages"),
        ("unsubscribe", "messages"),
        ("sign_up", "forms"),
        ("confirm", "forms"),
        ("preferences", "forms"),
        ("call", "calls"),
        ("meeting", "calls"),
    ],
)
def test_every_kind_of_act_is_in_one_group_of_the_timeline(person, kind, group) -> None:
    assert {one.value for one in InteractionKind} == {kind for kinds in GROUPS.values() for kind in kinds}
    record_interaction(kind=kind, contact_id=person.pk)
    for one in TimelineGroup:
        lines = registry.timeline_entries(person.pk, before=None, limit=10, group=one)
        assert (kind in {line.kind for line in lines}) == (one == group)


def test_a_licence_that_ended_counts_nowhere_and_ticks_no_box(db) -> None:
    rented = create_source(
        by=None,
        name="Rented",
        kind="broker_rental",
        lawful_basis="consent",
        channels=["post"],
        supplier="A supplier",
        licence_ends_on=timezone.localdate() - timedelta(days=1),
    )
    person = create_contact(source=rented, by=None, first_name="Luc", last_name="Petit")
    add_postal_address(
        contact=person, source=rented, by=None, line1="1 rue A", postcode="60000", city="Beauvais"
    )
    assert Reach.objects.get(contact=person, channel=Channel.POST).political  # as it was projected
    assert reach_figures(small_base=True).by_channel[Channel.POST] == 0
    assert ConsentPurpose.MESSAGES not in preferences_of(person, Channel.POST).purposes


def test_the_home_page_does_not_count_a_month_of_sign_ups_at_each_look(person) -> None:
    record_interaction(kind="sign_up", contact_id=person.pk)
    first = dashboard().sign_ups
    with CaptureQueriesContext(connection) as asked:
        assert dashboard().sign_ups == first
    assert not [one["sql"] for one in asked if "tracking_interaction" in one["sql"]]
