"""Before sending: the checklist, the typed confirmation, now or later, and tests to the team."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaign_crm.platform.models import AuditEntry, Organisation
from contacts.models import Import, OptOutAnswer, Source
from messaging.enums import CampaignState
from messaging.models import Campaign, Delivery, Mailbox, ProviderAccount, SendingRule
from tests.messaging.domains import make_domain, prove
from tests.messaging.people import make_officer, make_people
from tests.messaging.views.conftest import make_sent

pytestmark = pytest.mark.django_db


def url(campaign: Campaign) -> str:
    return reverse("messaging:campaign_review", args=[campaign.pk])


def lines(client: Client, campaign: Campaign) -> list[tuple[str, str]]:
    return [(line.level, line.title) for line in client.get(url(campaign)).context["lines"]]


def send(client: Client, campaign: Campaign, **data: Any) -> Any:
    return client.post(url(campaign), {"when": "now", "revision": campaign.revision} | data)


@pytest.fixture
def ready(campaign: Campaign) -> Campaign:
    make_people(3)
    return campaign


def local(days: int) -> str:
    return timezone.localtime(timezone.now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


def test_complete_mailing_has_only_hints_and_a_test_to_send(officer: Client, ready: Campaign) -> None:
    found = lines(officer, ready)
    assert [title for level, title in found if level == "bad"] == []
    assert ("warn", "Test") in found
    assert {title for level, title in found if level == "ok"} == {
        *["Sending", "Who you are", "Sender", "Recipients", "Text"]
    }


def test_it_says_where_returns_come_to(officer: Client, ready: Campaign) -> None:
    def returns() -> list[tuple[str, str]]:
        shown = officer.get(url(ready)).context["lines"]
        return [(line.level, line.text) for line in shown if line.title == "Returns"]

    assert [level for level, _text in returns()] == ["hint"]
    ProviderAccount.objects.update(return_domain="returns.example.com")
    ((level, text),) = returns()
    assert (level, "Nobody reads them" in text, "another domain" in text) == ("warn", True, True)
    Mailbox.objects.create(
        account=ProviderAccount.objects.get(), purpose="returns", host="127.0.0.1", username="returns"
    )
    prove(make_domain(return_path_host="returns.example.org", return_path_target="mx.example.net"))
    ((level, text),) = returns()
    assert (level, text.startswith("Returns come to returns.example.org")) == ("ok", True)


def test_each_obstacle_leads_to_where_it_is_mended(officer: Client, campaign: Campaign) -> None:
    Organisation.objects.update(postal_address="")
    button = {"id": "b9", "type": "button", "label": "Go", "url": ""}
    Campaign.objects.filter(pk=campaign.pk).update(sender=None, audience={}, blocks=[button])
    compose = reverse("messaging:campaign_compose", args=[campaign.pk])
    bad = [line for line in officer.get(url(campaign)).context["lines"] if line.level == "bad"]
    assert [(line.title, line.url) for line in bad] == [
        ("Who you are", reverse("shell:organisation")),
        ("Sender", compose),
        ("Recipients", reverse("messaging:campaign_audience", args=[campaign.pk])),
        ("Text", f"{compose}?block=b9"),
    ]


def test_nothing_leaves_while_something_is_missing(officer: Client, campaign: Campaign) -> None:
    answer = send(officer, campaign)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT
    assert "Nobody of this audience can be written to." in officer.get(answer["Location"]).content.decode()


def test_send_now_begins_at_once(officer: Client, ready: Campaign) -> None:
    answer = send(officer, ready)
    assert answer["Location"] == reverse("messaging:campaign", args=[ready.pk])
    ready.refresh_from_db()
    assert ready.state == CampaignState.FREEZING


def test_later_waits_for_its_moment(officer: Client, ready: Campaign) -> None:
    send(officer, ready, when="later", at=local(2), send_until=local(3))
    ready.refresh_from_db()
    assert ready.state == CampaignState.SCHEDULED
    assert timezone.localtime(ready.scheduled_at).strftime("%Y-%m-%dT%H:%M") == local(2)
    assert timezone.localtime(ready.send_until).strftime("%Y-%m-%dT%H:%M") == local(3)


@pytest.mark.parametrize(
    ("data", "field", "said"),
    [
        ({"when": "later"}, "at", "Say when it leaves."),
        ({"when": "later", "at": "yesterday"}, "at", "Enter a valid date/time."),
        ({"when": "later", "at": "2020-01-01T10:00"}, "at", "This moment has passed"),
        ({"send_until": "2020-01-01T10:00"}, "send_until", "This is before it leaves."),
    ],
)
def test_moment_that_cannot_be_is_said(
    officer: Client, ready: Campaign, data: dict[str, str], field: str, said: str
) -> None:
    answer = send(officer, ready, **data)
    assert answer.status_code == 422
    assert said in answer.context["form"].errors[field][0]
    ready.refresh_from_db()
    assert ready.state == CampaignState.DRAFT


@pytest.mark.parametrize(("typed", "leaves"), [("", False), ("2", False), ("3", True), (" 3 ", True)])
def test_many_recipients_ask_for_their_number(
    officer: Client, ready: Campaign, typed: str, leaves: bool
) -> None:
    SendingRule.objects.create(id=1, window_seconds=0, typed_above=3)
    assert "To confirm, type the number of recipients: 3" in officer.get(url(ready)).content.decode()
    send(officer, ready, typed=typed)
    ready.refresh_from_db()
    assert (ready.state == CampaignState.FREEZING) is leaves


def test_few_recipients_ask_for_nothing(officer: Client, ready: Campaign) -> None:
    assert "To confirm" not in officer.get(url(ready)).content.decode()


def test_text_changed_meanwhile_is_looked_at_again(officer: Client, ready: Campaign) -> None:
    Campaign.objects.filter(pk=ready.pk).update(revision=7)
    answer = send(officer, ready)
    assert "look at it again first" in officer.get(answer["Location"]).content.decode()
    ready.refresh_from_db()
    assert ready.state == CampaignState.DRAFT


def test_reader_sees_the_checklist_and_sends_nothing(reader: Client, ready: Campaign) -> None:
    shown = reader.get(url(ready)).content.decode()
    assert "Your role does not include sending" in shown
    assert 'id="send-form"' not in shown
    assert send(reader, ready).status_code == 403
    ready.refresh_from_db()
    assert ready.state == CampaignState.DRAFT


def test_mailing_that_left_has_nothing_to_review(officer: Client) -> None:
    campaign = make_sent(["accepted"])
    assert officer.get(url(campaign))["Location"] == reverse("messaging:campaign", args=[campaign.pk])


def send_test(client: Client, campaign: Campaign, addresses: str, **data: str) -> str:
    make_officer("ann@example.org")
    make_officer("bob@example.org")
    answer = client.post(
        reverse("messaging:campaign_test", args=[campaign.pk]), {"addresses": addresses, **data}
    )
    shown: str = answer.content.decode()
    return shown


def test_test_goes_to_several_addresses_as_a_chosen_person(officer: Client, ready: Campaign) -> None:
    (person,) = make_people(1, start=50)
    shown = send_test(officer, ready, "ann@example.org, bob@example.org\n", reader=str(person.pk))
    assert "on its way to 2 addresses" in shown
    queued = Delivery.objects.filter(campaign__standing_for__startswith="test:")
    assert sorted(queued.values_list("address", flat=True)) == ["ann@example.org", "bob@example.org"]
    assert {row.context["reader"] for row in queued} == {person.pk}
    assert ("warn", "Test") not in lines(officer, ready)


def test_test_without_a_person_takes_nobodys_data(officer: Client, ready: Campaign) -> None:
    send_test(officer, ready, "ann@example.org", reader="example")
    assert Delivery.objects.get(campaign__standing_for__startswith="test:").context is None


@pytest.mark.parametrize("addresses", ["", "nobody", "ann@example.org, @", "a@example.org," * 11 + "b@x.fr"])
def test_test_to_a_wrong_address_is_said(officer: Client, ready: Campaign, addresses: str) -> None:
    many = ",".join(f"p{number}@example.org" for number in range(11)) if "," * 11 in addresses else addresses
    assert "alert-bad" in send_test(officer, ready, many)
    assert not Delivery.objects.exists()


def test_test_without_a_sender_is_said(officer: Client, ready: Campaign) -> None:
    Campaign.objects.filter(pk=ready.pk).update(sender=None)
    assert "Choose a sender." in send_test(officer, ready, "ann@example.org")


def test_first_mailing_after_moving_in_asks_for_the_opt_out_file(officer: Client, ready: Campaign) -> None:
    assert "Rules" not in dict(map(reversed, lines(officer, ready)))
    tool = Source.objects.create(name="Former tool", kind="address_book", lawful_basis="none")
    Import.objects.create(kind="address-book", state="done", file_name="members.csv", source=tool)
    question = reverse("contacts:opt_out_question")
    line = next(line for line in officer.get(url(ready)).context["lines"] if line.level == "bad")
    assert (line.title, line.url) == ("Rules", question)
    send(officer, ready)
    ready.refresh_from_db()
    assert ready.state == CampaignState.DRAFT
    for lacking in ({"source": tool.pk}, {"sure": "yes"}, {"source": tool.pk, "answer": "file"}):
        assert officer.post(question, lacking).status_code == 302
    assert not OptOutAnswer.objects.exists()
    officer.post(question, {"source": tool.pk, "answer": "none", "sure": "yes"})
    answer = OptOutAnswer.objects.get()
    assert answer.said_by is not None
    assert AuditEntry.objects.get(action="opt_outs.none").actor == answer.said_by
    assert "Answers so far" in officer.get(question).content.decode()
    assert [line for line in officer.get(url(ready)).context["lines"] if line.level == "bad"] == []
    send(officer, ready)
    ready.refresh_from_db()
    assert ready.state != CampaignState.DRAFT


def test_a_way_out_that_replaces_our_links_is_named(officer: Client, ready: Campaign) -> None:
    assert ("hint", "Links") not in lines(officer, ready)
    ProviderAccount.objects.update(kind=ProviderAccount.Kind.BREVO)
    found = [line for line in officer.get(url(ready)).context["lines"] if line.title == "Links"]
    assert [line.level for line in found] == ["hint"]
    assert "Transactional › Settings" in found[0].text
