"""Which languages a message speaks, and where its logo is."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.test import Client

from campaign_crm.platform.models import Organisation
from messaging.services.compiling import brand_of, languages_of


def text(html: str, **fields: Any) -> list[dict[str, Any]]:
    return [{"id": "a", "type": "text", "html": html, **fields}]


@pytest.mark.parametrize(
    ("blocks", "languages"),
    [
        (text("<p>{{ greeting }} in my language</p>"), ("fr",)),
        (text("<p>Hello</p>", only_if={"languages": ["en"]}), ("fr", "en")),
        (text('<p>{% if language == "en" %}Hello{% endif %}</p>'), ("fr", "en")),
    ],
)
def test_another_language_is_spoken_only_where_its_author_wrote_for_it(
    blocks: list[dict[str, Any]], languages: tuple[str, ...]
) -> None:
    assert languages_of(blocks, "Bonjour", "", default="fr") == languages


@pytest.mark.django_db
def test_the_logo_of_a_message_is_where_the_site_shows_it(client: Client) -> None:
    organisation = Organisation.current()
    organisation.logo.save("logo.png", ContentFile(b"not really a picture"))
    brand = brand_of(organisation)
    path = brand.logo_url.removeprefix(settings.PUBLIC_URL)
    assert path.startswith("/logo/")
    answer = client.get(path)
    assert b"".join(answer.streaming_content) == b"not really a picture"
    answer.close()
