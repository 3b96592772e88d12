"""What staff see is what readers get: their source, with or without counting, and as it was when it left."""

from __future__ import annotations

import pytest

from campaign_crm.platform.models import Organisation
from contacts.enums import LawfulBasis, SourceKind
from contacts.models import Contact
from messaging.models import Campaign
from messaging.services.previewing import Draft, preview_draft
from messaging.views.documents import CampaignDocument, find_document
from tests.messaging.dispatch.conftest import start
from tests.messaging.people import BLOCKS, make_campaign, make_people, make_source

pytestmark = pytest.mark.django_db(transaction=True)


def draft_of(campaign: Campaign) -> Draft:
    return CampaignDocument(campaign).draft()


def test_a_preview_tells_the_source_that_the_mailing_writes_to() -> None:
    silent = make_source("Old file", lawful_basis=LawfulBasis.NONE, channels=[])
    (person,) = make_people(1, source=silent)
    file = make_source(
        "File", kind=SourceKind.BROKER_PURCHASE, lawful_basis=LawfulBasis.CONSENT, supplier="Exempla"
    )
    campaign = make_campaign(audience={"type": "source", "id": file.pk})
    shown = preview_draft(draft_of(campaign), reader=str(person.pk))
    assert "Exempla" in shown.text
    assert "CNIL" in shown.text


def test_a_preview_counts_only_what_the_mailing_counts() -> None:
    counted = preview_draft(Draft(BLOCKS, "Hello", "", tracking=True))
    silent = preview_draft(Draft(BLOCKS, "Hello", "", tracking=False))
    assert "https://example.org/programme" not in counted.html
    assert "https://example.org/programme" in silent.html
    assert draft_of(make_campaign(tracking=False)).tracking is False


def test_a_preview_is_in_one_language() -> None:
    (person,) = make_people(1)
    Contact.objects.update(language="en")
    shown = preview_draft(draft_of(make_campaign()), reader=str(person.pk))
    assert "Chère Camille1," in shown.text


def test_a_mailing_that_left_is_shown_as_it_left() -> None:
    (person,) = make_people(1)
    campaign = start(make_campaign())
    Organisation.objects.update(name="Another name", postal_address="Elsewhere")
    shown = find_document("campaign", campaign.pk).preview(str(person.pk))
    assert shown.subject == "Bonjour Camille1"
    assert "Campagne 2027" in shown.text
    assert "Another name" not in shown.text
    assert "Elsewhere" not in shown.text
