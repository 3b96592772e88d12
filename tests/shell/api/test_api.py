"""The API: closed without a key or a right, the same rules as the pages."""

from base64 import b64encode
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaign_crm.platform.api.keys import create_api_key
from campaign_crm.platform.models import ApiKey, User
from campaign_crm.platform.scopes import Scope
from contacts.models import Contact, Source
from contacts.services.people import create_contact
from contacts.services.sources import create_source
from messaging.models import Campaign, Link
from messaging.services.senders import ensure_local_sender
from tracking.models import CampaignCounter, Form, Interaction, Submission
from tracking.selectors import NOT_ON_LISTS
from tracking.services import sign_up_limits
from tracking.services.forms import create_form

pytestmark = pytest.mark.django_db

READS = ["/api/v1/people/", "/api/v1/mailings/", "/api/v1/schema/"]


@pytest.fixture
def officer(db) -> User:
    return User.objects.create_user(email="officer@example.org", role="director")


@pytest.fixture
def website(officer):
    """A client with a key for every scope."""
    _key, text = create_api_key(name="Website", scopes=Scope.values, by=officer)
    return Client(headers={"authorization": f"Bearer {text}"})


@pytest.fixture
def source(db) -> Source:
    return create_source(
        by=None, name="Members", kind="address_book", lawful_basis="member", channels=["email"]
    )


@pytest.fixture
def person(source) -> Contact:
    return create_contact(
        source=source,
        by=None,
        first_name="Léa",
        last_name="Martin",
        email="lea@example.org",
        phone="+33639980001",
    )


@pytest.fixture
def form(db) -> Form:
    ensure_local_sender()
    return create_form(
        by=None,
        newsletters=[],
        title="Join",
        introduction="",
        language="en",
        thank_you="",
        tag=None,
        is_open=True,
        fields=["first_name", "last_name", "email"],
        consents=[{"channel": "email", "purpose": "messages"}],
    )


@pytest.mark.parametrize("url", READS)
def test_strangers_are_refused(url) -> None:
    assert Client().get(url).status_code == 401


@pytest.mark.parametrize("url", READS[:2])
def test_a_key_without_the_scope_is_refused(url, officer) -> None:
    _key, text = create_api_key(name="Narrow", scopes=[Scope.SIGN_UPS_WRITE], by=officer)
    assert Client(headers={"authorization": f"Bearer {text}"}).get(url).status_code == 403


@pytest.mark.parametrize("change", ["revoked", "unknown", "malformed"])
def test_a_bad_key_is_refused(change, officer) -> None:
    key, text = create_api_key(name="Website", scopes=Scope.values, by=officer)
    if change == "revoked":
        ApiKey.objects.update(revoked_at=key.created_at)
    sent = {"revoked": text, "unknown": text[:-1] + "!", "malformed": "crm_x"}[change]
    assert Client(headers={"authorization": f"Bearer {sent}"}).get(READS[0]).status_code == 401


def test_the_secret_of_a_key_is_not_kept(officer) -> None:
    key, text = create_api_key(name="Website", scopes=[], by=officer)
    assert text.split("_", 2)[2].encode() not in bytes(key.secret_hash)


def test_staff_use_the_api_by_their_role(officer, person) -> None:
    client = Client()
    client.force_login(officer)
    assert client.get(READS[0]).json()["results"][0]["id"] == person.pk


def test_people_are_listed_and_found(website, person, source) -> None:
    custom = {"size": 12.5, "car": False, "joined": "2025-02-03"}
    create_contact(source=source, by=None, first_name="Paul", last_name="Durand", custom=custom)
    everyone = website.get("/api/v1/people/").json()
    assert [one["last_name"] for one in everyone["results"]] == ["Durand", "Martin"]
    found = website.get("/api/v1/people/?q=léa mar").json()["results"]
    assert found == [website.get(f"/api/v1/people/{person.pk}/").json()]
    assert (found[0]["emails"], found[0]["phones"]) == (["lea@example.org"], ["+33639980001"])
    assert found[0]["reachable_by"] == ["email"]
    assert [one["extra_fields"] for one in everyone["results"]] == [custom, {}]


def test_a_list_takes_as_many_queries_for_three_as_for_one(
    website, person, source, django_assert_max_num_queries
) -> None:
    for name in ("Durand", "Petit"):
        create_contact(source=source, by=None, last_name=name, email=f"{name}@example.org")
    with django_assert_max_num_queries(16):
        assert len(website.get("/api/v1/people/").json()["results"]) == 3


def test_a_sign_up_follows_the_form(website, form) -> None:
    url = f"/api/v1/forms/{form.slug}/sign-ups/"
    answers = {"first_name": "Léa", "last_name": "Martin", "email": "lea@example.org"}
    sent = website.post(url, {"answers": answers, "consents": ["email:messages"]}, "application/json")
    assert sent.status_code == 201
    assert str(Submission.objects.get().pk) == sent.json()["id"]
    assert Contact.objects.get().first_name == "Léa"


def test_a_sign_up_sent_again_with_its_key_is_the_same_one(website, form) -> None:
    url = f"/api/v1/forms/{form.slug}/sign-ups/"
    body = {"answers": {"first_name": "Léa", "last_name": "Martin", "email": "lea@example.org"}}

    def send(key: str, **changes: object) -> Any:
        return website.post(url, body | changes, "application/json", headers={"Idempotency-Key": key})

    first, again, other = send("visit-1"), send("visit-1"), send("visit-2")
    assert (first.status_code, first.json()) == (201, again.json())
    assert other.json() != first.json()
    assert (Submission.objects.count(), Interaction.objects.count()) == (2, 2)
    changed = send("visit-1", consents=["email:messages"])
    assert changed.status_code == 409
    assert changed.json()["type"].endswith("#problem-conflict")
    assert send("k" * 201).json()["errors"][0]["pointer"] == "#/Idempotency-Key"
    assert Submission.objects.count() == 2


