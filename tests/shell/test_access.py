"""Who may open which page and admin table: each × every role × a stranger. The API: `api/test_access.py`.

A new page without its row in `access_rows.py` fails here, and so does a row whose page is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from campaign_crm.platform.rights import Right, Role, role_has_right
from tests.shell.access_rows import PUBLIC, ROWS, Row

pytestmark = pytest.mark.django_db
NAMESPACES = {"shell", "contacts", "messaging", "tracking"}
DOORS = {"admin:login", "admin:logout"}
SAMPLES = {
    "IntConverter": 999_999,
    "SlugConverter": "nothing",
    "StringConverter": "nothing",
    "UUIDConverter": "00000000-0000-4000-8000-000000000000",
    "PathConverter": "nothing",
}
GIVEN = {"contacts:export_decide": {"pk": 999_999, "act": "stop"}}  # an address by a pattern of its own


@pytest.fixture(autouse=True)
def plain_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may is asked here, many times: the pages that say no are drawn elsewhere."""

    def page(status: int) -> Callable[..., HttpResponse]:
        return lambda request, *args, **kwargs: HttpResponse(status=status)

    monkeypatch.setattr("campaign_crm.urls.handler403", page(403))
    monkeypatch.setattr("campaign_crm.urls.handler404", page(404))


def pages(patterns: list[URLPattern | URLResolver], space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield (full name, pattern) of every named page."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from pages(pattern.url_patterns, pattern.namespace or space)
        elif pattern.name and space:
            yield f"{space}:{pattern.name}", pattern


def of(*spaces: str) -> dict[str, URLPattern]:
    found = pages(get_resolver("campaign_crm.urls").url_patterns)
    return {name: pattern for name, pattern in found if name.split(":")[0] in spaces}


PAGES, ADMIN = of(*NAMESPACES), of("admin")


def address(name: str) -> str:
    """The address of a page, with sample values for what it asks."""
    if name == "admin:app_list":
        return reverse(name, args=["contacts"])
    if name in GIVEN:
        return reverse(name, kwargs=GIVEN[name])
    converters = (PAGES | ADMIN)[name].pattern.converters
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


TABLES = sorted(set(ADMIN) - DOORS)


def test_stranger_sees_no_reference_table(client: Client) -> None:
    ends = {name: client.get(address(name), follow=True).redirect_chain for name in TABLES}
    assert [
        name for name, chain in ends.items() if not chain or not chain[-1][0].startswith("/accounts/login/")
    ] == []


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_reference_tables_are_the_administrators_alone(signed_in: Callable[..., Client], role: str) -> None:
    client = signed_in(role)
    opened = {
        name: (
            client.get(address(name), follow=True).status_code,
            client.post(address(name), follow=True).status_code,
        )
        for name in TABLES
    }
    assert {name: answers for name, answers in opened.items() if answers != (403, 403)} == {}


def test_administrator_opens_every_reference_table(signed_in: Callable[..., Client]) -> None:
    client = signed_in()
    lists = [name for name in TABLES if name.endswith("_changelist")]
    assert len(lists) >= 5
    assert {name: client.get(address(name)).status_code for name in lists} == dict.fromkeys(lists, 200)


@pytest.mark.parametrize("address", ["/forms/", "/imports/"])
def test_who_only_reads_sees_the_list_without_a_way_to_change_it(
    signed_in: Callable[..., Client], address: str
) -> None:
    page = signed_in(Role.READ_ONLY).get(address)
    body = page.content.decode().split('id="main"')[1]
    assert (page.status_code, "btn-primary" in body) == (200, False)
    assert "btn-primary" in signed_in().get(address).content.decode().split('id="main"')[1]
