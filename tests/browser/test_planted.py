"""Scripts planted in every text that somebody may send: no page of the staff runs them.

By strangers too: the browser of a click, what a form was sent, what a provider, a mail server or the DNS
answers, what people write back.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from campaign_crm.platform.database import ensure_partition
from campaign_crm.platform.models import Organisation
from contacts.models import (
    Contact,
    CustomField,
    List,
    Newsletter,
    Note,
    PersonRequest,
    Segment,
    Source,
    Tag,
)
from contacts.services.people import create_contact
from messaging.models import (
    Campaign,
    Delivery,
    Feedback,
    Operation,
    ProviderAccount,
    ProviderEvent,
    Reply,
    SenderDomain,
)
from tests.messaging.people import make_campaign
from tracking.models import Form, Interaction, Submission

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
    form = Form.objects.create(title=PLANTED, slug="planted", source=source)
    plant_what_strangers_send(person, Campaign.objects.get(), form)
    return person


def plant_what_strangers_send(person: Contact, campaign: Campaign, form: Form) -> None:
    account, now, digest = ProviderAccount.objects.all()[0], timezone.now(), b"\x01" * 32
    ensure_partition("tracking_interaction", now.strftime("%Y-%m-01"))
    ensure_partition("messaging_delivery", campaign.ledger_month.isoformat())
    for kind in ("open", "click", "sign_up"):
        Interaction.objects.create(
            at=now,
            event_id=uuid4(),
            kind=kind,
            contact=person,
            campaign=campaign,
            ledger_month=campaign.ledger_month,
            user_agent=PLANTED,
            data={"referrer": PLANTED, "utm_source": PLANTED, "form": form.pk, "title": PLANTED},
        )
    Delivery.objects.create(
        ledger_month=campaign.ledger_month,
        campaign=campaign,
        contact=person,
        state="failed",
        address=SHORT,
        address_hash=digest,
        answer=PLANTED,
        provider_message_id=SHORT,
        settled_at=now,
    )
    Feedback.objects.create(
        account=account, event=digest, kind="hard", address_hash=digest, campaign=campaign, at=now,
        enhanced="5.1.1", text=PLANTED,
    )  # fmt: skip
    ProviderEvent.objects.create(
        account=account, form="mail", digest=digest, once=SHORT, body=PLANTED.encode(), error=PLANTED,
        state="unreadable",
    )  # fmt: skip
    Reply.objects.create(
        account=account, contact=person, campaign=campaign, digest=digest, at=now, from_name=PLANTED,
        from_address=SHORT, subject=PLANTED, text=PLANTED,
    )  # fmt: skip
    domain = SenderDomain.objects.all()[0]
    domain.records.update(found=[PLANTED], detail=PLANTED, state="wrong")
    Submission.objects.create(
        form=form, contact=person, data={"first_name": PLANTED, "referrer": PLANTED}, ip="203.0.113.9"
    )
    PersonRequest.objects.create(
        kind="access", came_by="page", name=PLANTED, address="x@example.org", words=PLANTED, language="en",
        contact=person, received_at=now, due_on=now.date(),
    )  # fmt: skip


def test_no_page_runs_what_was_planted(planted: Contact, page_of: Callable[..., Page]) -> None:
    page = page_of("administrator")
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    campaign = Campaign.objects.get()
    account, domain = ProviderAccount.objects.all()[0], SenderDomain.objects.all()[0]
    own = (
        *(f"/people/{planted.pk}/{part}" for part in ("", "edit/", "history/", "timeline/", "merge/")),
        *(f"/mailings/{campaign.pk}/{part}" for part in ("", "compose/", "recipients/", "report/")),
        *(f"/ways-out/{account.pk}/", f"/ways-out/{account.pk}/returns/", f"/domains/{domain.pk}/"),
        *(f"/answers/{Reply.objects.get().pk}/", f"/requests/{PersonRequest.objects.get().pk}/"),
        *(f"/forms/{Form.objects.get(slug='planted').pk}/", f"/why/?person={planted.pk}"),
    )
    for path in (*PAGES, *own):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        assert not page.evaluate(
            "document.querySelector('svg[onload], script:not([src]):not([nonce]):not([type])')"
        ), path
    assert said == []  # and the fixture holds that no console had a report of the policy