def test_an_address_without_its_last_slash_is_told_so_and_loses_nothing(website, form) -> None:
    answer = website.post(f"/api/v1/forms/{form.slug}/sign-ups", {}, "application/json")
    assert answer.status_code == 404
    assert f"/api/v1/forms/{form.slug}/sign-ups/" in answer.json()["detail"]


def test_a_sign_up_keeps_the_address_of_the_person_never_the_website_s(website, form) -> None:
    url = f"/api/v1/forms/{form.slug}/sign-ups/"
    answers = {"first_name": "Léa", "last_name": "Martin", "email": "lea@example.org"}
    website.post(url, {"answers": answers}, "application/json")
    website.post(url, {"answers": answers, "ip": "203.0.113.9"}, "application/json")
    assert list(Submission.objects.order_by("at").values_list("ip", flat=True)) == [None, "203.0.113.9"]


def test_too_many_sign_ups_from_one_person_s_address_are_asked_to_wait(website, form, monkeypatch) -> None:
    monkeypatch.setattr(sign_up_limits, "FROM_ONE_PLACE", 1)
    url = f"/api/v1/forms/{form.slug}/sign-ups/"
    body = {"answers": {"first_name": "a", "last_name": "b", "email": "a@example.org"}, "ip": "203.0.113.9"}
    answers = [website.post(url, body, "application/json") for _time in range(2)]
    assert [answer.status_code for answer in answers] == [201, 429]
    assert answers[1]["Retry-After"] == "600"
    assert Submission.objects.count() == 1


def test_a_key_that_sends_too_many_sign_ups_is_asked_to_wait(website, officer, form, monkeypatch) -> None:
    monkeypatch.setattr(sign_up_limits, "BY_ONE_KEY", 2)
    url = f"/api/v1/forms/{form.slug}/sign-ups/"

    def send(client: Client, number: int) -> Any:
        answers = {"first_name": "a", "last_name": "b", "email": f"a{number}@example.org"}
        return client.post(url, {"answers": answers}, "application/json")

    answers = [send(website, number) for number in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[2]["Retry-After"] == "600"
    _key, text = create_api_key(name="Another", scopes=[Scope.SIGN_UPS_WRITE], by=officer)
    assert send(Client(headers={"authorization": f"Bearer {text}"}), 4).status_code == 201


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/answers"),
        ({"answers": {"email": "nobody", "first_name": "a", "last_name": "b"}}, "#/answers/email"),
        ({"answers": {"is_staff": "1"}}, "#/unknown"),
        ({"answers": {}, "consents": ["sms:messages"]}, "#/unknown"),
    ],
)
def test_a_wrong_sign_up_is_said_by_field(website, form, body, pointer) -> None:
    response = website.post(f"/api/v1/forms/{form.slug}/sign-ups/", body, "application/json")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert pointer in [wrong["pointer"] for wrong in response.json()["errors"]]
    assert not Submission.objects.exists()


def test_the_report_of_a_mailing(website) -> None:
    campaign = Campaign.objects.create(name="Letter", subject="Hello")
    assert website.get("/api/v1/mailings/").json()["results"][0]["name"] == "Letter"
    with CaptureQueriesContext(connection) as asked:
        report = website.get(f"/api/v1/mailings/{campaign.pk}/report/").json()
        website.get("/api/v1/mailings/")
    large = [one["sql"] for one in asked if any(f'"{name}"' in one["sql"] for name in NOT_ON_LISTS)]
    assert large == [], "what a mailing holds is megabytes"
    assert (report["audience"], report["delivered"], report["states"]) == (0, 0, {})
    Link.objects.create(campaign=campaign, number=1, url="https://example.org/a", label="A")
    CampaignCounter.objects.create(campaign=campaign, metric="clicks", link_number=1, delta=3)
    report = website.get(f"/api/v1/mailings/{campaign.pk}/report/").json()
    assert report["links"] == [{"number": 1, "url": "https://example.org/a", "label": "A", "clicks": 3}]
    assert [one["code"] for one in report["territories"]] == [""]


def test_the_schema_names_every_operation(officer) -> None:
    client = Client()
    client.force_login(officer)
    text = client.get("/api/v1/schema/").text
    for path in (
        "/people/",
        "/people/{id}/",
        "/forms/{slug}/sign-ups/",
        "/mailings/",
        "/mailings/{id}/report/",
    ):
        assert f"/api/v1{path}" in text


@pytest.mark.parametrize("position", ["abc", "\x00", "9" * 40])
def test_a_cursor_that_nobody_gave_is_no_page(website, position) -> None:
    cursor = b64encode(f"p={position}".encode()).decode()
    assert website.get("/api/v1/people/", {"cursor": cursor}).status_code == 404


def test_pages_follow_by_cursor(website, person, source) -> None:
    for name in ("Durand", "Petit"):
        create_contact(source=source, by=None, last_name=name)
    first = website.get("/api/v1/people/?page_size=2").json()
    second = website.get(first["next"]).json()
    assert [one["last_name"] for one in (*first["results"], *second["results"])] == [
        "Petit",
        "Durand",
        "Martin",
    ]
    assert second["next"] is None


def test_an_address_the_api_does_not_have_answers_as_the_api_does() -> None:
    response = Client().get("/api/v1/nothing/")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "query", ["q=%00", "lastname=Martin", "fields=id,secret", "updated_since=13/45", "commune="]
)
def test_a_parameter_that_means_nothing_is_said_not_ignored(website, person, query) -> None:
    """A filter that was misspelt must not list everybody."""
    answer = website.get(f"/api/v1/people/?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == query.partition("=")[0]
