"""What a stranger reaches by following links: public pages only, nobody's data, nothing from a cookie."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from campaign_crm.platform.models import User
from contacts.models import Contact, Newsletter
from contacts.services.people import create_contact
from messaging.content.tokens import UnsubscribeToken, sign_unsubscribe
from messaging.services.senders import ensure_local_sender
from tests.shell.access_rows import PUBLIC, ROWS
from tests.tracking.conftest import ADDRESS
from tracking.models import Form
from tracking.services.forms import create_form

pytestmark = pytest.mark.django_db
SECRETS = ("Léa", "Martin", "lea.martin", "Outofsight", "boss@example.org", "+33639980001")
DOORS = ("/accounts/",)  # of allauth: signing in, a forgotten password
ANSWERS = {"first_name": "Léa", "last_name": "Martin", "email": ADDRESS, "phone": "+33639980001"}


class Links(HTMLParser):
    """Addresses that a page leads to, and what its fields are filled with."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.to: set[str] = set()
        self.filled: dict[str, str] = {}
        self.ticked: set[str] = set()
        self.feed(body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        for name in ("href", "action", "src"):
            if given.get(name):
                self.to.add(str(given[name]))
        if tag == "input" and given.get("type") not in ("hidden", "checkbox", "radio", "submit"):
            self.filled[given.get("name") or ""] = given.get("value") or ""
        if tag == "input" and "checked" in given and given.get("type") == "checkbox":
            self.ticked.add(given.get("name") or "")


@pytest.fixture
def form(db: None) -> Form:
    ensure_local_sender()
    return create_form(
        by=None,
        newsletters=[Newsletter.objects.create(name="Letter")],
        title="Join us",
        introduction="Hello",
        language="en",
        thank_you="",
        tag=None,
        is_open=True,
        fields=["first_name", "last_name", "email", "phone"],
        consents=[{"channel": "email", "purpose": "messages"}],
    )


@pytest.fixture
def base(person: Contact, source: object, form: Form) -> None:
    """People, a team and mailings that nobody outside may see."""
    boss = User.objects.create_user(email="boss@example.org", full_name="Outofsight", role="administrator")
    create_contact(source=source, by=boss, last_name="Outofsight", email="outofsight@example.org")


def crawl(client: Client, begin: list[str]) -> dict[str, tuple[int, str]]:
    """Follow every link of every page from these on; answers by path."""
    found: dict[str, tuple[int, str]] = {}
    waiting = list(begin)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        answer = client.get(path)
        text = (
            b"".join(answer).decode(errors="ignore")
            if answer.streaming
            else answer.content.decode("utf-8", "ignore")
        )
        found[path] = (answer.status_code, text)
        to = Links(text).to if "html" in answer.get("Content-Type", "") else set()
        to |= {answer["Location"]} if answer.has_header("Location") else set()
        for link in to:
            parts = urlsplit(urljoin(f"http://testserver{path}", link))
            if parts.hostname == "testserver" and not parts.path.startswith("/static/"):
                waiting.append(parts.path)
    return found


def row_of(path: str) -> object:
    try:
        return ROWS.get(resolve(path).view_name)
    except Resolver404:
        return None


@pytest.mark.usefixtures("base")
def test_stranger_who_follows_every_link_meets_nobody(client: Client, form: Form) -> None:
    begin = [
        "/",
        "/robots.txt",
        f"/f/{form.slug}",
        "/vos-donnees/",
        "/your-data/",
        "/accounts/login/",
        "/live",
    ]
    found = crawl(client, begin)
    assert {f"/f/{form.slug}", "/accounts/login/", "/your-data/"} <= set(found)
    shown = {path for path, (status, _text) in found.items() if status == 200}
    staff = {path for path in shown if not path.startswith(DOORS) and row_of(path) is not PUBLIC}
    assert staff == set()
    assert {path for path, (status, _text) in found.items() if status >= 500} == set()
    told = {(path, word) for path, (_status, text) in found.items() for word in SECRETS if word in text}
    assert told == set()


@pytest.mark.usefixtures("base")
def test_page_of_a_token_leads_to_no_other_person(
    client: Client, person: Contact, campaign: object, address_hash: bytes
) -> None:
    token = UnsubscribeToken(
        "email", address_hash, person.pk, campaign.pk, campaign.ledger_month, date(2026, 11, 2)
    )
    found = crawl(client, [f"/u/{sign_unsubscribe(token)}"])
    told = {path for path, (_status, text) in found.items() if re.search("outofsight|boss@", text, re.I)}
    assert (len(found) > 1, told) == (True, set())


@pytest.mark.usefixtures("base")
@pytest.mark.parametrize("who", ["somebody who signed up", "a member of the team", "cookies of any name"])
def test_forms_are_empty_whatever_the_browser_carries(
    form: Form, who: str, person: Contact, member_client: Callable[[], Client]
) -> None:
    """A device is shared: whoever comes after must not read who came before."""
    client = Client()
    pages = [f"/f/{form.slug}", "/vos-donnees/", "/your-data/"]
    if who == "somebody who signed up":
        assert client.post(pages[0], ANSWERS | {"consent": "email:messages"}).status_code in (200, 302)
    elif who == "a member of the team":
        client = member_client()
    else:
        for name in ("email", "contact", "person", "crm", "mtc_id", "first_name", "visitor"):
            client.cookies[name] = ADDRESS
        client.cookies["contact_id"] = str(person.pk)
    for page in pages:
        text = client.get(page).content.decode()
        asked = Links(text)
        assert {name: value for name, value in asked.filled.items() if value} == {}, page
        assert asked.ticked == set(), page
        assert [word for word in SECRETS if word in text] == [], page


@pytest.fixture
def member_client(db: None) -> Callable[[], Client]:
    def make() -> Client:
        client = Client()
        client.force_login(User.objects.create_user(email="m@example.org", full_name="Léa", role="volunteer"))
        return client

    return make
