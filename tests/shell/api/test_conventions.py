"""What holds for every operation: versions, requests sent twice, limits, other websites, errors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import path
from django.utils import timezone

from campaign_crm.platform.api import idempotency, views
from campaign_crm.platform.api.keys import create_api_key, find_api_key, rotate_api_key
from campaign_crm.platform.models import ApiKey, KeptAnswer, User
from campaign_crm.platform.scopes import Scope
from contacts.models import Contact, Source
from tests.shell.api.conftest import KeyOf
from tracking.models import Form, Submission

pytestmark = pytest.mark.django_db
PEOPLE = "/api/v1/people/"
OURS, THEIRS = "https://www.example.org", "https://elsewhere.example"


def sent(client: Client, method: str, url: str, body: Any, **headers: str) -> Any:
    return client.generic(method, url, body, "application/json", headers=headers)


def test_version_is_named_told_once_and_asked_for_before_a_change(machine: Client, lea: Contact) -> None:
    url = f"{PEOPLE}{lea.pk}/"
    first = machine.get(url)
    again = machine.get(url, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert "RateLimit-Remaining" in again
    change = '{"first_name": "Zoé"}'
    refused = sent(machine, "PATCH", url, change, **{"If-Match": '"another"'})
    assert (refused.status_code, refused.json()["title"]) == (412, "Changed meanwhile")
    taken = sent(machine, "PATCH", url, change, **{"If-Match": f"W/{first['ETag']}"})
    assert (taken.status_code, taken.json()["first_name"]) == (200, "Zoé")
    stale = machine.get(url, headers={"If-None-Match": first["ETag"]})
    assert (stale.status_code, stale["ETag"] != first["ETag"]) == (200, True)


def test_only_the_fields_asked_for_are_told_and_read(
    machine: Client, lea: Contact, django_assert_max_num_queries: Any
) -> None:
    url = f"{PEOPLE}{lea.pk}/?fields=id,last_name"
    machine.get(url)
    with django_assert_max_num_queries(9):
        assert machine.get(url).json() == {"id": lea.pk, "last_name": "Martin"}


def test_request_sent_again_is_done_once_and_another_one_is_refused(machine: Client, boss: User) -> None:
    body, key = '{"last_name": "Petit"}', {"Idempotency-Key": "abc"}
    first, again = (sent(machine, "POST", PEOPLE, body, **key) for _time in range(2))
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert (again["Idempotency-Replayed"], Contact.objects.count()) == ("true", 1)
    other = sent(machine, "POST", PEOPLE, '{"last_name": "Grand"}', **key)
    assert (other.status_code, other.json()["type"].rpartition("-")[2]) == (409, "conflict")
    with connection.cursor() as cursor:
        cursor.execute("SELECT answer FROM platform_keptanswer")
        assert "Petit" not in cursor.fetchone()[0], "answers stand sealed"
    KeptAnswer.objects.update(at=timezone.now() - idempotency.KEPT)
    assert idempotency.forget_old_answers() == 1
    assert sent(machine, "POST", PEOPLE, body, **key).json()["id"] != first.json()["id"]


def test_refused_request_is_asked_anew_with_its_key(machine: Client) -> None:
    key = {"Idempotency-Key": "abc"}
    assert sent(machine, "POST", PEOPLE, "{}", **key).status_code == 400
    assert sent(machine, "POST", PEOPLE, '{"last_name": "Petit"}', **key).status_code == 201


def test_limits_are_told_and_kept(machine: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "BY_ONE_MACHINE", 2)
    answers = [machine.get("/api/v1/tags/") for _time in range(3)]
    told = [(one.status_code, one["RateLimit-Limit"], one["RateLimit-Remaining"]) for one in answers]
    assert told == [(200, "2", "1"), (200, "2", "0"), (429, "2", "0")]
    assert 0 < int(answers[2]["Retry-After"]) <= 60
    assert answers[2].json()["title"] == "Too many requests"


def public(key_of: KeyOf, origin: str = OURS) -> Client:
    return key_of(
        {"origin": origin} if origin else {},
        kind=ApiKey.Kind.PUBLIC,
        scopes=[Scope.SIGN_UPS_WRITE, Scope.FORMS_READ],
        origins=[OURS],
    )


def test_browser_uses_a_public_key_from_its_own_websites_alone(key_of: KeyOf, join: Form) -> None:
    url = f"/api/v1/forms/{join.slug}/sign-ups/"
    asking = {"Access-Control-Request-Method": "POST", "origin": OURS}
    assert "Access-Control-Allow-Origin" not in Client().options(url, headers=asking)
    website = public(key_of)
    preflight = Client().options(url, headers=asking)
    assert (preflight.status_code, preflight["Access-Control-Allow-Origin"]) == (204, OURS)
    assert "Idempotency-Key" in preflight["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in Client().options(url, headers=asking | {"origin": THEIRS})
    body = '{"answers": {"first_name": "a", "last_name": "b", "email": "a@example.org"}, "ip": "203.0.113.9"}'
    taken = sent(website, "POST", url, body)
    assert (taken.status_code, taken["Access-Control-Allow-Origin"]) == (201, OURS)
    assert Submission.objects.get().ip == "127.0.0.1", "a browser proves nothing of where it is"
    elsewhere, no_browser = public(key_of, THEIRS), public(key_of, "")
    assert [sent(one, "POST", url, body).status_code for one in (elsewhere, no_browser)] == [403, 403]
    assert "Access-Control-Allow-Origin" not in elsewhere.get("/api/v1/forms/")


def test_public_key_reads_what_is_public(key_of: KeyOf, join: Form) -> None:
    website = public(key_of)
    told = website.get(f"/api/v1/forms/{join.slug}/?fields=slug,sign_ups,consents").json()
    assert (told["slug"], told["sign_ups"], told["consents"][0]["name"]) == (join.slug, 0, "email:messages")
    Form.objects.update(is_open=False)
    assert website.get("/api/v1/forms/").json()["results"] == []
    assert website.get(PEOPLE).status_code == 403


def test_replaced_secret_is_good_until_its_day(boss: User) -> None:
    key, before = create_api_key(name="Website", scopes=[], by=boss)
    _key, after = rotate_api_key(key=key, overlap=timedelta(days=7), by=boss)
    assert [find_api_key(text) for text in (before, after)] == [key, key]
    ApiKey.objects.update(earlier_until=timezone.now())
    assert [find_api_key(text) for text in (before, after)] == [None, key]
    _key, last = rotate_api_key(key=key, overlap=timedelta(0), by=boss)
    assert [find_api_key(text) for text in (after, last)] == [None, key]


def test_token_ends_with_its_owner_s_account_and_tells_who_acts(
    key_of: KeyOf, boss: User, lea: Contact
) -> None:
    later = timezone.now() + timedelta(days=1)
    mine = key_of(kind=ApiKey.Kind.PERSONAL, expires_at=later, scopes=[Scope.PEOPLE_READ, Scope.PEOPLE_WRITE])
    url = f"{PEOPLE}{lea.pk}/tags/"
    assert sent(mine, "POST", url, '{"name": "Volunteer"}').status_code == 201
    assert lea.tag_links.get().added_by == boss
    for _time in range(2):
        beyond = mine.get(f"{PEOPLE}?page_size=200")
    assert beyond.status_code == 403, "more than a page leaves as an export"
    User.objects.update(is_active=False)
    assert mine.get(PEOPLE).status_code == 401


def test_what_a_service_refuses_is_a_problem_that_says_why(machine: Client, lea: Contact) -> None:
    wrong = sent(machine, "PATCH", f"{PEOPLE}{lea.pk}/", '{"phone": "12"}')
    assert (wrong.status_code, wrong["Content-Type"]) == (422, "application/problem+json")
    assert wrong.json()["detail"]
    torn = sent(machine, "POST", PEOPLE, "{")
    assert (torn.status_code, torn.json()["type"].endswith("#problem-parse_error")) == (400, True)
    form = machine.post(PEOPLE, {"last_name": "a"})
    assert (form.status_code, form.json()["status"]) == (415, 415)
    assert sent(machine, "PUT", PEOPLE, "{}").json()["title"] == "This address does not do that"


def broken(_request: Any) -> None:
    raise RuntimeError("nobody foresaw this")


urlpatterns = [path("api/v1/broken/", broken)]
handler500 = "campaign_crm.shell.views.errors.server_error"


@pytest.mark.urls(__name__)
def test_error_of_the_server_is_a_problem_too() -> None:
    answer = Client(raise_request_exception=False).get("/api/v1/broken/")
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert (answer.json()["status"], "foresaw" in answer.content.decode()) == (500, False)


def test_member_of_the_team_names_a_source_only_with_the_right_to_import(
    signed_in: Any, members: Source
) -> None:
    """A source may open channels: naming one is what an import does."""
    body = f'{{"last_name": "Petit", "source": {members.pk}}}'
    assert sent(signed_in("local_coordinator"), "POST", PEOPLE, body).status_code == 403
    assert sent(signed_in("data_officer"), "POST", PEOPLE, body).status_code == 201
