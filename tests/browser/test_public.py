"""Pages that anybody reaches from a message or a leaflet: silent, accessible and fitting, on every look."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from campaign_crm.platform.crypto import keyed_hash
from contacts.models import Contact, EmailAddress, Newsletter
from messaging.content.tokens import UnsubscribeToken, sign_unsubscribe
from messaging.models import Campaign, Delivery
from messaging.services.senders import ensure_local_sender
from tests.browser.conftest import LOOKS, Look, Watched, check_axe, has_no_sideways_scroll
from tests.messaging.dispatch.conftest import start
from tests.messaging.people import make_campaign, make_people
from tests.support.forms import as_a_browser
from tests.support.smtp_sink import SmtpSink
from tracking.services.forms import create_form


@pytest.fixture
def sent(transactional_db: None) -> Iterator[Campaign]:
    """A mailing that one person got."""
    make_people(1)
    with SmtpSink() as sink:
        yield start(make_campaign(sink))


@pytest.fixture
def form(transactional_db: None) -> str:
    """The address of a sign-up page with a newsletter to choose."""
    ensure_local_sender()
    letter = Newsletter.objects.create(name="Letter of the Oise")
    made = create_form(
        by=None,
        newsletters=[letter],
        title="Join us",
        introduction="Hello",
        language="en",
        thank_you="",
        tag=None,
        is_open=True,
        fields=["first_name", "last_name", "email", "phone"],
        consents=[
            {"channel": "email", "purpose": "messages"},
            {"channel": "sms", "purpose": "messages"},
            {"channel": "email", "purpose": "measurement"},
        ],
    )
    return f"/f/{made.slug}"


def check(page: Page, address: str) -> None:
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, address
    check_axe(page)
    assert has_no_sideways_scroll(page), address


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_pages_of_a_message_are_accessible_and_fit(
    page_of: Callable[..., Page], sent: Campaign, look: Look
) -> None:
    person = Contact.objects.get()
    digest = keyed_hash("email", EmailAddress.objects.get().address)
    Newsletter.objects.create(name="Letter of the Oise")
    leave = UnsubscribeToken("email", digest, person.pk, sent.pk, sent.ledger_month, date(2026, 11, 2))
    page = page_of(None, "/accounts/login/", look=look)
    for place in ("p", "v", "u"):
        check(page, f"/{place}/{sign_unsubscribe(leave)}")
    page.locator("form button").first.click()
    expect(page.locator("h1")).to_be_visible()
    check_axe(page)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_signing_up_and_confirming_is_accessible_and_fits(
    page_of: Callable[..., Page], form: str, look: Look, console: Watched
) -> None:
    console.allowed.append("422 (Unprocessable")  # the form is sent with what it asks for missing
    page = page_of(None, form, look=look)
    check(page, form)
    page.locator("form").evaluate("form => form.requestSubmit === undefined || (form.noValidate = true)")
    page.locator("form button").first.click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    check_axe(page)
    answers = {"first_name": "Léa", "last_name": "Martin", "email": "lea@example.org"}
    Client().post(form, answers | as_a_browser(form.rsplit("/", 1)[-1]))
    context = Delivery.objects.get().context
    found = re.search(r"/k/[A-Za-z0-9_-]+", str(context))
    assert found is not None
    check(page, found.group())
