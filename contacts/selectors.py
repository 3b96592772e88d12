"""Reads that span models: finding people and electors as somebody types."""

from __future__ import annotations

import re

from django.db import connection

from contacts.folding import fold
from contacts.models import Contact, ElectoralRegistration

FOUND_AT_MOST = 50
LOOKED_AT = 400  # matches read before the best are chosen: bounds the work of "martin" or "j"
SHORT = 2  # letters below which only beginnings of names are searched
_NUMBER = re.compile(r"[\d\s.+()/-]{4,}")

# Beginnings of names come from the ordered index; words anywhere (names, e-mail, phone, commune) from the
# text index, whose matches are read only up to a limit.
_BY_NAME = """
SELECT id FROM contacts_contact
WHERE name_folded LIKE %(prefix)s AND erased_at IS NULL
ORDER BY name_folded USING ~<~, id LIMIT %(limit)s
"""
_BY_WORDS = """
SELECT id FROM (
    SELECT id, name_folded FROM contacts_contact
    WHERE to_tsvector('simple'::regconfig, COALESCE(search_text, '')) @@ to_tsquery('simple', %(query)s)
      AND erased_at IS NULL
    LIMIT %(looked_at)s
) AS matching
ORDER BY name_folded, id LIMIT %(limit)s
"""
_ELECTORS = """
SELECT id FROM contacts_electoralregistration
WHERE name_folded LIKE %(prefix)s AND (%(commune)s IS NULL OR commune_id = %(commune)s)
ORDER BY name_folded USING ~<~, id LIMIT %(limit)s
"""
_ELECTORS_BY_USED_NAME = """
SELECT id FROM contacts_electoralregistration
WHERE used_name <> '' AND fold(used_name) LIKE %(prefix)s
  AND (%(commune)s IS NULL OR commune_id = %(commune)s) LIMIT %(limit)s
"""


def search_words(text: str) -> list[str]:
    """The folded words of what somebody typed; a phone number, however spaced, is one word of digits."""
    if _NUMBER.fullmatch(text.strip()):
        digits = re.sub(r"\D", "", text)
        return [digits] if digits else []
    return fold(text).split()


def search_contacts(text: str, *, limit: int = FOUND_AT_MOST) -> list[Contact]:
    """The people whose name, e-mail, phone or commune begins with each word typed, best first.

    Case, accents and order of words do not matter. At most `limit`: whoever finds too many types one more
    letter.
    """
    words = search_words(text)
    if not words:
        return []
    ids = _ids(_BY_NAME, prefix=_beginning(words), limit=limit)
    if len(ids) < limit and max(len(word) for word in words) > SHORT:
        query = " & ".join(f"{_lexeme(word)}:*" for word in words)
        ids += _ids(_BY_WORDS, query=query, looked_at=LOOKED_AT, limit=limit)
    chosen = list(dict.fromkeys(ids))[:limit]
    found = Contact.objects.select_related("commune").in_bulk(chosen)
    return [found[pk] for pk in chosen if pk in found]


def search_electors(
    text: str, *, commune_id: int | None = None, limit: int = FOUND_AT_MOST
) -> list[ElectoralRegistration]:
    """Electors whose birth name (then first names) or used name begins with what was typed."""
    words = search_words(text)
    if not words:
        return []
    asked: dict[str, str | int | None] = {"prefix": _beginning(words), "commune": commune_id, "limit": limit}
    ids = _ids(_ELECTORS, **asked)
    if len(ids) < limit:
        ids += _ids(_ELECTORS_BY_USED_NAME, **asked)
    chosen = list(dict.fromkeys(ids))[:limit]
    related = ElectoralRegistration.objects.select_related("commune", "polling_station", "contact")
    found = related.in_bulk(chosen)
    return [found[pk] for pk in chosen if pk in found]


def _beginning(words: list[str]) -> str:
    """A LIKE pattern; folded words hold no wildcard but what other scripts bring."""
    return " ".join(words).replace("\\", "").replace("%", "").replace("_", "") + "%"


def _lexeme(word: str) -> str:
    return "'" + word.replace("\\", "").replace("'", "") + "'"


def _ids(sql: str, **parameters: str | int | None) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [row[0] for row in cursor.fetchall()]
