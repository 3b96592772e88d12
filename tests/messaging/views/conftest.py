"""Members of the team with a browser each, and mailings in every state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.database import ensure_partition
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from contacts.models import Contact
from messaging.enums import CampaignState, DeliveryState
from messaging.models import Campaign, Delivery
from tests.messaging.people import make_campaign, make_people


@pytest.fixture
def signed_in(db: None) -> Callable[..., Client]:
    """A test client signed in as a member of a role: `signed_in("read_only")`."""

    def make(role: str = Role.DIRECTOR) -> Client:
        email = f"{role}@example.org"
        member = User.objects.filter(email=email).first() or User.objects.create_user(
            email=email, full_name="Claude Durand", role=role, language="en"
        )
        client = Client()
        client.force_login(member)
        return client

    return make


@pytest.fixture
def officer(signed_in: Callable[..., Client]) -> Client:
    return signed_in(Role.DIRECTOR)


@pytest.fixture
def reader(signed_in: Callable[..., Client]) -> Client:
    return signed_in(Role.READ_ONLY)


@pytest.fixture
def administrator(signed_in: Callable[..., Client]) -> Client:
    return signed_in(Role.ADMINISTRATOR)


@pytest.fixture
def campaign(db: None) -> Campaign:
    """A complete draft to everyone; nobody is in the base yet."""
    return make_campaign()


def make_sent(states: Sequence[str], *, state: str = CampaignState.SENT, **fields: Any) -> Campaign:
    """A mailing that has begun: one recipient a ledger state given."""
    begun = {"started_at": timezone.now(), "frozen_at": timezone.now(), "audience_count": len(states)}
    campaign = make_campaign(state=state, **(begun | fields))
    if state in (CampaignState.SENT, CampaignState.CANCELLED):
        Campaign.objects.filter(pk=campaign.pk).update(finished_at=timezone.now())
    add_deliveries(campaign, make_people(len(states), start=Contact.objects.count() + 1), states)
    campaign.refresh_from_db()
    return campaign


def add_deliveries(campaign: Campaign, people: Sequence[Contact], states: Sequence[str]) -> None:
    ensure_partition("messaging_delivery", campaign.ledger_month.isoformat())
    leased = (DeliveryState.CLAIMED, DeliveryState.HANDED)
    Delivery.objects.bulk_create(
        Delivery(
            ledger_month=campaign.ledger_month,
            campaign=campaign,
            contact=person,
            occasion="",
            state=state,
            address=f"person{person.pk}@example.com",
            address_hash=keyed_hash("email", f"person{person.pk}@example.com"),
            lease_until=timezone.now() if state in leased else None,
        )
        for person, state in zip(people, states, strict=True)
    )
