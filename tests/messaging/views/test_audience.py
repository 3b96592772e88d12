"""Choosing the audience: the live figures, what the choice means in law, and what is kept."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacts.enums import Channel, ConsentPurpose, SourceKind, TargetingClass
from contacts.models import Contact, List, ListMembership, Newsletter, Segment, Subscription
from contacts.services.consents import record_consent
from contacts.services.projections import refresh_projections
from contacts.services.wordings import current_wording
from messaging.models import Campaign
from messaging.services.pre_send import pre_send
from tests.messaging.people import make_people, make_registrants, make_source
from tests.messaging.views.conftest import make_sent

pytestmark = pytest.mark.django_db


def page_of(client: Client, campaign: Campaign) -> Any:
    return client.get(reverse("messaging:campaign_audience", args=[campaign.pk]))


def count(client: Client, campaign: Campaign, **choice: Any) -> Any:
    url = reverse("messaging:campaign_count", args=[campaign.pk])
    return client.get(url, {"kind": "political", **choice})


def choose(client: Client, campaign: Campaign, **choice: Any) -> Any:
    url = reverse("messaging:campaign_audience", args=[campaign.pk])
    return client.post(url, {"kind": "political", **choice})


def test_everyone_is_counted_with_names_and_reasons(officer: Client, campaign: Campaign) -> None:
    make_people(3)
    nobody = Contact.objects.create(first_name="No", last_name="Address")
    refresh_projections([nobody.pk])
    answer = count(officer, campaign, type="everyone")
    picture = answer.context["picture"]
    assert (picture.counts.reachable, picture.counts.audience) == (3, 4)
    assert [(str(reason), number) for reason, number, _advice in picture.left_out] == [("no_address", 1)]
    assert len(picture.sample) == 3
    assert "Not targeted." in answer.content.decode()


def test_list_that_staff_chose_is_targeted_and_alternatives_are_offered(
    officer: Client, campaign: Campaign
) -> None:
    people = make_people(2)
    chosen = List.objects.create(name="Volunteers", targeting_class=TargetingClass.CRITERION)
    ListMembership.objects.bulk_create(ListMembership(list=chosen, contact=person) for person in people)
    answer = count(officer, campaign, type="list", list=chosen.pk)
    shown = answer.content.decode()
    assert answer.context["picture"].without_consent == 2
    assert "Targeted." in shown
    assert "To reach the others" in shown


def test_newsletter_reaches_those_who_chose_it(officer: Client, campaign: Campaign) -> None:
    people = make_people(3)
    letter = Newsletter.objects.create(name="Lettre de l’Oise")
    Subscription.objects.create(contact=people[0], newsletter=letter)
    answer = count(officer, campaign, type="newsletter", newsletter=letter.pk)
    assert answer.context["picture"].counts.reachable == 1


def test_roll_is_refused_with_the_reason(officer: Client, campaign: Campaign) -> None:
    roll = make_source("Roll", kind=SourceKind.ROLL, lawful_basis="public_roll", channels=["post"])
    answer = count(officer, campaign, type="source", source=roll.pk)
    assert "An electoral roll allows letters and door-to-door only" in answer.content.decode()


@pytest.mark.parametrize("choice", [{"type": "everyone"}, {"type": "list"}])
def test_service_message_to_people_who_take_part_in_nothing_is_refused(
    officer: Client, campaign: Campaign, choice: dict[str, str]
) -> None:
    make_people(1)
    if choice["type"] == "list":
        choice = choice | {"list": str(List.objects.create(name="Picked").pk)}
    answer = count(officer, campaign, kind="service", **choice)
    assert "A service message goes to people who take part in something" in answer.content.decode()
    answer = choose(officer, campaign, kind="service", **choice)
    assert answer.status_code == 422
    assert "A service message goes to people who take part in something" in answer.content.decode()
    campaign.refresh_from_db()
    assert campaign.kind == "political", "nothing is kept"
    stored = {"type": choice["type"]} | ({"id": int(choice["list"])} if "list" in choice else {})
    Campaign.objects.filter(pk=campaign.pk).update(kind="service", audience=stored)
    campaign.refresh_from_db()
    ahead = pre_send(campaign)
    assert not ahead.may_leave
    assert "A service message goes to people" in " ".join(ahead.problems)


@pytest.mark.parametrize("choice", [{}, {"type": "segment"}, {"type": "segment", "segment": "999"}])
def test_choice_that_is_not_finished_counts_nobody(
    officer: Client, campaign: Campaign, choice: dict[str, str]
) -> None:
    answer = count(officer, campaign, **choice)
    assert (answer.status_code, answer.context["picture"]) == (200, None)


def test_choice_and_kind_are_kept_and_lead_on(officer: Client, campaign: Campaign) -> None:
    segment = make_registrants("Rally")
    answer = choose(officer, campaign, type="segment", segment=segment.pk, kind="service")
    assert answer["Location"] == reverse("messaging:campaign_review", args=[campaign.pk])
    campaign.refresh_from_db()
    assert (campaign.audience, campaign.kind) == ({"type": "segment", "id": segment.pk}, "service")
    assert page_of(officer, campaign).context["form"]["segment"].value() == segment.pk
    chosen = List.objects.create(name="Volunteers")
    choose(officer, campaign, type="list", list=chosen.pk)
    campaign.refresh_from_db()
    assert (campaign.audience, campaign.kind) == ({"type": "list", "id": chosen.pk}, "political")


def test_service_message_is_explained_and_asks_for_an_approval_however_few_it_reaches(
    officer: Client, campaign: Campaign
) -> None:
    segment = make_registrants("Rally", *make_people(1))
    choose(officer, campaign, type="segment", segment=segment.pk, kind="service")
    campaign.refresh_from_db()
    shown = officer.get(reverse("messaging:campaign_review", args=[campaign.pk])).content.decode()
    assert "It reaches people who want no political message" in shown
    assert 'id="approval"' in shown
    assert "A service message is approved by somebody else" in " ".join(pre_send(campaign).problems)


def test_private_segments_of_others_are_not_offered(officer: Client, campaign: Campaign) -> None:
    tree = {"all": [{"condition": "has_email", "operator": "has"}]}
    me = page_of(officer, campaign).wsgi_request.user
    own = Segment.objects.create(name="Own", tree=tree, is_shared=False, created_by=me)
    theirs = Segment.objects.create(name="Theirs", tree=tree, is_shared=False)
    body = page_of(officer, campaign).content.decode()
    assert ("Own" in body, "Theirs" in body) == (True, False)
    assert choose(officer, campaign, type="segment", segment=theirs.pk).status_code == 422
    assert choose(officer, campaign, type="segment", segment=own.pk).status_code == 302
    Campaign.objects.filter(pk=campaign.pk).update(audience={"type": "segment", "id": theirs.pk})
    assert "Theirs" in page_of(officer, campaign).content.decode()  # what the mailing has is shown


def test_nothing_changed_leaves_the_revision_alone(officer: Client, campaign: Campaign) -> None:
    choose(officer, campaign, type="everyone")
    campaign.refresh_from_db()
    assert campaign.revision == 1


def test_choice_without_its_list_is_said(officer: Client, campaign: Campaign) -> None:
    answer = choose(officer, campaign, type="list")
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"list": ["Choose one."]}


def test_segment_that_is_gone_is_said_and_nothing_breaks(officer: Client, campaign: Campaign) -> None:
    segment = Segment.objects.create(name="Women", tree={"all": []})
    Campaign.objects.filter(pk=campaign.pk).update(audience={"type": "segment", "id": segment.pk})
    segment.delete()
    assert "does not exist any more" in page_of(officer, campaign).content.decode()


def test_mailing_that_left_keeps_its_audience(officer: Client) -> None:
    campaign = make_sent(["accepted"])
    answer = choose(officer, campaign, type="list", list=List.objects.create(name="Others").pk)
    assert answer.status_code == 422
    campaign.refresh_from_db()
    assert campaign.audience == {"type": "everyone"}
    assert page_of(officer, campaign)["Location"] == reverse("messaging:campaign", args=[campaign.pk])


def test_consent_opens_a_targeted_audience(officer: Client, campaign: Campaign) -> None:
    (person,) = make_people(1)
    chosen = List.objects.create(name="Volunteers")
    ListMembership.objects.create(list=chosen, contact=person)
    record_consent(
        contact=person,
        channel=Channel.EMAIL,
        purpose=ConsentPurpose.TARGETING,
        given=True,
        source=make_source("Form", kind=SourceKind.FORM),
        wording=current_wording(Channel.EMAIL, ConsentPurpose.TARGETING, "fr"),
        by=None,
    )
    assert count(officer, campaign, type="list", list=chosen.pk).context["picture"].counts.reachable == 1


def test_large_audience_is_estimated_at_once_and_counted_after(
    officer: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_people(3)
    monkeypatch.setattr("messaging.views.audience.SMALL", 2)
    answer = count(officer, campaign, type="everyone")
    assert answer.context["picture"].estimate == 3
    assert "≈ 3" in answer.content.decode()
    exact = officer.get(answer.context["exact_url"]).context["picture"]
    assert (exact.estimate, exact.counts.reachable) == (None, 3)


def test_classes_of_the_choice_are_explained(officer: Client, campaign: Campaign) -> None:
    letter = Newsletter.objects.create(name="Lettre de l’Oise")
    shown = count(officer, campaign, type="newsletter", newsletter=letter.pk).content.decode()
    assert "Chosen by the person" in shown
    assert "People chose this themselves" in shown
