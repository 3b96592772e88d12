"""The list of mailings, beginning one, and the small acts."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.registry import registry
from messaging.enums import CampaignState
from messaging.models import Campaign, Delivery, Operation, Template
from tests.messaging.people import make_campaign, make_officer
from tests.messaging.views.conftest import make_sent

pytestmark = pytest.mark.django_db
LIST = reverse("messaging:campaigns")


def names(client: Client, **query: str) -> list[str]:
    page = client.get(LIST, query).context["page"]
    return [campaign.name for campaign in page.rows]


def test_list_shows_newest_first_without_service_messages(reader: Client) -> None:
    first, second = make_campaign(name="First"), make_campaign(name="Second")
    make_campaign(name="Confirmations", standing_for="confirmation:fr")
    assert names(reader) == [second.name, first.name]


def test_list_costs_the_same_queries_with_one_row_and_with_three(reader: Client) -> None:
    reader.get(LIST)
    make_sent(["accepted", "failed"])
    with CaptureQueriesContext(connection) as one:
        reader.get(LIST)
    make_sent(["accepted"], operation=Operation.objects.create(name="Rally"))
    make_campaign()
    with CaptureQueriesContext(connection) as three:
        reader.get(LIST)
    assert len(three) == len(one)


def test_list_shows_what_became_of_each(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = make_sent(["accepted", "delivered", "bounced", "queued"], state=CampaignState.SENDING)
    monkeypatch.setattr(registry, "campaign_figures", {"test": lambda ids: {pk: {"opened": 2} for pk in ids}})
    ((row, figures),) = reader.get(LIST).context["rows"]
    assert (row.pk, figures.recipients, figures.delivered, figures.opened, figures.clicked) == (
        campaign.pk,
        4,
        2,
        2,
        0,
    )


def test_list_reads_the_counts_kept_of_a_mailing_that_ended(reader: Client) -> None:
    make_sent(["accepted"], state_counts={"accepted": 41, "failed": 1})
    ((_row, figures),) = reader.get(LIST).context["rows"]
    assert figures.delivered == 41


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("draft", ["Draft"]),
        ("under_way", ["Paused"]),
        ("sent", ["Sent"]),
        ("", ["Sent", "Paused", "Draft"]),
        ("nonsense", ["Sent", "Paused", "Draft"]),
    ],
)
def test_quick_filter_keeps_its_states(reader: Client, state: str, shown: list[str]) -> None:
    make_campaign(name="Draft")
    make_sent(["queued"], state=CampaignState.PAUSED, name="Paused")
    make_sent(["accepted"], name="Sent")
    assert names(reader, state=state) == shown


def test_search_ignores_case_and_accents(reader: Client) -> None:
    make_campaign(name="Vœux de l’Été")
    make_campaign(name="Rentrée")
    assert names(reader, q="ETE voeux") == ["Vœux de l’Été"]


def test_long_list_goes_on_by_key(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messaging.views.campaigns.PAGE", 2)
    for number in range(3):
        make_campaign(name=f"Mailing {number}")
    page = reader.get(LIST).context["page"]
    assert [campaign.name for campaign in page.rows] == ["Mailing 2", "Mailing 1"]
    following = reader.get(LIST + page.next_url).context["page"]
    assert [campaign.name for campaign in following.rows] == ["Mailing 0"]
    assert following.next_url == ""


def test_empty_list_invites_to_write_only_those_who_may(officer: Client, reader: Client) -> None:
    new = reverse("messaging:campaign_new")
    assert new in officer.get(LIST).content.decode()
    assert new not in reader.get(LIST).content.decode()


def test_new_mailing_from_blank_leads_to_its_composer(officer: Client) -> None:
    answer = officer.post(
        reverse("messaging:campaign_new"),
        {"name": "Rally", "start": "blank", "operation_name": "  Lyon  rally "},
    )
    campaign = Campaign.objects.get(name="Rally")
    assert answer["Location"] == reverse("messaging:campaign_compose", args=[campaign.pk])
    assert (campaign.blocks, campaign.state, campaign.operation.name) == ([], "draft", "Lyon rally")


def test_new_mailing_takes_the_sender_of_the_last_one(officer: Client, campaign: Campaign) -> None:
    officer.post(reverse("messaging:campaign_new"), {"name": "Rally", "start": "blank"})
    assert Campaign.objects.get(name="Rally").sender == campaign.sender


def test_new_mailing_from_a_template_has_its_text(officer: Client) -> None:
    blocks = [{"id": "a", "type": "text", "html": "<p>Hello</p>"}]
    template = Template.objects.create(name="Weekly", subject="This week", blocks=blocks)
    officer.post(
        reverse("messaging:campaign_new"), {"name": "Week 9", "start": "template", "template": template.pk}
    )
    made = Campaign.objects.get(name="Week 9")
    assert (made.subject, made.blocks) == ("This week", blocks)


def test_new_mailing_from_an_earlier_one_is_a_draft_of_its_own(officer: Client) -> None:
    earlier = make_sent(["accepted"], subject="Earlier")
    officer.post(
        reverse("messaging:campaign_new"), {"name": "Again", "start": "previous", "previous": earlier.pk}
    )
    made = Campaign.objects.get(name="Again")
    assert (made.subject, made.state, made.audience_count) == ("Earlier", "draft", None)


@pytest.mark.parametrize("start", ["template", "previous"])
def test_new_mailing_says_what_to_choose(officer: Client, start: str) -> None:
    answer = officer.post(reverse("messaging:campaign_new"), {"name": "Rally", "start": start})
    assert answer.status_code == 422
    assert answer.context["form"].errors[start] == ["Choose one, or begin with a blank message."]


def act(client: Client, campaign: Campaign, what: str, **data: str) -> Any:
    return client.post(reverse("messaging:campaign_act", args=[campaign.pk, what]), data, follow=True)


def test_duplicate_opens_the_copy(officer: Client, campaign: Campaign) -> None:
    answer = act(officer, campaign, "duplicate")
    copy = Campaign.objects.latest("pk")
    assert copy.blocks == campaign.blocks
    assert answer.redirect_chain[-1][0] == reverse("messaging:campaign_compose", args=[copy.pk])


def test_pause_keeps_its_reason_and_resume_goes_on(officer: Client) -> None:
    campaign = make_sent(["queued"], state=CampaignState.SENDING)
    act(officer, campaign, "pause", reason="Wrong date")
    campaign.refresh_from_db()
    assert (campaign.state, campaign.pause_reason) == ("paused", "Wrong date")
    act(officer, campaign, "resume")
    campaign.refresh_from_db()
    assert campaign.state == "sending"


def test_cancel_ends_it(officer: Client) -> None:
    campaign = make_sent(["queued"], state=CampaignState.PAUSED)
    act(officer, campaign, "cancel", reason="No longer true")
    campaign.refresh_from_db()
    assert campaign.state == "cancelled"


def test_act_in_the_wrong_state_is_said(officer: Client, campaign: Campaign) -> None:
    answer = act(officer, campaign, "resume")
    assert "Only a paused mailing can go on." in answer.content.decode()


@pytest.mark.parametrize(
    ("decision", "state"), [("accepted", "sent"), ("abandoned", "sent"), ("queued", "sending")]
)
def test_uncertain_recipients_are_settled_by_a_person(officer: Client, decision: str, state: str) -> None:
    campaign = make_sent(["accepted", "unknown", "unknown"])
    answer = act(officer, campaign, "settle", decision=decision, reason="The provider's log")
    assert "2 recipients settled." in answer.content.decode()
    assert Delivery.objects.of_campaign(campaign).filter(state="unknown").count() == 0
    campaign.refresh_from_db()
    assert campaign.state == state


def test_uncertain_recipients_are_settled_by_a_decision_that_exists(officer: Client) -> None:
    campaign = make_sent(["unknown"])
    answer = act(officer, campaign, "settle", decision="delivered")
    assert "Choose what to do with them." in answer.content.decode()
    assert Delivery.objects.of_campaign(campaign).get().state == "unknown"


@pytest.mark.parametrize("what", ["duplicate", "pause", "resume", "cancel", "settle"])
def test_reader_acts_on_nothing(reader: Client, what: str) -> None:
    campaign = make_sent(["queued"], state=CampaignState.SENDING)
    assert act(reader, campaign, what).status_code == 403
    campaign.refresh_from_db()
    assert campaign.state == "sending"


def test_mailing_is_kept_as_a_template(officer: Client, campaign: Campaign) -> None:
    url = reverse("messaging:campaign_to_template", args=[campaign.pk])
    officer.post(url, {"name": "Weekly"})
    kept = Template.objects.get()
    assert [block["id"] for block in kept.blocks] == ["a", "b"]
    assert kept.subject == campaign.subject
    again = officer.post(url, {"name": "Weekly"}, follow=True)
    assert "A template already has this name" in again.content.decode()
    assert Template.objects.count() == 1


def test_read_only_member_reads_a_draft_without_the_composer(reader: Client, campaign: Campaign) -> None:
    page = reader.get(reverse("messaging:campaign", args=[campaign.pk]))
    assert page.status_code == 200
    assert reverse("messaging:campaign_preview", args=[campaign.pk]) in page.content.decode()
    assert reader.get(reverse("messaging:campaign_compose", args=[campaign.pk])).status_code == 403


def test_officer_goes_from_a_draft_to_its_composer(officer: Client, campaign: Campaign) -> None:
    answer = officer.get(reverse("messaging:campaign", args=[campaign.pk]))
    assert answer["Location"] == reverse("messaging:campaign_compose", args=[campaign.pk])


def test_author_is_not_confused_with_the_member(officer: Client) -> None:
    make_officer()
    officer.post(reverse("messaging:campaign_new"), {"name": "Rally", "start": "blank"})
    assert Campaign.objects.get(name="Rally").created_by.email == "director@example.org"
