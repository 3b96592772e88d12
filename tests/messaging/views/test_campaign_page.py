"""The page of a mailing under way or sent: progress, recipients, message; and the calendar."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contacts.models import Contact
from messaging.enums import CampaignState, DeliveryState, ShownState
from messaging.models import Campaign
from messaging.selectors import progress_of
from tests.messaging.people import make_campaign
from tests.messaging.views.conftest import make_sent

pytestmark = pytest.mark.django_db
EVERY_STATE = DeliveryState.values


def page(client: Client, campaign: Campaign, name: str = "campaign", **query: str) -> Any:
    return client.get(reverse(f"messaging:{name}", args=[campaign.pk]), query)


def test_five_words_gather_every_state_of_the_ledger(reader: Client) -> None:
    campaign = make_sent(EVERY_STATE, state=CampaignState.SENDING)
    progress = page(reader, campaign).context["progress"]
    numbers = {word: number for word, number, _states in progress.shown}
    assert numbers == {
        ShownState.WAITING: 3,
        ShownState.SENDING: 1,
        ShownState.DELIVERED: 3,
        ShownState.FAILED: 5,
        ShownState.TO_CHECK: 2,
    }
    assert sum(numbers.values()) == len(EVERY_STATE) == progress.total
    assert (progress.done, progress.left) == (10, 4)


def test_every_state_is_named_on_the_page(reader: Client) -> None:
    shown = page(reader, make_sent(EVERY_STATE, state=CampaignState.SENDING)).content.decode()
    assert [state.label for state in DeliveryState if str(state.label) not in shown] == []


def test_recipient_to_check_is_explained(reader: Client) -> None:
    shown = page(reader, make_sent(["unknown"])).content.decode()
    assert "1 recipient to check." in shown
    assert "never sent again by itself" in shown


def test_message_in_hand_says_how_long_its_answer_may_take(reader: Client) -> None:
    words = "waits some minutes for the server’s answer"
    assert words in page(reader, make_sent(["handed"], state=CampaignState.SENDING)).content.decode()
    assert words not in page(reader, make_sent(["queued"], state=CampaignState.SENDING)).content.decode()


def test_rate_and_end_are_told_while_it_sends() -> None:
    campaign = make_sent(["accepted"] * 3 + ["queued"] * 6, state=CampaignState.SENDING)
    campaign.started_at = timezone.now() - timezone.timedelta(seconds=30)
    cache.clear()
    progress = progress_of(campaign)
    assert progress.rate == pytest.approx(0.1, rel=0.05)
    seconds = (progress.ends_at - timezone.now()).total_seconds()
    assert seconds == pytest.approx(60, rel=0.1)


def test_progress_asks_again_until_the_send_has_ended(reader: Client) -> None:
    sending = make_sent(["queued"], state=CampaignState.SENDING)
    answer = page(reader, sending, "campaign_progress", state="sending")
    assert (answer.status_code, "every 2s" in answer.content.decode()) == (200, True)
    sent = make_sent(["accepted"])
    answer = page(reader, sent, "campaign_progress", state="sent")
    assert (answer.status_code, "every 2s" in answer.content.decode()) == (286, False)


def test_live_part_keeps_its_links_and_buttons(officer: Client) -> None:
    campaign = make_sent(["unknown", "queued"], state=CampaignState.SENDING)
    shown = page(officer, campaign, "campaign_progress", state="sending").content.decode()
    assert f"{reverse('messaging:campaign_recipients', args=[campaign.pk])}?state=waiting" in shown
    assert 'data-dialog-open="settle-dialog"' in shown


def test_change_of_state_brings_the_whole_page_anew(reader: Client) -> None:
    campaign = make_sent(["queued"], state=CampaignState.PAUSED)
    answer = page(reader, campaign, "campaign_progress", state="sending")
    assert answer["HX-Refresh"] == "true"


def test_preparing_is_shown_with_its_share(reader: Client) -> None:
    campaign = make_campaign(state="freezing", audience_count=2_000, freeze_cursor=500)
    assert "500 of 2,000" in page(reader, campaign).content.decode()


@pytest.mark.parametrize(
    ("state", "offered", "withheld"),
    [
        ("scheduled", ["Back to draft", "Cancel the mailing…", "Edit"], ["Pause…", "Resume"]),
        ("sending", ["Pause…", "Cancel the mailing…"], ["Resume", "Edit"]),
        ("paused", ["Resume", "Cancel the mailing…"], ["Pause…"]),
        ("sent", ["Duplicate"], ["Pause…", "Resume", "Cancel the mailing…"]),
    ],
)
def test_buttons_follow_the_state_and_the_role(
    officer: Client, reader: Client, state: str, offered: list[str], withheld: list[str]
) -> None:
    if state == "scheduled":
        campaign = make_campaign(state=state, scheduled_at=timezone.now())
    else:
        campaign = make_sent(["accepted"], state=state)
    shown = page(officer, campaign).content.decode()
    assert [words for words in offered if words not in shown] == []
    assert [words for words in withheld if f" {words}<" in shown or f">{words}<" in shown] == []
    read = page(reader, campaign).content.decode()
    assert [words for words in [*offered, "Duplicate"] if f" {words}<" in read or f">{words}<" in read] == []


def test_why_it_stopped_and_who_was_left_out_are_shown(reader: Client) -> None:
    campaign = make_sent(
        ["queued"],
        state=CampaignState.PAUSED,
        pause_reason="Wrong date",
        excluded={"no_address": 4, "gone": 1},
    )
    answer = page(reader, campaign)
    assert "Wrong date" in answer.content.decode()
    assert answer.context["excluded"] == [("No usable address or number", 4), ("gone", 1)]


def test_page_survives_an_audience_that_is_gone(reader: Client) -> None:
    campaign = make_sent(["accepted"], audience={"type": "segment", "id": 999})
    assert page(reader, campaign).context["audience_label"] == ""


def test_message_is_shown_as_it_left(reader: Client) -> None:
    campaign = make_sent(["accepted"])
    preview = reverse("messaging:campaign_preview", args=[campaign.pk])
    assert f'src="{preview}"' in page(reader, campaign, "campaign_message").content.decode()


def recipients(client: Client, campaign: Campaign, **query: str) -> list[str]:
    rows = page(client, campaign, "campaign_recipients", **query).context["rows"]
    return [row.state for row, _person, _word in rows]


def test_recipients_are_filtered_by_word_or_state(reader: Client) -> None:
    campaign = make_sent(["accepted", "bounced", "failed", "unknown"])
    assert recipients(reader, campaign) == ["accepted", "bounced", "failed", "unknown"]
    assert recipients(reader, campaign, state="failed") == ["bounced", "failed"]
    assert recipients(reader, campaign, state="bounced") == ["bounced"]
    assert recipients(reader, campaign, state="nonsense") == ["accepted", "bounced", "failed", "unknown"]


def test_recipients_go_on_by_key(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messaging.views.campaign.RECIPIENTS_SHOWN", 2)
    campaign = make_sent(["accepted", "failed", "unknown"])
    following = page(reader, campaign, "campaign_recipients").context["next_after"]
    assert recipients(reader, campaign, after=str(following)) == ["unknown"]


def test_recipient_is_found_by_name(reader: Client) -> None:
    campaign = make_sent(["accepted", "failed"])
    Contact.objects.filter(first_name="Camille2").update(last_name="Girard")
    assert recipients(reader, campaign, q="girard") == ["failed"]


def test_recipient_that_was_erased_has_no_name(reader: Client) -> None:
    campaign = make_sent(["accepted"])
    Contact.objects.update(erased_at=timezone.now())
    assert "Erased person" in page(reader, campaign, "campaign_recipients").content.decode()


def test_recipients_cost_the_same_queries_with_one_and_with_three(reader: Client) -> None:
    one, three = make_sent(["accepted"]), make_sent(["accepted", "failed", "unknown"])
    page(reader, one, "campaign_recipients")
    with CaptureQueriesContext(connection) as first:
        page(reader, one, "campaign_recipients")
    with CaptureQueriesContext(connection) as second:
        page(reader, three, "campaign_recipients")
    assert len(first) == len(second)


def moment(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))


def calendar(client: Client, month: str) -> list[tuple[int, list[str]]]:
    days = client.get(reverse("messaging:calendar"), {"month": month}).context["days"]
    return [(day.day.day, [campaign.name for _at, campaign in day.entries]) for day in days]


def test_calendar_has_what_is_planned_and_what_left_on_its_local_day(reader: Client) -> None:
    make_campaign(name="Planned", state="scheduled", scheduled_at=moment("2031-03-31T23:30"))
    make_sent(["accepted"], name="Left", started_at=moment("2031-03-04T08:00"))
    make_campaign(name="Draft", scheduled_at=moment("2031-03-05T08:00"))
    assert calendar(reader, "2031-03") == [(4, ["Left"]), (31, ["Planned"])]
    assert calendar(reader, "2031-04") == []


@pytest.mark.parametrize("month", ["", "2031-13", "nonsense", "0000-01", "9999-12", "0001-01"])
def test_calendar_takes_any_month(reader: Client, month: str) -> None:
    assert reader.get(reverse("messaging:calendar"), {"month": month}).status_code == 200


def test_calendar_marks_today(reader: Client) -> None:
    assert "Today: nothing leaves." not in reader.get(reverse("messaging:calendar")).content.decode()
    make_sent(["accepted"], started_at=timezone.now())
    days = reader.get(reverse("messaging:calendar")).context["days"]
    assert [day.day for day in days] == [timezone.localdate()]
