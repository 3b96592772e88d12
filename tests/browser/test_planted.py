"""Scripts planted in every text that somebody may send: no page of the staff runs them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from campaign_crm.platform.models import Organisation
from contacts.models import Contact, CustomField, List, Newsletter, Note, Segment, Source, Tag
from contacts.services.people import create_contact
from messaging.models import Campaign, Operation, ProviderAccount
from tests.messaging.people import make_campaign
from tracking.models import Form

PLANTED = '"><svg onload=alert(1)><script>alert(2)</script>{{ 7|add:7 }}'
SHORT = '"><svg onload=alert(1)>'

PAGES = (
    *("/", "/people/", "/electors/", "/lists/", "/segments/", "/newsletters/", "/sources/", "/imports/"),
    *("/consents/", "/do-not-contact/", "/requests/", "/rules/", "/elections/", "/journal/", "/why/"),
    *("/mailings/", "/mailings/calendar/", "/templates/", "/senders/", "/ways-out/", "/domains/"),
    *("/forms/", "/campaign-accounts/", "/targeted-messages/", "/settings/team/", "/answers/"),
    *("/?q=%22%3E%3Csvg%20onload%3Dalert(1)%3E", "/people/?q=%22%3E%3Csvg%20onload%3Dalert(1)%3E"),
)


@pytest.fixture
def planted(db: None) -> Contact:
    """A base in which every name, note and title carries a script."""
    Organisation.objects.update_or_create(id=1, defaults={"name": PLANTED, "postal_address": PLANTED})
    source = Source.objects.create(
        name=PLANTED,
        kind="form",
        lawful_basis="consent",
        channels=["email"],
        origin_text=PLANTED,
        proof=PLANTED,
    )
    person = create_contact(
        source=source, by=None, first_name=SHORT, last_name=SHORT, email="lea@example.org"
    )
    Note.objects.create(contact=person, body=PLANTED)
    Tag.objects.create(name=SHORT)
    List.objects.create(name=PLANTED)
    Newsletter.objects.create(name=PLANTED, description=PLANTED)
    CustomField.objects.create(key="planted", label=PLANTED, kind="text")
    Segment.objects.create(
        name=PLANTED, tree={"all": [{"condition": "gender", "operator": "is", "value": ["F"]}]}
    )
    Operation.objects.create(name=PLANTED)
    campaign = make_campaign(name=PLANTED, subject=PLANTED.replace("{{ 7|add:7 }}", ""))
    Campaign.objects.filter(pk=campaign.pk).update(pause_reason=PLANTED)
    ProviderAccount.objects.update(name=PLANTED, trouble=PLANTED)
    Form.objects.create(title=PLANTED, slug="planted", source=source)
    return person


def test_no_page_runs_what_was_planted(planted: Contact, page_of: Callable[..., Page]) -> None:
    page = page_of("administrator")
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    campaign = Campaign.objects.get()
    own = (f"/people/{planted.pk}/", f"/mailings/{campaign.pk}/", f"/mailings/{campaign.pk}/compose/")
    for path in (*PAGES, *own):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        assert not page.evaluate(
            "document.querySelector('svg[onload], script:not([src]):not([nonce]):not([type])')"
        ), path
    assert said == []  # and the fixture holds that no console had a report of the policy
