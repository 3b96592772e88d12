"""What is suspect waits for a look, with its reasons: nothing is dropped, and nothing counts before."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from campaign_crm.platform.models import User
from contacts.models import Consent, Contact
from messaging.domains.lookup import Lookup, MailServer, NoAnswer
from messaging.models import Delivery
from messaging.services.senders import ensure_local_sender
from tests.support.forms import as_a_browser, solved
from tracking.enums import Suspicion
from tracking.models import Form, Submission
from tracking.services.forms import create_form
from tracking.services.suspicion import PROOF, STAMP, new_challenge, page_stamp, suspicions_of

pytestmark = pytest.mark.django_db
WHO = {"first_name": "Léa", "last_name": "Martin", "email": "lea@example.org", "consent_email_messages": "on"}


@pytest.fixture
def form(db: None) -> Form:
    ensure_local_sender()
    return create_form(
        by=None,
        newsletters=[],
        title="Join",
        language="en",
        fields=["first_name", "last_name", "email"],
        consents=[{"channel": "email", "purpose": "messages"}],
    )


@pytest.fixture
def officer(db: None) -> Client:
    client = Client()
    client.force_login(
        User.objects.create_user(email="officer@example.org", role="administrator", language="en")
    )
    return client


def spent() -> str:
    proof = solved(new_challenge())
    assert suspicions_of(slug="x", posted={STAMP: page_stamp("x"), PROOF: proof}, email="") == [
        Suspicion.TOO_FAST
    ]
    return proof


@pytest.mark.parametrize(
    ("sent", "reasons"),
    [
        (lambda slug: {"website": "https://example.com"}, ["trap"]),
        (lambda slug: {STAMP: page_stamp(slug)}, ["too_fast"]),
        (lambda slug: {STAMP: "made-up"}, ["forged"]),
        (lambda slug: {STAMP: as_a_browser("another")[STAMP]}, ["forged"]),
        (lambda slug: {PROOF: "e30="}, ["forged"]),
        (lambda slug: {PROOF: solved(new_challenge() | {"signature": "0" * 64})}, ["forged"]),
        (lambda slug: {PROOF: spent()}, ["forged"]),
        (lambda slug: {"email": "lea@sub.mailinator.com"}, ["disposable"]),
    ],
)
def test_a_suspect_answer_waits_names_nobody_and_gets_no_message(
    form: Form, officer: Client, sent: Callable[[str], dict[str, Any]], reasons: list[str]
) -> None:
    answer = Client().post(f"/f/{form.slug}", {**WHO, **as_a_browser(form.slug), **sent(form.slug)})
    assert (answer.status_code, "Thank you" in answer.content.decode()) == (200, True)
    held = Submission.objects.get()
    assert (held.state, held.reasons) == ("waiting", reasons)
    assert (Contact.objects.count(), Delivery.objects.count()) == (0, 0)
    page = officer.get("/forms/waiting/").content.decode()
    assert str(Suspicion(reasons[0]).label) in page
    assert "Léa · Martin" in page


def test_without_a_script_an_answer_waits_for_the_link_or_for_the_team(form: Form) -> None:
    hidden = {STAMP: as_a_browser(form.slug)[STAMP]}
    Client().post(f"/f/{form.slug}", {**WHO, **hidden})
    held = Submission.objects.get()
    assert (held.state, held.reasons) == ("waiting", ["no_proof"])
    assert not Contact.objects.exists()
    link = re.search(r"/k/[\w-]+", str(Delivery.objects.get().context)).group()  # type: ignore[union-attr]
    assert (
        "Léa Martin" in Client().get(link).content.decode()
        or "you choose" in Client().get(link).content.decode()
    )
    assert Submission.objects.get().state == "waiting", "a scanner's GET confirms nothing"
    Client().post(link)
    kept = Submission.objects.get()
    assert (kept.state, kept.confirmed_at is not None) == ("accepted", True)
    assert Consent.objects.get().contact == Contact.objects.get()


def test_the_team_accepts_or_refuses_and_may_think_again(form: Form, officer: Client) -> None:
    for name in ("a", "b"):
        values = {**WHO, **as_a_browser(form.slug), "email": f"{name}@mailinator.com", "first_name": name}
        Client().post(f"/f/{form.slug}", values)
    first, second = Submission.objects.order_by("at")
    officer.post("/forms/waiting/", {"answer": [first.pk], "act": "accept"})
    officer.post("/forms/waiting/", {"answer": [second.pk], "act": "refuse"})
    assert Contact.objects.get().first_name == "a"
    assert not Consent.objects.exists(), "who was suspect confirms by the link"
    assert Delivery.objects.get().occasion == str(first.pk)
    second.refresh_from_db()
    assert (second.state, second.decided_by is not None) == ("refused", True)
    assert "b@mailinator.com" in officer.get("/forms/waiting/?state=refused").content.decode()
    officer.post("/forms/waiting/", {"answer": [second.pk, "nonsense"], "act": "accept"})
    assert Contact.objects.count() == 2


class Names(Lookup):
    """A resolver of these domains; others do not exist, and `None` answers nothing."""

    def __init__(self, known: dict[str, list[str] | None]) -> None:
        self.known = known

    def mail_servers(self, name: str) -> list[MailServer]:
        found = self.known.get(name, [])
        if found is None:
            raise NoAnswer("SERVFAIL")
        return [MailServer(10, host) for host in found]

    def addresses(self, name: str) -> list[str]:
        return ["192.0.2.1"] if name == "old.example" else []


@pytest.mark.parametrize(
    ("domain", "reasons"),
    [
        ("mail.example", []),
        ("old.example", []),
        ("silent.example", []),
        ("none.example", [Suspicion.NO_MAILBOX]),
        ("null.example", [Suspicion.NO_MAILBOX]),
    ],
)
def test_a_domain_that_receives_no_mail_is_looked_at_and_silence_says_nothing(
    domain: str, reasons: list[Suspicion]
) -> None:
    names = Names({"mail.example": ["mx.example"], "silent.example": None, "null.example": [""]})
    posted = as_a_browser("join")
    assert suspicions_of(slug="join", posted=posted, email=f"lea@{domain}", lookup=names) == reasons
