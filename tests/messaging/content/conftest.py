"""A brand, an organisation and a reader, invented."""

import pytest
from django.utils import translation

from messaging.content.brand import Brand
from messaging.content.recipients import EventData, OrganisationData, RecipientData, recipient_context


@pytest.fixture(autouse=True)
def english():
    """Messages to the author are asserted as they are written in the code."""
    with translation.override("en"):
        yield


@pytest.fixture
def brand():
    return Brand(
        "Campagne Exemple",
        "1 rue de l'Essai\n75002 Paris",
        legal_name="Association de financement Exemple",
        logo_url="https://example.org/logo.png",
        privacy_url="https://example.org/vie-privee",
    )


@pytest.fixture
def organisation():
    return OrganisationData("Campagne Exemple", "1 rue de l'Essai", "https://example.org", "info@example.org")


@pytest.fixture
def reader():
    """A woman of Beauvais who agreed to targeted content and to be measured."""
    return RecipientData(
        gender="F",
        first_name="Zoé",
        last_name="Lefèvre",
        used_name="Martin",
        commune=("Beauvais", "Beauvais", "à Beauvais", "de Beauvais"),
        department=("Oise", "l'Oise", "dans l'Oise", "de l'Oise"),
        region=(
            "Hauts-de-France",
            "les Hauts-de-France",
            "dans les Hauts-de-France",
            "des Hauts-de-France",
        ),
        department_code="60",
        region_code="32",
        targeting=True,
        event=EventData(
            "Réunion publique", "jeudi 4 mars 2027 à 19 h", "Salle des fêtes", "https://example.org/e"
        ),
        origin_sentence="Vous vous êtes inscrite sur example.org.",
        measured=True,
        unsubscribe_url="https://crm.example.org/u/token",
        view_online_url="https://crm.example.org/v/token",
        preferences_url="https://crm.example.org/p/token",
    )


@pytest.fixture
def reader_context(reader, organisation):
    """The reader's context, with three tracked links and the pixel."""
    links = {f"link_{number}": f"https://crm.example.org/c/token{number}" for number in range(1, 10)}
    return {
        **recipient_context(reader, organisation),
        **links,
        "open_pixel_url": "https://crm.example.org/o/t.gif",
        "hidden_link_url": "https://crm.example.org/c/hidden",
    }
