"""What the team is told has a bell on every page, a list, and is marked as read by its reader alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from campaign_crm.platform.models import Notification, User
from campaign_crm.platform.rights import Role
from messaging.dispatch.circuit import PauseReason
from messaging.dispatch.notices import tell_author, tell_service_waits
from messaging.models import Campaign

pytestmark = pytest.mark.django_db
PAGE = "/notifications/"
SignedIn = Callable[..., Client]


def tell(user: User, message: str = "Told.", **fields: Any) -> Notification:
    return Notification.objects.create(user=user, kind="import.done", message=message, **fields)


def bell(client: Client, address: str = "/profile/") -> str:
    page = client.get(address).content.decode()
    return page[page.index('class="top-btn bell"') :].split("</a>")[0]


@pytest.mark.parametrize("address", ["/", "/profile/", reverse("admin:index")])
def test_bell_counts_what_is_unread_on_every_page(signed_in: SignedIn, address: str) -> None:
    client = signed_in()
    assert "bell-count" not in bell(client, address)
    tell(User.objects.get())
    tell(User.objects.get())
    assert ">2</span>" in bell(client, address)


def test_bell_never_counts_further_than_it_shows(signed_in: SignedIn) -> None:
    client = signed_in()
    user = User.objects.get()
    Notification.objects.bulk_create(Notification(user=user, kind="x", message="m") for _n in range(150))
    assert ">99+</span>" in bell(client)


def test_counting_reads_the_index_of_the_unread_alone(signed_in: SignedIn) -> None:
    signed_in()
    user = User.objects.get()
    rows = [Notification(user=user, kind="x", message="m") for _n in range(2000)]
    Notification.objects.bulk_create(rows)
    Notification.objects.filter(pk__lt=rows[-3].pk).update(read_at=user.created_at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT crm_analyze('platform_notification')")
    unread = Notification.objects.filter(user=user).unread().order_by()[:100]
    assert "notification_unread" in unread.explain()


def test_list_is_ones_own_newest_first(signed_in: SignedIn, member: Callable[..., User]) -> None:
    client = signed_in()
    user = User.objects.get()
    tell(member(Role.READ_ONLY), "Somebody else's")
    tell(user, "Earlier")
    tell(user, "Later")
    page = client.get(PAGE)
    assert [told.message for told in page.context["page"].rows] == ["Later", "Earlier"]


def test_opening_one_marks_it_and_goes_there(signed_in: SignedIn) -> None:
    client = signed_in()
    told = tell(User.objects.get(), url="/people/imports/1/")
    tell(User.objects.get())
    answer = client.post(f"{PAGE}{told.pk}/open/")
    assert answer["Location"] == "/people/imports/1/"
    assert Notification.objects.unread().count() == 1


@pytest.mark.parametrize("url", ["", "https://example.com/", "//example.com"])
def test_notification_never_leads_elsewhere(signed_in: SignedIn, url: str) -> None:
    client = signed_in()
    assert client.post(f"{PAGE}{tell(User.objects.get(), url=url).pk}/open/")["Location"] == PAGE


def test_somebody_elses_is_neither_opened_nor_marked(
    signed_in: SignedIn, member: Callable[..., User]
) -> None:
    client = signed_in()
    told = tell(member(Role.READ_ONLY))
    assert client.post(f"{PAGE}{told.pk}/open/").status_code == 404
    client.post(PAGE, {"up_to": told.pk})
    assert Notification.objects.unread().count() == 1


def test_all_as_read_leaves_what_arrived_since(signed_in: SignedIn) -> None:
    client = signed_in()
    user = User.objects.get()
    tell(user)
    newest = client.get(PAGE).context["newest"]
    since = tell(user)
    client.post(PAGE, {"up_to": newest})
    assert list(Notification.objects.unread()) == [since]


def test_words_about_a_mailing_lead_to_it(signed_in: SignedIn) -> None:
    signed_in()
    campaign = Campaign.objects.create(name="Letter", created_by=User.objects.get())
    tell_author(campaign, "campaign.sent", "Sent.")
    tell_service_waits(PauseReason("The server is away."))
    assert list(Notification.objects.order_by("pk").values_list("url", flat=True)) == [
        reverse("messaging:campaign", args=[campaign.pk]),
        reverse("messaging:service_messages"),
    ]
