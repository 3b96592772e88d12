"""A scanner follows every link of a message: nobody leaves, confirms or registers by it, on any page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import get_resolver

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from contacts.models import Contact, Newsletter
from messaging.content.tokens import UnsubscribeToken, sign_unsubscribe
from messaging.models import Delivery, SeedMailbox
from messaging.services.seed_mailboxes import add_seed_mailbox, link_of
from messaging.services.senders import ensure_local_sender
from tests.messaging.dispatch.conftest import start
from tests.messaging.people import make_campaign, make_people
from tests.shell.test_reading_changes_nothing import rows
from tests.support.forms import as_a_browser
from tests.tracking.events.conftest import come, make_event, slot_of
from tracking.events.tickets import token_of
from tracking.services.forms import create_form

pytestmark = pytest.mark.django_db(transaction=True)
SCANNER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36"


def sent_link(path: str) -> str:
    """The link to such a page in the newest service message."""
    newest = str(Delivery.objects.exclude(context=None).latest("due_at").context)
    return re.search(rf"/{path}/([A-Za-z0-9_-]+)", newest).group(1)


def of_message() -> str:
    campaign, person = start(make_campaign()), Contact.objects.get(first_name="Camille1")
    return sign_unsubscribe(
        UnsubscribeToken(
            "email",
            bytes(person.emailaddress_set.get().address_hash),
            person.pk,
            campaign.pk,
            campaign.ledger_month,
            campaign.ledger_month,
            newsletter=Newsletter.objects.create(name="Letter").pk,
        )
    )


def of_sign_up() -> str:
    form = create_form(
        by=None, newsletters=[], title="Join us", introduction="", language="en", thank_you="", tag=None,
        is_open=True, fields=["first_name", "last_name", "email"],
        consents=[{"channel": "email", "purpose": "messages"}],
    )  # fmt: skip
    answers = {"first_name": "Léa", "last_name": "Martin", "email": "lea@example.org"}
    sent = answers | as_a_browser(form.slug) | {"consent": "email:messages"}
    assert Client().post(f"/f/{form.slug}", sent).status_code == 200
    return sent_link("k")


def of_request() -> str:
    asked = {"kind": "erasure", "name": "Léa Martin", "email": "lea@example.org", "words": ""}
    assert Client().post("/your-data/", asked).status_code == 200
    return sent_link("d")


def of_seed() -> str:
    officer = User.objects.create_user(email="digital@example.org", role=Role.ADMINISTRATOR)
    add_seed_mailbox(address="seed@example.org", label="Seed", by=officer)
    return link_of(SeedMailbox.objects.get()).rsplit("/", 1)[-1]


MADE_ONCE = {"contacts_consentwording", "platform_historyentry"}  # by whoever first sees a form


def of_rsvp() -> str:
    return token_of(come(slot_of(make_event())))


# Every public page that a signed link opens, and how such a link comes to be.
TOKENS: dict[str, Callable[[], str]] = {
    "leave": of_message,
    "online": of_message,
    "preferences": of_message,
    "confirm": of_sign_up,
    "asked": of_request,
    "seed_mailbox": of_seed,
    "rsvp": of_rsvp,
    "rsvp_calendar": of_rsvp,
}


def pages_of_tokens() -> dict[str, str]:
    """Public pages of tracking by name, with their path."""
    (tracking,) = [
        found for found in get_resolver("campaign_crm.urls").url_patterns if
        getattr(found, "namespace", "") == "tracking"
    ]  # fmt: skip
    return {
        pattern.name: str(pattern.pattern)
        for pattern in tracking.url_patterns
        if "token" in pattern.pattern.converters and getattr(pattern.callback, "for_everybody", False)
    }


def test_every_page_of_a_token_is_looked_at() -> None:
    """A new one: say above how its link comes to be."""
    assert set(pages_of_tokens()) == set(TOKENS)


@pytest.mark.parametrize("name", TOKENS)
def test_whoever_only_looks_changes_nothing(name: str) -> None:
    ensure_local_sender()
    make_people(1)
    path = "/" + pages_of_tokens()[name].replace("<str:token>", TOKENS[name]())
    before = rows()
    for method in ("get", "head", "get", "options"):
        for headers in ({"user-agent": SCANNER}, {"user-agent": SCANNER, "sec-purpose": "prefetch"}):
            assert getattr(Client(headers=headers), method)(path).status_code == 200
    after = rows()
    assert {table for table in before if before[table] != after[table]} - MADE_ONCE == set()
