"""A mailing with links, a person, and clients that know nothing of an earlier test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contacts.models import Contact, Reach
from messaging.content.addresses import link_code
from messaging.content.tokens import AnonymousMark, Mark, sign_message
from messaging.models import Campaign, Link
from tracking.ingest import networks, stream
from tracking.ingest.hits import Hit, new_hit
from tracking.ingest.links import link_target

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
MONTH = date(2026, 11, 1)
READ_LATER = timedelta(minutes=5)  # since the hand-over: within seconds it would be a robot's


def click_of(mark: Mark, *, link: int) -> str:
    """What follows `/c/` in the address of a link of a message."""
    return f"{sign_message(mark)}/{link_code(link, campaign=mark.campaign)}"


@pytest.fixture(autouse=True)
def fresh_clients(tmp_path: Path, settings: Any) -> Iterator[None]:
    settings.VAR_DIR = tmp_path
    stream._client.cache_clear()
    stream._rest.until = 0.0
    link_target.cache_clear()
    networks.forget()
    yield
    networks.forget()
    stream._client.cache_clear()


@pytest.fixture
def campaign(db: None) -> Campaign:
    campaign = Campaign.objects.create(name="Lettre", ledger_month=MONTH)
    for number in range(1, 5):
        Link.objects.create(campaign=campaign, number=number, url=f"https://example.org/page/{number}?a=b#c")
    return campaign


@pytest.fixture
def person(db: None) -> Contact:
    """Somebody who agreed to be measured."""
    contact = Contact.objects.create(first_name="Léa", last_name="Martin")
    Reach.objects.create(contact=contact, channel="email", measurement=True)
    return contact


@pytest.fixture
def an_open(campaign: Campaign) -> Callable[..., Hit]:
    """Make an open of a message whose person is not measured: `an_open(number=7)`."""

    def make(number: int | None = None, **changes: Any) -> Hit:
        given = {} if number is None else {"number": number}
        token = sign_message(AnonymousMark(MONTH, campaign.pk, "60", datetime.now(UTC) - READ_LATER, **given))
        hit = new_hit(token=token, user_agent=FIREFOX)
        for name, value in changes.items():
            object.__setattr__(hit, name, value)
        return hit

    return make
