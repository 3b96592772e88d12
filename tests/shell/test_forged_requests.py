"""A page of somebody else that has a member's browser send a form: refused on every route that takes one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from tests.shell.test_access import SAMPLES

pytestmark = pytest.mark.django_db
REFUSED = 419
UNSAFE = ("post", "put", "patch", "delete")
# Routes that act without a token of ours: for whom no session counts.
WITHOUT_TOKEN = {
    "tracking:leave": "RFC 8058: the token of the address is the secret",
    "tracking:preferences": "the token of the address is the secret",
    "tracking:confirm": "the token of the address is the secret",
    "tracking:seed_mailbox": "the token of the address is the secret",
    "tracking:asked": "the token of the address is the secret",
    "tracking:ask": "open to all, signs nobody in",
    "tracking:ask_en": "open to all, signs nobody in",
    "tracking:donation_hook": "signed by whoever takes the donations, and read without a session",
    "tracking:event_public": "open to all, signs nobody in",
    "tracking:rsvp": "the token in the address is the secret; there is no session",
    "tracking:sign_up": "open to all, signs nobody in",
}
LATER = {"contacts:import_new"}  # checks the token itself, once it has bounded the size of the file
KNOWN = {"uidb36": "1", "provider_id": "sso", "app_label": "contacts", "content_type_id": 1}


def refused(_request: HttpRequest, reason: str = "") -> HttpResponse:
    return HttpResponse(reason, status=REFUSED)


def asked_by(pattern: URLPattern | URLResolver) -> dict[str, str | int]:
    """Sample values of what stands in an address."""
    converters = pattern.pattern.converters
    found = {name: SAMPLES[type(converter).__name__] for name, converter in converters.items()}
    regex = getattr(pattern.pattern, "regex", None)
    found |= dict.fromkeys((regex.groupindex if regex else {}).keys() - found.keys(), "nothing")
    return {name: KNOWN.get(name, value) for name, value in found.items()}


def routes() -> Iterator[tuple[str, str]]:
    """(full name, address) of every named route, those of libraries too."""

    def walk(
        patterns: list[URLPattern | URLResolver], spaces: tuple[str, ...], above: dict[str, str | int]
    ) -> Iterator[tuple[str, dict[str, str | int]]]:
        for pattern in patterns:
            values = above | asked_by(pattern)
            if isinstance(pattern, URLResolver):
                inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
                yield from walk(pattern.url_patterns, inner, values)
            elif pattern.name:
                yield ":".join((*spaces, pattern.name)), values

    for name, values in walk(get_resolver("campaign_crm.urls").url_patterns, (), {}):
        try:
            yield name, reverse(name, kwargs=values)
        except NoReverseMatch:
            yield name, reverse(name, args=list(values.values()))


ROUTES = dict(routes())


@pytest.fixture
def attacked(member: Callable[..., User], settings: Any) -> Client:
    """An administrator's, in which another site sends forms: cookies go along, no token does."""
    settings.CSRF_FAILURE_VIEW = "tests.shell.test_forged_requests.refused"
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(member(Role.ADMINISTRATOR))
    return client


def test_every_route_that_takes_a_form_asks_for_its_token(attacked: Client) -> None:
    assert len(ROUTES) > 250
    wrong = {}
    for name, address in ROUTES.items():
        if name in WITHOUT_TOKEN or name in LATER or name.startswith("api:"):
            continue
        answers = {getattr(attacked, method)(address).status_code for method in UNSAFE}
        if answers != {REFUSED}:
            wrong[name] = answers
    assert wrong == {}


def test_upload_of_a_file_asks_for_its_token_too(attacked: Client) -> None:
    assert {attacked.post(ROUTES[name]).status_code for name in LATER} == {REFUSED}


def test_session_acts_by_the_api_with_a_token_alone(attacked: Client) -> None:
    address = ROUTES["api:sign_ups"]
    answer = attacked.post(address, {}, content_type="application/json")
    assert (answer.status_code, "CSRF" in answer.content.decode()) == (403, True)


def test_routes_without_a_token_are_those_named_here_and_give_a_session_nothing(attacked: Client) -> None:
    """What they answer to a member is what they answer to a stranger."""
    stranger = Client(raise_request_exception=False)
    for name in WITHOUT_TOKEN:
        answers = [client.post(ROUTES[name]).status_code for client in (attacked, stranger)]
        assert answers[0] == answers[1] != REFUSED, name
