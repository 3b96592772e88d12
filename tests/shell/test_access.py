"""Who may open which page: every named page × every role × a stranger.

A new page without its row in `access_rows.py` fails here, and so does a row whose page is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from campaign_crm.platform.rights import Right, Role, role_has_right
from tests.shell.access_rows import PUBLIC, ROWS, Row

pytestmark = pytest.mark.django_db
NAMESPACES = {"shell", "contacts", "messaging", "tracking"}
SAMPLES = {
    "IntConverter": 999_999,
    "SlugConverter": "nothing",
    "StringConverter": "nothing",
    "UUIDConverter": "00000000-0000-4000-8000-000000000000",
    "PathConverter": "nothing",
}


def pages(patterns: list[URLPattern | URLResolver], space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield (full name, pattern) of every page of our own."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from pages(pattern.url_patterns, pattern.namespace or space)
        elif pattern.name and space in NAMESPACES:
            yield f"{space}:{pattern.name}", pattern


PAGES = dict(pages(get_resolver("campaign_crm.urls").url_patterns))


def address(name: str) -> str:
    """The address of a page, with sample values for what it asks."""
    converters = PAGES[name].pattern.converters
    values = {key: SAMPLES[type(converter).__name__] for key, converter in converters.items()}
    return reverse(name, kwargs=values)


def is_sent_to_sign_in(answer: object) -> bool:
    return answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")


def test_every_page_has_its_row_and_every_row_its_page() -> None:
    assert sorted(set(PAGES) ^ set(ROWS)) == []


STAFF = sorted(name for name, row in ROWS.items() if row is not PUBLIC and name in PAGES)


def test_stranger_is_sent_to_sign_in(client: Client) -> None:
    answers = {name: (client.get(address(name)), client.post(address(name))) for name in STAFF}
    # 405: a page that takes no POST says so to anybody, and nothing more
    open_pages = [
        name
        for name, (read, written) in answers.items()
        if not is_sent_to_sign_in(read) or not (is_sent_to_sign_in(written) or written.status_code == 405)
    ]
    assert open_pages == []


@pytest.mark.parametrize("role", Role.values)
def test_member_opens_what_the_role_holds_and_nothing_else(
    signed_in: Callable[..., Client], role: str
) -> None:
    client = signed_in(role)
    client.raise_request_exception = False
    wrong = {}
    for name in STAFF:
        row = ROWS[name]
        answer = client.get(address(name))
        refused = answer.status_code == 403
        may = row.read is None or role_has_right(role, row.read)
        if refused == may or is_sent_to_sign_in(answer) or answer.status_code >= 500:
            wrong[name] = answer.status_code
    assert wrong == {}


@pytest.mark.parametrize("role", Role.values)
def test_member_without_the_right_changes_nothing(signed_in: Callable[..., Client], role: str) -> None:
    client = signed_in(role)
    answers = {
        name: client.post(address(name)).status_code
        for name in STAFF
        if (needed := writing_right(ROWS[name])) is not None and not role_has_right(role, needed)
    }
    assert {name: status for name, status in answers.items() if status not in (403, 405)} == {}


def writing_right(row: Row) -> Right | None:
    """The right that a POST needs."""
    return row.read if row.write is None else row.write


def test_public_page_never_asks_to_sign_in(client: Client) -> None:
    public = [name for name, row in ROWS.items() if row is PUBLIC and name in PAGES]
    assert [name for name in public if is_sent_to_sign_in(client.get(address(name)))] == []
