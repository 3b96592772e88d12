"""Which languages a message speaks."""

from __future__ import annotations

from typing import Any

import pytest

from messaging.services.compiling import languages_of


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
