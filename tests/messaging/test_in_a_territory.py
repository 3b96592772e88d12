"""Mailings of a coordinator: to the people of their territory, counted, tested and frozen within it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from campaign_crm.platform.walls import acting_within
from contacts.enums import Channel, MessageKind, SourceKind, UnreachableReason
from contacts.models import Contact, Grant, Newsletter, Subscription
from contacts.segments.audience import resolve_audience
from contacts.segments.errors import AudienceRefused
from messaging.models import Campaign, Delivery, Template
from messaging.services.campaigns import set_audience
from messaging.services.compiling import compile_campaign
from messaging.services.kits import may_use_kit
from messaging.services.pre_send import pre_send
from messaging.services.targeting import notice_url
from messaging.services.testing import send_test
from tests.messaging.people import agree_to_targeting, make_campaign, make_officer, make_people, make_source
from tests.support.places import Places, make_places

pytestmark = pytest.mark.django_db
EVERYONE = {"type": "everyone"}


@pytest.fixture
def places(db: None) -> Places:
    return make_places()


@pytest.fixture
def coordinator(places: Places) -> User:
    user = User.objects.create_user(email="coordinator@example.org", role="", language="en")
    Grant.objects.create(user=user, role="local_coordinator", territory=places.oise)
    return user


@pytest.fixture
def local(coordinator: User) -> Client:
    client = Client()
    client.force_login(coordinator)
    return client


@pytest.fixture
def people(places: Places) -> list[Contact]:
    """Two people of Beauvais and one of Amiens who agreed to be chosen; two of Amiens, one of nowhere."""
    made = make_people(6)
    for person, commune in zip(made, [places.beauvais] * 2 + [places.amiens] * 3, strict=False):
        Contact.objects.filter(pk=person.pk).update(commune=commune)
    agree_to_targeting(*made[:3])
    return made


def test_mailing_begun_by_a_coordinator_is_of_their_territory(local: Client, places: Places) -> None:
    page, form = reverse("messaging:campaign_new"), {"name": "Rally", "start": "blank"}
    local.post(page, form | {"territory": places.oise.pk})
    assert Campaign.objects.get(name="Rally").territory == places.oise
    answer = local.post(page, form | {"name": "Elsewhere", "territory": places.somme.pk})
    assert (answer.status_code, Campaign.objects.filter(name="Elsewhere").exists()) == (422, False)


def test_counts_and_freeze_agree_within_the_territory(
    people: list[Contact], coordinator: User, places: Places
) -> None:
    campaign = Campaign.objects.create(name="Rally", territory=places.oise, audience=EVERYONE)
    terms = {"channel": Channel.EMAIL, "kind": MessageKind.POLITICAL, "scope": campaign.scope}
    with acting_within(coordinator.scope_of(Right.EDIT_CAMPAIGN)):
        counted = resolve_audience(EVERYONE).counts(**terms)
        assert (counted.reachable, counted.audience) == (2, 2)  # nobody of elsewhere, not even as a number
    frozen = resolve_audience(EVERYONE).reachable(**terms)
    assert set(frozen) == set(people[:2])


def test_whoever_did_not_agree_to_be_chosen_is_not_written_to_because_of_where_they_live(
    people: list[Contact], places: Places
) -> None:
    stranger = make_people(1, start=20)[0]
    Contact.objects.filter(pk=stranger.pk).update(commune=places.beauvais)
    campaign = make_campaign(territory=places.oise, audience=EVERYONE)
    found = pre_send(campaign)
    assert (found.recipients, found.targeted) == (2, True)
    left_out = {UnreachableReason.NO_TARGETING_CONSENT: 1, UnreachableReason.OUT_OF_SCOPE: 4}
    assert found.excluded == left_out
    assert notice_url(campaign) in compile_campaign(campaign).html


def test_page_says_that_a_territory_is_a_criterion_and_which_newsletter_needs_none(
    people: list[Contact], local: Client, places: Places
) -> None:
    stranger = make_people(1, start=20)[0]
    Contact.objects.filter(pk=stranger.pk).update(commune=places.beauvais)
    campaign = make_campaign(territory=places.oise)
    Newsletter.objects.create(name="Lettre de Beauvais", territory=places.beauvais)
    Newsletter.objects.create(name="Lettre d’Amiens", territory=places.amiens)
    shown = local.get(reverse("messaging:campaign_audience", args=[campaign.pk])).content.decode()
    assert "Targeted." in shown
    assert "choosing people by where they live counts as targeting" in shown
    assert "Lettre de Beauvais" in shown.split("To reach the others")[1]
    assert "Lettre d’Amiens" not in shown.split("To reach the others")[1]


def test_newsletter_of_a_place_inside_goes_to_everybody_who_chose_it(
    people: list[Contact], places: Places
) -> None:
    own = Newsletter.objects.create(name="Lettre de Beauvais", territory=places.beauvais)
    other = Newsletter.objects.create(name="La lettre")
    for letter in (own, other):
        Subscription.objects.bulk_create(
            Subscription(contact=person, newsletter=letter) for person in (people[1], people[3], people[5])
        )
    terms = {"channel": Channel.EMAIL, "kind": MessageKind.POLITICAL, "scope": [places.oise.pk]}
    local_letter = resolve_audience({"type": "newsletter", "id": own.pk})
    assert set(local_letter.reachable(**terms)) == {people[1], people[3], people[5]}
    assert not local_letter.targeted_on(Channel.EMAIL, [places.oise.pk])
    cut = resolve_audience({"type": "newsletter", "id": other.pk})
    assert cut.targeted_on(Channel.EMAIL, [places.oise.pk])
    assert set(cut.reachable(**terms)) == {people[1]}


def test_who_chose_it_elsewhere_is_not_counted_for_a_coordinator_and_that_is_said(
    people: list[Contact], local: Client, places: Places
) -> None:
    letter = Newsletter.objects.create(name="Lettre de Beauvais", territory=places.beauvais)
    Subscription.objects.bulk_create(
        Subscription(contact=person, newsletter=letter) for person in (people[1], people[3])
    )
    campaign = make_campaign(territory=places.oise, audience={"type": "newsletter", "id": letter.pk})
    answer = local.get(reverse("messaging:campaign_audience", args=[campaign.pk]))
    assert answer.context["picture"].counts.audience == 1
    assert "live elsewhere get it too" in answer.content.decode()
    Campaign.objects.filter(pk=campaign.pk).update(audience=EVERYONE)
    shown = local.get(reverse("messaging:campaign_audience", args=[campaign.pk])).content.decode()
    assert "live elsewhere get it too" not in shown


def test_a_brokers_file_is_not_cut_by_a_territory(people: list[Contact], places: Places) -> None:
    bought = make_source(
        "Exempla",
        kind=SourceKind.BROKER_PURCHASE,
        lawful_basis="legitimate_interest",
        supplier="Exempla",
        proof="Contract 12",
    )
    campaign = make_campaign(territory=places.oise)
    choice = {"type": "source", "id": bought.pk}
    with override("en"), pytest.raises(AudienceRefused, match="written to as a whole"):
        set_audience(campaign=campaign, audience=choice, by=make_officer())
    Campaign.objects.filter(pk=campaign.pk).update(audience=choice)
    campaign.refresh_from_db()
    with override("en"):
        assert any("written to as a whole" in problem for problem in pre_send(campaign).problems)
    letters = {"channel": Channel.POST, "kind": MessageKind.POLITICAL, "scope": campaign.scope}
    assert resolve_audience(choice).reachable(**letters).count() == 0, "letters may be sorted by place"


def test_coordinator_tests_their_mailing(people: list[Contact], coordinator: User, places: Places) -> None:
    campaign = make_campaign(territory=places.oise)
    with acting_within(coordinator.scope_of(Right.EDIT_CAMPAIGN)):
        send_test(campaign=campaign, addresses=[coordinator.email], by=coordinator)
    assert Delivery.objects.get().address == coordinator.email


def test_kit_is_used_in_ones_own_territory(coordinator: User, places: Places) -> None:
    kit = Template(is_kit=True)
    assert may_use_kit(coordinator, kit, places.oise)
    assert not may_use_kit(coordinator, kit, places.somme)
    assert not may_use_kit(coordinator, kit, places.region)


def test_ledger_of_a_territory_shows_its_own_mailings_alone(
    people: list[Contact], coordinator: User, places: Places
) -> None:
    from tests.messaging.views.conftest import add_deliveries

    own = make_campaign(territory=places.oise)
    national = Campaign.objects.create(name="National")
    add_deliveries(own, people[:2], ["delivered", "delivered"])
    add_deliveries(national, people[1:3], ["delivered", "delivered"])
    with acting_within(coordinator.scope_of(Right.VIEW_CAMPAIGNS)):
        seen = {(one.campaign_id, one.contact_id) for one in Delivery.objects.all()}
        assert set(Campaign.objects.all()) == {own}
    beauvais = {people[0].pk, people[1].pk}
    assert seen == {(own.pk, pk) for pk in beauvais} | {(national.pk, people[1].pk)}
