"""The register of targeted mailings, the notice that readers open, coverage and the consent round."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from campaign_crm.platform.models import AuditEntry
from contacts.models import Election, ElectionRound, List, ListMembership, Segment
from contacts.services.lists import add_to_list
from messaging.enums import CampaignState
from messaging.models import Campaign
from messaging.services.compiling import compile_campaign
from messaging.services.consent_round import prepare_consent_round
from messaging.services.coverage import coverage
from messaging.services.pre_send import pre_send
from messaging.services.targeting import entries_of, notice_url, targeted_mailings
from tests.messaging.dispatch.conftest import start
from tests.messaging.people import agree_to_targeting, make_campaign, make_officer, make_people

pytestmark = pytest.mark.django_db(transaction=True)

WOMEN = {"all": [{"condition": "gender", "operator": "is", "value": ["F"]}]}


@pytest.fixture
def targeted() -> Campaign:
    """A mailing to women, of whom one agreed to be chosen and one did not."""
    people = make_people(3)
    agree_to_targeting(people[0])
    segment = Segment.objects.create(name="Women", tree=WOMEN)
    return make_campaign(audience={"type": "segment", "id": segment.pk}, subject="Chez vous")


@pytest.fixture
def officer() -> Client:
    found = Client()
    found.force_login(make_officer())
    return found


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def test_what_was_chosen_is_kept_as_it_was_frozen(targeted: Campaign) -> None:
    start(targeted)
    Segment.objects.update(tree={"all": []}, version=9)
    (entry,) = entries_of(list(targeted_mailings()))
    assert (entry.campaign.audience_count, entry.left_out, entry.rulebook) == (1, 1, "fr-2")
    with override("en"):
        (line,) = entries_of(list(targeted_mailings()))[0].criteria
    assert "Gender" in line
    assert "Woman" in line


def test_segments_inside_and_lists_are_kept_as_they_said_then() -> None:
    people = make_people(3)
    agree_to_targeting(people[0])
    inner = Segment.objects.create(name="Women", tree=WOMEN)
    picked = List.objects.create(name="Notables", targeting_class="criterion")
    add_to_list(to=picked, contacts=people, by=None)
    named = {"condition": "segment", "operator": "any", "value": [inner.pk]}
    listed = {"condition": "list", "operator": "any", "value": [picked.pk]}
    outer = Segment.objects.create(name="Outer", tree={"all": [named, listed]})
    start(make_campaign(audience={"type": "segment", "id": outer.pk}))
    men = {"all": [{"condition": "gender", "operator": "is", "value": ["M"]}]}
    Segment.objects.filter(pk=inner.pk).update(tree=men, name="Men")
    List.objects.update(name="Others")
    ListMembership.objects.all().delete()
    with override("en"):
        (entry,) = entries_of(list(targeted_mailings()))
    assert entry.criteria == [
        "In the segment at least one of Women",
        "– Gender is Woman",
        "On the fixed list at least one of Notables (3 people then)",
    ]
    with override("fr"):
        assert "Femme" in entries_of(list(targeted_mailings()))[0].criteria[1]


def test_a_fixed_list_is_kept_with_its_name_and_size_of_then() -> None:
    people = make_people(2)
    agree_to_targeting(people[0])
    picked = List.objects.create(name="Notables", targeting_class="criterion")
    add_to_list(to=picked, contacts=people, by=None)
    start(make_campaign(audience={"type": "list", "id": picked.pk}))
    List.objects.update(name="Others")
    with override("en"):
        (entry,) = entries_of(list(targeted_mailings()))
    assert entry.criteria == ["Fixed list “Notables”, picked by hand (2 people then)"]


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"engaged_first": True}, "Of those who agreed: whoever clicks most gets it first"),
        ({"moment": "best_hour"}, "Of those who agreed, when: Within a day"),
    ],
)
def test_when_each_person_gets_it_stands_in_the_register(option: dict[str, object], said: str) -> None:
    make_people(2)
    campaign = start(make_campaign(**option))
    with override("en"):
        (entry,) = entries_of(list(targeted_mailings()))
    assert not entry.campaign.targeted, "it reaches everybody: nobody is left out"
    (line,) = entry.criteria
    assert line.startswith(said)
    assert notice_url(campaign) in str(campaign.compiled)
    assert "à un moment choisi pour" in str(campaign.compiled), "it says what was chosen, and nothing else"
    page = Client(headers={"accept-language": "en"}).get(path_of(notice_url(campaign))).content.decode()
    assert "What was chosen" in page
    assert "How its readers were chosen" not in page


def test_a_mailing_to_everyone_is_in_no_register_and_owes_no_notice() -> None:
    make_people(1)
    campaign = start(make_campaign())
    assert not targeted_mailings().exists()
    assert "/notice/" not in str(campaign.compiled)


def test_each_targeted_message_leads_to_its_notice(targeted: Campaign) -> None:
    compiled = compile_campaign(targeted)
    assert notice_url(targeted) in compiled.html
    assert notice_url(targeted) in compiled.text
    start(targeted)
    assert notice_url(targeted) in str(targeted.compiled)


def test_the_notice_tells_a_stranger_who_pays_and_how_they_were_chosen(targeted: Campaign) -> None:
    vote = Election.objects.create(name="Présidentielle 2027", suffrage="presidential")
    ElectionRound.objects.create(election=vote, number=1, day="2099-04-11")
    path = path_of(notice_url(targeted))
    assert Client().get(path).status_code == 404, "nothing has left yet"
    start(targeted)
    page = Client(headers={"accept-language": "fr"}).get(path).content.decode()
    for words in ("Chez vous", "Présidentielle 2027", "Femme", "Qui l’envoie et la paie"):
        assert words in page


def test_no_other_token_opens_it_and_none_can_be_guessed(targeted: Campaign) -> None:
    start(targeted)
    path = path_of(notice_url(targeted))
    changed = path[:-1] + ("A" if path[-1] != "A" else "B")
    assert Client().get(changed).status_code == 404
    assert Client().get("/notice/" + "A" * 36).status_code == 404


def test_the_register_is_a_file_for_an_inspection(targeted: Campaign, officer: Client) -> None:
    start(targeted)
    answer = officer.get(reverse("messaging:targeting_export"))
    header, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    assert dict(zip(header, row, strict=True))["Recipients"] == "1"
    assert AuditEntry.objects.filter(action="targeting.export", detail={"rows": 1}).exists()


def test_the_page_says_how_many_agreed(targeted: Campaign, officer: Client) -> None:
    email, sms = coverage()
    assert (email.reachable, email.agreed, email.percent) == (3, 1, 33)
    assert (sms.reachable, sms.percent) == (0, 0)
    page = officer.get(reverse("messaging:targeting")).content.decode()
    assert "1 of 3 people who can be written to (33 %)" in page


def test_a_consent_round_is_a_draft_to_everyone_that_chooses_nobody(officer: Client) -> None:
    make_people(2)
    answer = officer.post(reverse("messaging:consent_round"))
    campaign = Campaign.objects.get(audience={"type": "everyone"})
    assert answer.url == reverse("messaging:campaign_compose", args=[campaign.pk])
    assert campaign.state == CampaignState.DRAFT
    found = pre_send(campaign)
    assert (found.recipients, found.targeted) == (2, False)
    assert "{{ preferences_url }}" in str(prepare_consent_round(by=make_officer()).blocks)
