"""Mailings of a coordinator: to the people of their territory, counted, tested and frozen within it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from campaign_crm.platform.walls import acting_within
from contacts.enums import Channel, MessageKind
from contacts.models import Contact, Grant
from contacts.segments.audience import resolve_audience
from messaging.models import Campaign, Delivery, Template
from messaging.services.kits import may_use_kit
from messaging.services.testing import send_test
from tests.messaging.people import make_campaign, make_people
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
    """Two people of Beauvais, three of Amiens, one of nowhere."""
    made = make_people(6)
    for person, commune in zip(made, [places.beauvais] * 2 + [places.amiens] * 3, strict=False):
        Contact.objects.filter(pk=person.pk).update(commune=commune)
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


def test_coordinator_tests_their_mailing(people: list[Contact], coordinator: User, places: Places) -> None:
    campaign = make_campaign(territory=places.oise)
    with acting_within(coordinator.scope_of(Right.EDIT_CAMPAIGN)):
        send_test(campaign=campaign, addresses=["me@example.org"], by=coordinator)
    assert Delivery.objects.get().address == "me@example.org"


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
