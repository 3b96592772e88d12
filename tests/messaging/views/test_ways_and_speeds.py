"""Screens of a sender's other ways out, of receiving mailboxes, of a mailing's speed and of what stands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaign_crm.platform.models import AuditEntry
from messaging.enums import CampaignState, Moment
from messaging.models import (
    Campaign,
    CampaignPace,
    CampaignWatch,
    Delivery,
    FamilyLimit,
    FamilyPause,
    HandOver,
    ProviderAccount,
    SenderIdentity,
    SenderRoute,
    WarmUp,
)
from tests.messaging.people import make_account, make_people, make_sender
from tests.messaging.views.conftest import make_sent

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LIMITS = reverse("messaging:mailbox_limits")


def fields(sender: SenderIdentity, *routes: tuple[object, object, object], **more: object) -> dict[str, Any]:
    """What the form of a sender posts; routes: (account, share, territory)."""
    found: dict[str, Any] = {
        "from_name": sender.from_name,
        "provider_account": sender.provider_account_id,
        "weight": "1",
        "is_active": "on",
        "routes-TOTAL_FORMS": len(routes),
        "routes-INITIAL_FORMS": 0,
    }
    for number, (account, weight, territory) in enumerate(routes):
        line = {"provider_account": account, "weight": weight, "territory": territory}
        found |= {f"routes-{number}-{name}": value for name, value in line.items()}
    return found | more


def url(sender: SenderIdentity) -> str:
    return reverse("messaging:sender", args=[sender.pk])


def test_other_ways_out_are_added_changed_and_taken_away(administrator: Client) -> None:
    sender, other, third = make_sender(make_account()), make_account(), make_account()
    posted = fields(sender, (other.pk, "3", ""), (third.pk, "0", ""), ("", "1", ""), weight="2")
    assert administrator.post(url(sender), posted).status_code == 302
    assert list(SenderRoute.objects.values_list("provider_account", "weight")) == [
        (other.pk, 3),
        (third.pk, 0),
    ]
    sender.refresh_from_db()
    assert sender.weight == 2
    shown = administrator.get(url(sender))
    assert shown.context["routes_open"]
    assert shown.context["routes"].initial_form_count() == 2
    administrator.post(url(sender), fields(sender, ("", "3", ""), (third.pk, "1", "")))
    assert list(SenderRoute.objects.values_list("provider_account", "weight")) == [(third.pk, 1)]
    assert AuditEntry.objects.filter(action="sender.set_routes").count() == 2


def test_a_way_out_named_twice_is_refused_and_nothing_is_saved(administrator: Client) -> None:
    sender, other = make_sender(make_account()), make_account()
    for routes in ([(other.pk, "1", "")] * 2, [(sender.provider_account_id, "1", "")]):
        answer = administrator.post(url(sender), fields(sender, *routes, from_name="Another name"))
        assert answer.status_code == 422
        assert "This way out is there already." in answer.content.decode()
    assert SenderRoute.objects.count() == 0
    sender.refresh_from_db()
    assert sender.from_name != "Another name"


def test_a_new_sender_takes_its_ways_and_limits_along(administrator: Client) -> None:
    main, other = make_account(), make_account()
    example = make_sender(main)
    posted = fields(example, (other.pk, "1", ""), from_name="Local team", address="local@example.org")
    posted |= {"messages_per_second": "5", "per_day": "1000", "warm_up_from": "2027-01-04"}
    assert administrator.post(reverse("messaging:sender_new"), posted).status_code == 302
    sender = SenderIdentity.objects.get(from_name="Local team")
    assert (sender.messages_per_second, sender.per_day) == (5, 1000)
    assert [route.provider_account for route in sender.routes.all()] == [other]


def test_an_account_keeps_its_caps(administrator: Client) -> None:
    account = make_account()
    page = reverse("messaging:provider", args=[account.pk])
    posted = {
        "name": "Provider",
        "host": "smtp.example.org",
        "security": "starttls",
        "is_active": "on",
        "per_hour": "100",
        "per_day": "1000",
        "warm_up_from": "2027-01-04",
    }
    assert administrator.post(page, posted).status_code == 302
    account.refresh_from_db()
    assert (account.per_hour, account.per_day, str(account.warm_up_from)) == (100, 1000, "2027-01-04")
    assert "per_day" not in account.settings
    shown = administrator.get(page).context["form"]
    assert (shown["per_hour"].value(), shown["per_day"].value()) == (100, 1000)


def test_limits_of_mailboxes_are_set_and_taken_away(administrator: Client) -> None:
    assert administrator.post(LIMITS, {"gmail": "600", "orange": "60"}).status_code == 302
    assert dict(FamilyLimit.objects.values_list("family", "per_minute")) == {"gmail": 600, "orange": 60}
    assert administrator.get(LIMITS).context["form"]["orange"].value() == 60
    administrator.post(LIMITS, {"orange": "60"})
    assert dict(FamilyLimit.objects.values_list("family", "per_minute")) == {"orange": 60}
    assert administrator.post(LIMITS, {"gmail": "0"}).status_code == 422
    assert AuditEntry.objects.filter(action="mailboxes.limit").count() == 3


def act(client: Client, campaign: Any, name: str, **posted: object) -> Any:
    return client.post(reverse("messaging:campaign_act", args=[campaign.pk, name]), posted, follow=True)


def test_the_speed_of_a_mailing_is_set_from_its_page(administrator: Client) -> None:
    campaign = make_sent(["queued"], state=CampaignState.SENDING)
    act(administrator, campaign, "speed", per_hour="3600")
    assert CampaignPace.objects.get().per_hour == 3600
    page = administrator.get(reverse("messaging:campaign", args=[campaign.pk]))
    assert "3,600 an hour at most" in page.content.decode()
    later = timezone.localtime() + timedelta(hours=3)
    act(administrator, campaign, "speed", spread_until=later.strftime("%Y-%m-%dT%H:%M"))
    assert (CampaignPace.objects.get().per_hour, CampaignPace.objects.get().spread_until is None) == (
        None,
        False,
    )
    act(administrator, campaign, "speed")
    assert not CampaignPace.objects.exists()


@pytest.mark.parametrize(
    ("posted", "words"),
    [
        ({"per_hour": "5"}, "60"),
        ({"spread_until": "2020-01-01T10:00"}, "Choose an hour to come."),
        ({"per_hour": "600", "spread_until": "2999-01-01T10:00"}, "Give a speed or an end, not both."),
    ],
)
def test_a_speed_that_cannot_be_is_refused(administrator: Client, posted: dict[str, str], words: str) -> None:
    campaign = make_sent(["queued"], state=CampaignState.SENDING)
    assert words in act(administrator, campaign, "speed", **posted).content.decode()
    assert not CampaignPace.objects.exists()


def test_whoever_may_not_send_sets_no_speed(reader: Client) -> None:
    campaign = make_sent(["queued"], state=CampaignState.SENDING)
    assert act(reader, campaign, "speed", per_hour="3600").status_code == 403
    assert act(reader, campaign, "release", family="gmail").status_code == 403


def test_a_mailing_that_stands_says_why(administrator: Client) -> None:
    campaign = make_sent(["queued"], state=CampaignState.SENDING)
    page = reverse("messaging:campaign", args=[campaign.pk])
    campaign.started_at = timezone.now()
    campaign.save()
    assert "It stands still." not in administrator.get(page).content.decode()
    then = timezone.now() - timedelta(minutes=2)
    campaign.started_at = then
    campaign.save()
    CampaignWatch.objects.create(campaign=campaign, left=1, progressed_at=then)
    assert "It stands still." in administrator.get(page).content.decode()
    ProviderAccount.objects.update(is_active=False)
    assert "switched off" in administrator.get(page).content.decode()


def test_a_paused_family_is_told_with_its_reason_and_a_button(administrator: Client, reader: Client) -> None:
    campaign = make_sent(["queued"], state=CampaignState.SENDING)
    FamilyPause.objects.create(
        campaign=campaign, family="gmail", domains=["gmail.com"], kind="bounced", share=0.06, limit=0.05
    )
    page = reverse("messaging:campaign", args=[campaign.pk])
    shown = administrator.get(page).content.decode()
    assert "Gmail waits." in shown
    assert "Gmail returns too many messages (surely over 5 %)" in shown
    assert "Go on with Gmail" in shown
    assert "Go on with Gmail" not in reader.get(page).content.decode()
    act(administrator, campaign, "release", family="gmail")
    act(administrator, campaign, "release", family="gmail")
    assert FamilyPause.objects.get().released_at is not None
    assert "Gmail waits." not in administrator.get(page).content.decode()
    assert AuditEntry.objects.filter(action="campaign.release_family").count() == 1


def test_pages_say_how_far_a_warm_up_is(administrator: Client, campaign: Campaign) -> None:
    make_people(11)
    sender = campaign.sender
    assert sender is not None
    account = sender.provider_account
    WarmUp.objects.create(account=account, family="gmail", days=3, last_on=timezone.localdate())
    WarmUp.objects.create(account=account, family="free", days=16, last_on=timezone.localdate() - DAY)
    HandOver.objects.create(account_id=account.pk, sender_id=sender.pk, messages=40, family="gmail")
    pages = reverse("messaging:provider", args=[account.pk]), reverse("messaging:sender", args=[sender.pk])
    review = reverse("messaging:campaign_review", args=[campaign.pk])

    def shown(page: str) -> dict[str, tuple[int, int | None, int]]:
        found = administrator.get(page).context["warm_up"]
        return {one.family: (one.day, one.most, one.left) for one in found}

    assert [shown(page) for page in pages] == [{}, {}]
    ProviderAccount.objects.update(warm_up_from=timezone.localdate() - 30 * DAY)
    SenderIdentity.objects.update(warm_up_from=timezone.localdate())
    by_account, by_sender = (shown(page) for page in pages)
    assert by_account["gmail"] == (3, 250, 210)
    assert by_account["free"][:2] == (17, None)
    assert by_account["orange"] == by_sender["orange"] == (1, 50, 50)
    assert by_sender["gmail"] == (1, 50, 10)
    lines = [line for line in administrator.get(review).context["lines"] if line.title == "Warm-up"]
    assert [(line.level, line.text.split(".")[1]) for line in lines] == [
        (
            "warn",
            " Today still: 10 (Gmail), 50 (Outlook, Yahoo, Orange, Free, SFR, La Poste, other mailboxes)",
        ),
    ]  # the way out lets 50 leave to each family, and 11 is less
    Campaign.objects.update(engaged_first=True)
    lines = [line for line in administrator.get(review).context["lines"] if line.title == "Warm-up"]
    assert [line.level for line in lines] == ["hint"]


def test_a_mailing_that_waits_as_planned_is_no_warning(administrator: Client) -> None:
    campaign = make_sent(["queued"], state=CampaignState.SENDING, moment=Moment.LOCAL_TIME)
    then = timezone.now() - timedelta(minutes=2)
    Campaign.objects.filter(pk=campaign.pk).update(started_at=then)
    CampaignWatch.objects.create(campaign=campaign, left=1, progressed_at=then)
    Delivery.objects.update(due_at=timezone.now() + timedelta(hours=3))
    shown = administrator.get(reverse("messaging:campaign", args=[campaign.pk])).content.decode()
    assert "It waits, as planned." in shown
    assert "It stands still." not in shown
