"""The page of growth: a chart with its table, thirty or ninety days, one source or all."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from campaign_crm.platform.models import User
from contacts.models import Contact, ContactSource, Source
from contacts.services.growth import Growth
from contacts.views.source_growth import chart_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_user(email="o@example.org", role="director", language="en"))
    return client


def people(source: Source, count: int, *, days_ago: int = 0) -> None:
    for _number in range(count):
        moment = timezone.now() - timedelta(days=days_ago)
        contact = Contact.objects.create(last_name="Martin")
        ContactSource.objects.create(contact=contact, source=source, first_seen_at=moment)


def page(client: Client, query: str = "") -> Any:
    answer = client.get(f"/sources/growth/{query}")
    assert answer.status_code == 200
    return answer


def test_growth_is_shown_by_day_and_by_source(staff: Client) -> None:
    book, form = (
        Source.objects.create(name=name, kind="address_book", lawful_basis="consent")
        for name in ("Book", "Form")
    )
    people(book, 3)
    people(form, 2, days_ago=60)
    ContactSource.objects.filter(source=book)[0].contact.delete()
    shown = page(staff)
    assert (shown.context["total"], shown.context["total"].net) == (Growth(3, 1), 2)
    assert [source.name for source, _growth in shown.context["sources"]] == ["Book"]
    text = shown.content.decode()
    assert "+2" in text
    assert text.count('class="column gone"') == 1
    longer = page(staff, f"?days=90&source={form.pk}")
    assert (longer.context["total"], len(longer.context["chart"].bars)) == (Growth(2, 0), 90)
    assert "/sources/growth/" in staff.get("/sources/").content.decode()


@pytest.mark.parametrize("query", ["?days=100000", "?days=x&source=y", "?source=99999"])
def test_what_an_address_says_wrong_shows_the_usual_page(staff: Client, query: str) -> None:
    shown = page(staff, query)
    assert (shown.context["days"], shown.context["source"]) == (30, None)
    assert "Nobody came or went in these days." in shown.content.decode()


def test_page_asks_the_same_of_the_database_for_one_source_and_for_three(
    staff: Client, django_assert_max_num_queries: Any
) -> None:
    for name in ("A", "B", "C"):
        people(Source.objects.create(name=name, kind="address_book", lawful_basis="consent"), 1)
    page(staff)
    with django_assert_max_num_queries(14):
        page(staff)


def test_both_directions_share_one_scale() -> None:
    with translation.override("en"):
        chart = chart_of(
            {date(2027, 1, 1): Growth(100, 0), date(2027, 1, 2): Growth(0, 50), date(2027, 1, 3): Growth()}
        )
    first, second, third = chart.bars
    assert chart.line == 100
    assert (first.gained_y, first.gained_height, first.lost_height) == (0, 100, 0)
    assert (second.gained_height, second.lost_height) == (0, 50)
    assert (third.gained_height, third.lost_height, third.label) == (0, 0, "3 Jan.")
    assert chart_of({}).bars == []
