"""A message in the browser: as its recipient got it, under a policy that runs nothing."""

import re

import pytest
from django.test import Client

from contacts.models import Contact, Reach
from messaging.content.tokens import UnsubscribeToken, sign_unsubscribe
from messaging.models import Campaign, Delivery
from tests.messaging.dispatch.conftest import start
from tests.messaging.people import make_campaign, make_people
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent() -> Campaign:
    make_people(1)
    with SmtpSink() as sink:
        return start(make_campaign(sink))


def url_of(campaign: Campaign, contact_id: int) -> str:
    month = campaign.ledger_month
    return (
        f"/v/{sign_unsubscribe(UnsubscribeToken('email', bytes(32), contact_id, campaign.pk, month, month))}"
    )


def test_the_page_is_the_recipients_message(sent) -> None:
    person = Contact.objects.get()
    response = Client().get(url_of(sent, person.pk))
    assert response.status_code == 200
    assert person.first_name in response.text
    assert "/c/" not in response.text, "each look would count as another reader"
    assert "/o/" not in response.text
    assert 'href="https://example.org' in response.text
    assert re.search(r"/u/[A-Za-z0-9_-]{108}", response.text), "and one can leave"
    policy = response["Content-Security-Policy"]
    assert "script-src 'none'" in policy
    assert "default-src 'none'" in policy


def test_the_page_names_nobody_who_is_measured_either(sent) -> None:
    """Whoever was sent the address of the page would open and click as the recipient."""
    Reach.objects.update(measurement=True)
    Delivery.objects.update(measured=True)
    page = Client().get(url_of(sent, Contact.objects.get().pk)).text
    assert 'href="https://example.org' in page
    assert "/c/" not in page
    assert "/o/" not in page


def test_a_message_that_is_gone_is_404(sent) -> None:
    url = url_of(sent, 999_999)
    assert Client().get(url).status_code == 404
    assert Client().get("/v/" + "A" * 60).status_code == 404
