"""The pages of retention: what would go, the rules, certificates and figures."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.utils import timezone

from campaign_crm.platform.models import Job, User
from contacts.models import Contact, Election, Purge, RetentionRule, Source
from contacts.retention.rehearsal import LOOK_JOB, look
from tests.contacts.retention.conftest import Electors, brought_by, on_its_day, run

pytestmark = pytest.mark.django_db
PAGE = "/data-protection/retention/"


@pytest.fixture
def client(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def test_what_would_go_is_counted_by_source_and_shows_its_first_people(
    client: Client, rental: Source
) -> None:
    person = brought_by(rental, "a@example.org", first_name="Léa")
    assert "Nothing goes tonight." in client.get(PAGE).content.decode()
    look()
    purge = Purge.objects.get()
    page = client.get(PAGE).content.decode()
    assert "Rented" in page
    assert f"{PAGE}{purge.pk}/" in page
    on_its_day(purge)
    assert "Nothing goes tonight." not in client.get(PAGE).content.decode()
    page = client.get(f"{PAGE}{purge.pk}/").content.decode()
    assert f'href="/people/{person.pk}/"' in page
    assert "Léa Martin" in page


def test_counting_again_is_a_job_of_the_data_protection_role(client: Client) -> None:
    assert client.post(PAGE).status_code == 302
    assert Job.objects.filter(kind=LOOK_JOB).count() == 1
    client.post(PAGE)
    assert Job.objects.filter(kind=LOOK_JOB).count() == 1
    client.force_login(User.objects.create_user(email="reader@example.org", role="read_only", language="en"))
    assert client.get(PAGE).status_code == 200
    assert client.post(PAGE).status_code == 403


def test_a_rule_changes_with_a_reason_and_shows(client: Client) -> None:
    page = f"{PAGE}rules/roll/"
    assert client.post(page, {"amount": "45"}).status_code == 422
    answer = client.post(page, {"amount": "4500", "reason": "Appeals"})
    assert "At most 400" in answer.content.decode()
    assert client.post(page, {"reason": "Appeals"}).status_code == 422
    assert client.post(page, {"amount": "45", "reason": "Appeals"}).status_code == 302
    assert "45 days after the last vote" in client.get(PAGE).content.decode()
    assert client.get(f"{PAGE}rules/rental/").status_code == 404


def test_an_exception_is_written_shown_and_removed_with_a_reason(client: Client) -> None:
    posted = {"kind": "form", "relationship": "regular", "stays": "on", "reason": "Petition"}
    assert client.post(f"{PAGE}rules/last-sign/", posted).status_code == 302
    assert "Form, Regular contact" in client.get(PAGE).content.decode()
    pk = RetentionRule.objects.get().pk
    client.post(f"{PAGE}exceptions/{pk}/remove/", {"reason": " "})
    assert RetentionRule.objects.exists()
    client.post(f"{PAGE}exceptions/{pk}/remove/", {"reason": "Ended"})
    assert not RetentionRule.objects.exists()


def test_a_roll_of_no_election_is_pointed_out_and_its_page_ties_it(
    client: Client, roll: Source, past_election: Election
) -> None:
    assert "Nothing says when" not in client.get(PAGE).content.decode()
    roll.elections.clear()
    assert "Nothing says when these rolls go." in client.get(PAGE).content.decode()
    posted = {
        "name": "Roll",
        "kind": "roll",
        "lawful_basis": "public_roll",
        "channels": ["post"],
        "elections": [past_election.pk],
    }
    assert client.post(f"/sources/{roll.pk}/", posted).status_code == 302
    assert list(roll.elections.all()) == [past_election]


def test_a_certificate_is_a_page_a_pdf_and_json(client: Client, rental: Source) -> None:
    brought_by(rental, "a@example.org")
    look()
    purge = on_its_day(Purge.objects.get())
    look()
    run(purge)
    assert not Contact.objects.exists()
    page = f"/data-protection/certificates/{purge.certificate.pk}/"
    assert page in client.get(PAGE).content.decode()
    shown = client.get(page).content.decode()
    assert "People erased" in shown
    assert "The seal is intact." in shown
    told = json.loads(client.get(f"{page}?format=json").content)
    assert told["gone"] == {"people": 1, "points": 1, "opt_outs": 0}
    answer = client.get(f"{page}?format=pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


def test_figures_of_a_roll_are_a_page_and_a_file(client: Client, roll: Source, electors: Electors) -> None:
    electors(12, birth_date=timezone.localdate().replace(year=1980, day=1))
    look()
    purge = on_its_day(Purge.objects.get())
    look()
    run(purge)
    page = f"{PAGE}{purge.pk}/stations/"
    assert "Mairie" in client.get(page).content.decode()
    lines = b"".join(client.get(f"{page}?format=csv").streaming_content).decode().splitlines()
    assert lines[1].startswith("60057;Beauvais;Mairie;F;")
    assert lines[1].endswith(";12")
