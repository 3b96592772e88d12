"""The answer to a request: every fact with its source, sealed, read by who may, gone after thirty days."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone, translation

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.jobs import run_one_due_job
from campaign_crm.platform.models import AuditEntry, Job
from contacts.enums import Channel, ConsentPurpose
from contacts.models import (
    AnswerFile,
    Consent,
    ElectoralRegistration,
    List,
    Membership,
    PersonRequest,
    SupportLevel,
    Territory,
)
from contacts.requests.answering import ask_for_files, drop_expired, make_files
from contacts.requests.erasing import hide_person
from contacts.requests.facts import NOT_TOLD, everything_about, given_by
from contacts.requests.identity import ask_identity, confirm_identity, note_identity
from contacts.requests.pdf import make_pdf
from contacts.requests.rows import RequestRefused
from contacts.requests.service import answer_request, open_request
from contacts.requests.tables import person_tables
from contacts.services.consents import current_wording, record_consent
from contacts.services.contact_points import add_email
from contacts.services.lists import add_to_list
from contacts.services.people import add_note, add_tag, tag_named, update_contact
from contacts.services.sources import create_source
from messaging.models import Campaign, Delivery
from tests.contacts.requests.conftest import ADDRESS

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def var(settings, tmp_path) -> None:
    settings.VAR_DIR = tmp_path


@pytest.fixture
def form_source(db):
    return create_source(by=None, name="Site", kind="form", lawful_basis="consent", channels=["email"])


@pytest.fixture
def rich(lea, handler, form_source):
    """Somebody of whom much is known, from two sources."""
    update_contact(contact=lea, by=None, source=form_source, birth_year=1980)
    Membership.objects.create(contact=lea, joined_on=date(2026, 1, 5))
    SupportLevel.objects.create(contact=lea, level=5)
    add_email(contact=lea, address="lea@maison.example.org", source=form_source, by=None)
    wording = current_wording(Channel.EMAIL, ConsentPurpose.MESSAGES, "en")
    record_consent(
        contact=lea, channel=Channel.EMAIL, purpose=ConsentPurpose.MESSAGES, given=True, source=form_source,
        wording=wording, by=None,
    )  # fmt: skip
    add_note(contact=lea, body="Likes <b>cycling</b> & trains", by=handler)
    add_tag(contact=lea, tag=tag_named("Volunteer"), by=handler)
    add_to_list(to=List.objects.create(name="Stalls"), contacts=[lea], by=handler)
    beauvais = Territory.objects.create(kind="commune", code="60057", name="Beauvais")
    ElectoralRegistration.objects.create(
        identity=uuid4(), source=form_source, contact=lea, commune=beauvais, birth_name="MARTIN",
        first_names="Léa Anne", street="5 rue Basse",
    )  # fmt: skip
    month = timezone.localdate().replace(day=1)
    campaign = Campaign.objects.create(name="Lettre", subject="Bonjour", ledger_month=month)
    with connection.cursor() as cursor:
        cursor.execute("SELECT crm_ensure_partition('messaging_delivery', %s::date)", [month])
    Delivery.objects.create(
        ledger_month=month, campaign=campaign, contact=lea, state="delivered", address=ADDRESS,
        address_hash=keyed_hash("email", ADDRESS), handed_at=timezone.now(), basis="member",
        source_id=lea.source_links.order_by("first_seen_at").first().source_id,
        consent_id=Consent.objects.get().pk,
    )  # fmt: skip
    lea.refresh_from_db()
    return lea


def proven(kind: str, contact, handler) -> PersonRequest:
    request = open_request(kind=kind, came_by="hand", contact=contact, address=ADDRESS, by=handler)
    note_identity(request=request, how="At the office", by=handler)
    return PersonRequest.objects.select_related("contact").get(pk=request.pk)


def told(sections) -> dict[str, list]:
    return {section.table: section.rows for section in sections}


def test_every_table_about_people_is_told_or_says_why_not(rich) -> None:
    names = {table.name for table in person_tables()}
    assert set(NOT_TOLD) <= names
    assert all(NOT_TOLD.values())
    told_now = set(told(everything_about(rich)))
    empty = {"contacts_chosenfrequency", "contacts_personrequest", "contacts_subscription", "messaging_reply"}
    empty |= {name for name in names if name.startswith("tracking_")}  # nothing has come back of theirs yet
    assert told_now == names - set(NOT_TOLD) - empty | {"contacts_contact"}


def test_each_fact_has_its_source_and_each_message_its_reason(rich) -> None:
    facts = told(everything_about(rich))
    identity = {row["Field"]: row for row in facts["contacts_contact"]}
    assert identity["Last name"] == {"Field": "Last name", "Value": "Martin", "Source": "Members"}
    assert {row["E-mail"]: row["Source"] for row in facts["contacts_emailaddress"]} == {
        ADDRESS: "Members",
        "lea@maison.example.org": "Site",
    }
    (consent,) = facts["contacts_consent"]
    assert consent["Wording"] == Consent.objects.get().wording.text
    (message,) = facts["messaging_delivery"]
    shown = (message["Subject"], message["What allowed it"], message["To"])
    assert shown == ("Bonjour", "Membership", ADDRESS)
    assert facts["contacts_note"][0]["Note"] == "Likes <b>cycling</b> & trains"
    assert facts["contacts_contacttag"][0]["Tag"] == "Volunteer"
    assert facts["contacts_listmembership"][0]["List"] == "Stalls"
    assert facts["contacts_electoralregistration"][0]["Commune"] == "Beauvais (60057)"
    everything = str(facts)
    assert "Dominique Petit" not in everything, "nobody of the team is named"
    assert not re.search(r"[0-9a-f]{64}|memoryview|b'", everything), "no hash is told"


def test_what_they_take_along_is_what_they_gave(rich) -> None:
    given = told(given_by(rich))
    assert [row["Value"] for row in given["contacts_contact"]] == [1980]
    assert [row["E-mail"] for row in given["contacts_emailaddress"]] == ["lea@maison.example.org"]
    assert "contacts_note" not in given
    assert "messaging_delivery" not in given


def test_the_files_are_made_by_a_job_and_stand_sealed(rich, handler) -> None:
    request = proven("access", rich, handler)
    job = ask_for_files(request=request, by=handler)
    assert run_one_due_job()
    assert Job.objects.get(pk=job.pk).state == "succeeded"
    assert {one.form for one in AnswerFile.objects.all()} == {"pdf", "json"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(content, '') FROM contacts_answerfile")
        stored = cursor.fetchone()[0]
    assert "JVBERi0" not in stored, "base64 of %PDF-"


def test_files_need_proof_and_a_request_for_them(rich, handler) -> None:
    request = open_request(kind="access", came_by="hand", contact=rich, by=handler)
    with pytest.raises(RequestRefused, match="Check first"):
        ask_for_files(request=request, by=handler)
    with pytest.raises(RequestRefused, match="asks for no files"):
        ask_for_files(request=proven("erasure", rich, handler), by=handler)
    assert not Job.objects.exists()


def test_the_pdf_speaks_the_persons_language_and_escapes_what_people_typed(rich, handler) -> None:
    request = proven("access", rich, handler)
    with translation.override("fr"):
        files = {one.form: one for one in make_files(request)}
        sections = everything_about(rich)
        content = make_pdf(title="Données", introduction=["« Été » …"], sections=sections)
    assert content.startswith(b"%PDF-")
    assert files["pdf"].bytes > 5_000
    assert "Sur la liste électorale" in [one.title for one in sections]


def test_staff_download_after_a_fresh_sign_in_and_it_is_journaled(client, rich, handler, monkeypatch) -> None:
    request = proven("access", rich, handler)
    make_files(request)
    page = client.get(f"/requests/{request.pk}/").text
    assert f"/requests/{request.pk}/files/pdf/" in page
    answer = client.get(f"/requests/{request.pk}/files/json/")
    assert answer["Content-Disposition"] == f'attachment; filename="request-{request.pk}.json"'
    assert answer["Cache-Control"] == "no-store"
    assert json.loads(answer.content)["sections"][0]["name"] == "contacts_contact"
    entry = AuditEntry.objects.get(action="request.download")
    assert (entry.actor, entry.detail) == (handler, {"form": "json"})
    assert client.get(f"/requests/{request.pk}/files/csv/").status_code == 404
    assert client.get(f"/requests/{request.pk}/files/exe/").status_code == 404
    monkeypatch.setattr("contacts.views.request_page.is_fresh", lambda _request: False)
    assert client.get(f"/requests/{request.pk}/files/pdf/").status_code == 302


def test_a_csv_runs_no_formula(rich, handler) -> None:
    add_email(contact=rich, address="=cmd@example.org", source=rich.source_links.first().source, by=None)
    request = proven("portability", rich, handler)
    update_contact(contact=rich, by=None, source=None, first_name="Léa")
    make_files(request)
    from contacts.requests.answering import read_file

    content = read_file(request=request, form="csv", by=handler).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content), delimiter=";"))
    assert rows[0] == ["Section", "Row", "Field", "Value"]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]


def test_the_person_reads_the_answer_by_their_link_once_it_is_given(rich, handler) -> None:
    request = open_request(kind="access", came_by="page", address=ADDRESS, language="en", by=None)
    ask_identity(request=request, by=None)
    asked = Delivery.objects.get(occasion__contains="identity")
    link = re.search(r"/d/[A-Za-z0-9_-]+", str(asked.context)).group()
    confirm_identity(request=request, address_hash=keyed_hash("email", ADDRESS))
    request = PersonRequest.objects.select_related("contact").get(pk=request.pk)
    make_files(request)
    browser = Client()
    assert browser.post(link, {"file": "pdf"})["Content-Type"].startswith("text/html"), "the team looks first"
    answer_request(request=request, answer="Here is all.", by=handler)
    page = browser.get(link).text
    assert "Here is all." in page
    assert "Download (PDF" in page
    scanned = browser.get(link, {"file": "pdf"})
    assert scanned["Content-Type"].startswith("text/html"), "a scanner takes nothing"
    got = browser.post(link, {"file": "pdf"})
    assert got["Content-Type"] == "application/pdf"
    assert got.content.startswith(b"%PDF-")
    assert AuditEntry.objects.get(action="request.download").actor is None


def test_files_go_after_thirty_days(rich, handler) -> None:
    request = proven("access", rich, handler)
    make_files(request)
    AnswerFile.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    from contacts.requests.answering import read_file

    assert read_file(request=request, form="pdf", by=handler) is None
    assert drop_expired() == 2


def test_an_erasure_takes_the_files_along(rich, handler) -> None:
    make_files(proven("access", rich, handler))
    hide_person(contact=rich, by=handler)
    run_one_due_job()
    assert not AnswerFile.objects.exists()
