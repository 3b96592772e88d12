"""An erasure: hidden at once, gone soon after, counts kept, never brought back by a file."""

from __future__ import annotations

import json
from datetime import date
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.jobs import run_one_due_job
from campaign_crm.platform.models import AuditEntry
from campaign_crm.platform.personal_data import Treatment
from contacts.enums import Channel, MessageKind, SuppressionReason
from contacts.models import (
    Contact,
    ElectoralRegistration,
    EmailAddress,
    Erasure,
    ImportChange,
    List,
    PersonRequest,
    Reach,
    RegistrationMatch,
    Suppression,
    Territory,
)
from contacts.models.import_run import Import
from contacts.registry import registry
from contacts.requests import ledger
from contacts.requests.erasing import erase_for, hide_person
from contacts.requests.identity import note_identity
from contacts.requests.rows import RequestRefused
from contacts.requests.service import open_request
from contacts.requests.tables import emptied, holds_personal_data, our_models, person_tables
from contacts.selectors import search_contacts
from contacts.services.lists import add_to_list
from contacts.services.people import add_note, add_tag, create_contact, tag_named
from messaging.models import Campaign, Delivery, Feedback, ProviderAccount, Reply
from tests.contacts.requests.conftest import ADDRESS
from tracking.models import Interaction

pytestmark = pytest.mark.django_db
MONTH = date(2026, 11, 1)


@pytest.fixture(autouse=True)
def var(settings, tmp_path) -> None:
    settings.VAR_DIR = tmp_path


@pytest.fixture
def rich(lea, members, handler) -> Contact:
    """Somebody who stands in many tables."""
    add_note(contact=lea, body="Likes cycling", by=handler)
    add_tag(contact=lea, tag=tag_named("Volunteer"), by=handler)
    add_to_list(to=List.objects.create(name="Stalls"), contacts=[lea], by=handler)
    beauvais = Territory.objects.create(kind="commune", code="60057", name="Beauvais")
    elector = ElectoralRegistration.objects.create(
        identity=uuid4(), source=members, contact=lea, commune=beauvais, birth_name="MARTIN",
        first_names="Léa Anne", street="5 rue Basse", postcode="60000", city="Beauvais",
    )  # fmt: skip
    RegistrationMatch.objects.create(contact=lea, registration=elector, state="linked")
    run = Import.objects.create(kind="address-book", source=members, file_name="a.csv", file_path="")
    ImportChange.objects.create(
        import_run=run,
        table="contact",
        row_id=lea.pk,
        before={"first_name": "Lea"},
        after={"first_name": "Léa"},
    )
    email = EmailAddress.objects.get(contact=lea)
    ImportChange.objects.create(
        import_run=run, table="email", row_id=email.pk, before={}, after={"address": ADDRESS}
    )
    Reply.objects.create(
        contact=lea, digest=b"2" * 32, at=timezone.now(), from_address=ADDRESS, text="Bonjour"
    )
    return lea


@pytest.fixture
def sent(rich) -> Campaign:
    """A mailing that reached her, that she opened twice, and that came back once."""
    campaign = Campaign.objects.create(name="Letter", subject="Hello", ledger_month=MONTH)
    with connection.cursor() as cursor:
        cursor.execute("SELECT crm_ensure_partition('messaging_delivery', %s::date)", [MONTH])
        cursor.execute("SELECT crm_ensure_partition('tracking_interaction', %s::date)", [MONTH])
    digest = keyed_hash("email", ADDRESS)
    for state, occasion in (("delivered", ""), ("queued", "later")):
        Delivery.objects.create(
            ledger_month=MONTH, campaign=campaign, contact=rich, occasion=occasion, state=state,
            address=ADDRESS, address_hash=digest, provider_message_id="x1",
            context={"p1": "Léa"}, answer="250 ok",
        )  # fmt: skip
    at = timezone.make_aware(timezone.datetime(2026, 11, 3, 12))
    for _time in range(2):
        Interaction.objects.create(
            at=at, event_id=uuid4(), kind="open", contact=rich, campaign=campaign, ledger_month=MONTH,
            user_agent="Mozilla", data={"a": 1},
        )  # fmt: skip
    account = ProviderAccount.objects.first()
    Feedback.objects.create(
        account=account,
        event=b"3" * 32,
        kind="soft",
        address_hash=digest,
        campaign=campaign,
        at=at,
        text="full",
    )
    return campaign


def test_every_table_about_people_is_found_or_says_why_not() -> None:
    related = {table.model for table in person_tables()} | {Contact}
    elsewhere = {model for model in our_models() if holds_personal_data(model)} - related
    assert {model._meta.db_table for model in elsewhere} == set(registry.rows_elsewhere)
    assert all(rows.why for rows in registry.rows_elsewhere.values())


def test_what_stays_can_be_emptied() -> None:
    staying = [table for table in person_tables() if not table.goes]
    assert {table.name for table in staying} == {
        "contacts_personrequest", "messaging_delivery", "tracking_donation", "tracking_interaction",
        "tracking_rsvp", "tracking_submission",
    }  # fmt: skip
    for table in staying:
        wanted = {
            field.column
            for field in table.model._meta.local_concrete_fields
            if table.model.personal_data[field.name] == Treatment.SCRUB
        }
        assert wanted <= set(emptied(table))


def test_nobody_sees_or_reaches_whoever_is_hidden(client, rich, handler) -> None:
    hide_person(contact=rich, by=handler)
    assert client.get(f"/people/{rich.pk}/").status_code == 404
    assert search_contacts("Martin") == []
    assert "Léa Martin" not in client.get("/people/").text
    for channel in (Channel.EMAIL, Channel.SMS, Channel.CALL, Channel.POST):
        for kind in MessageKind:
            people = Contact.objects.reachable(channel=channel, kind=kind, targeted=False)
            assert not people.exists()
    assert not ElectoralRegistration.objects.exists(), "electors and letters read the roll"
    assert "Bonjour" not in client.get("/answers/").text
    assert "Martin" not in client.get("/consents/").text
    assert not Reach.objects.filter(contact=rich, political=True).exists()


def test_keyed_hashes_stop_everything_at_each_address(rich, handler) -> None:
    hide_person(contact=rich, by=handler)
    entries = Suppression.objects.in_force()
    assert {entry.reason for entry in entries} == {SuppressionReason.ERASURE}
    assert {entry.channel for entry in entries} == {"email", "sms", "call", "post"}
    assert bytes(entries.get(channel="email").address_hash) == keyed_hash("email", ADDRESS)


def test_whoever_comes_in_again_is_not_written_to(rich, handler, members) -> None:
    hide_person(contact=rich, by=handler)
    run_one_due_job()
    again = create_contact(
        source=members, by=None, first_name="Léa", last_name="Martin", email=ADDRESS, phone="+33639980001",
        address={"line1": "3, RUE HAUTE", "postcode": "60000", "city": "BEAUVAIS"},
    )  # fmt: skip
    reach = {row.channel: row.reason for row in Reach.objects.filter(contact=again)}
    assert reach == dict.fromkeys(["email", "sms", "call", "post"], "suppressed")
    assert not Reach.objects.filter(service=True).exists()


def test_rows_go_and_counts_stay(rich, sent, handler) -> None:
    number = rich.pk
    hide_person(contact=rich, by=handler)
    assert Contact.objects.filter(pk=number).exists(), "hidden, not gone yet"
    assert run_one_due_job()
    assert not Contact.objects.exists()
    for table in person_tables():
        left = table.model._default_manager.filter(**{table.relation.attname: number})
        assert table.name == "messaging_delivery" or not left.exists(), table.name
    assert not ImportChange.objects.exists()
    deliveries = Delivery.objects.order_by("occasion")
    assert [
        (one.state, one.address, one.context, one.answer, one.provider_message_id) for one in deliveries
    ] == [
        ("delivered", "", None, "", ""),
        ("suppressed", "", None, "", ""),
    ]
    digests = {bytes(one.address_hash) for one in deliveries}
    assert len(digests) == 2
    assert keyed_hash("email", ADDRESS) not in digests
    opens = Interaction.objects.all()
    assert {(one.contact_id, one.user_agent, one.data) for one in opens} == {(None, "", None)}
    (visitor,) = {one.visitor for one in opens}
    assert visitor is not None, "still one person who opened twice"
    feedback = Feedback.objects.get()
    assert (bytes(feedback.address_hash) == keyed_hash("email", ADDRESS), feedback.text) == (False, "")
    erasure = Erasure.objects.get()
    assert erasure.gone_at is not None
    assert AuditEntry.objects.filter(action="contact.erased", object_id=str(number)).count() == 1


def test_nothing_in_the_database_names_them_afterwards(rich, sent, handler) -> None:
    request = open_request(
        kind="erasure", came_by="hand", contact=rich, address=ADDRESS, words="Léa", by=handler
    )
    note_identity(request=request, how="Léa Martin came", by=handler)
    erase_for(request=request, by=handler)
    run_one_due_job()
    found = []
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table = model._meta.db_table
            cursor.execute(
                f"SELECT count(*) FROM {table} AS t WHERE t::text ILIKE ANY (%s)",
                [["%lea.martin%", "%léa%", "%39980001%", "%rue haute%", "%cycling%"]],
            )
            if cursor.fetchone()[0]:
                found.append(table)
    assert found == []


def test_a_message_just_leaving_keeps_its_row_until_it_has_left(rich, sent, handler) -> None:
    Delivery.objects.filter(occasion="later").update(state="claimed", lease_until=timezone.now())
    hide_person(contact=rich, by=handler)
    run_one_due_job()
    assert Contact.objects.filter(pk=rich.pk).exists()
    Delivery.objects.filter(occasion="later").update(state="suppressed")
    from contacts.tasks import remove_erased

    remove_erased()
    assert run_one_due_job()
    assert not Contact.objects.exists()


def test_what_a_neighbour_has_as_well_stays_theirs(rich, sent, handler, members) -> None:
    tom = create_contact(source=members, by=None, first_name="Tom", last_name="Martin", email=ADDRESS)
    hide_person(contact=rich, by=handler)
    run_one_due_job()
    assert Contact.objects.get() == tom
    assert bytes(Feedback.objects.get().address_hash) == keyed_hash("email", ADDRESS)


def test_an_erasure_needs_proof_and_a_request_for_it(lea, handler) -> None:
    request = open_request(kind="erasure", came_by="hand", contact=lea, by=handler)
    with pytest.raises(RequestRefused, match="Check first"):
        erase_for(request=request, by=handler)
    other = open_request(kind="access", came_by="hand", contact=lea, by=handler)
    note_identity(request=other, how="At the office", by=handler)
    with pytest.raises(RequestRefused, match="does not ask for an erasure"):
        erase_for(request=other, by=handler)
    assert Contact.objects.visible().get() == lea


def test_the_page_erases_and_its_request_no_longer_says_who(client, lea, handler) -> None:
    request = open_request(
        kind="erasure", came_by="hand", contact=lea, name="Léa", address=ADDRESS, by=handler
    )
    assert "disabled" in client.get(f"/requests/{request.pk}/").text
    note_identity(request=request, how="At the office", by=handler)
    said = client.post(f"/requests/{request.pk}/erase/", follow=True).text
    assert "Erased: nobody sees this person any more" in said
    run_one_due_job()
    left = PersonRequest.objects.get()
    assert (left.state, left.contact, left.name, left.address, left.identity_how) == (
        "answered",
        None,
        "",
        "",
        "",
    )
    assert client.get(f"/requests/{request.pk}/").status_code == 200


def test_an_old_sign_in_is_asked_again_before_an_erasure(client, lea, handler, monkeypatch) -> None:
    request = open_request(kind="erasure", came_by="hand", contact=lea, by=handler)
    note_identity(request=request, how="At the office", by=handler)
    monkeypatch.setattr("contacts.views.request_page.is_fresh", lambda _request: False)
    answer = client.post(f"/requests/{request.pk}/erase/")
    assert answer.status_code == 302
    assert "/requests/" not in answer["Location"].partition("?")[0]
    assert Contact.objects.visible().exists()


def test_what_is_wrong_is_corrected_with_a_trace(client, lea, handler) -> None:
    request = open_request(kind="rectification", came_by="hand", contact=lea, by=handler)
    data = {"first_name": "Léa", "last_name": "Martinez", "language": "fr", "relationship": "occasional"}
    said = client.post(f"/requests/{request.pk}/rectify/", data, follow=True).text
    assert "Check first that this person asks" in said
    note_identity(request=request, how="At the office", by=handler)
    assert "Corrected." in client.post(f"/requests/{request.pk}/rectify/", data, follow=True).text
    assert Contact.objects.get().last_name == "Martinez"
    entry = AuditEntry.objects.get(action="request.rectify")
    assert "last_name" in entry.fields
    assert "Martinez" not in json.dumps(entry.detail)
    assert client.post(f"/requests/{request.pk}/rectify/", {"language": "fr"}).status_code == 422


def test_the_ledger_erases_again_whoever_a_backup_brings_back(
    lea, handler, django_capture_on_commit_callbacks
) -> None:
    made = lea.created_at
    with django_capture_on_commit_callbacks(execute=True):
        hide_person(contact=lea, by=handler)
    (line,) = ledger.read()
    assert (line["number"], set(line["hashes"])) == (lea.pk, {"email", "phone", "post"})
    assert "lea.martin" not in ledger.path().read_text()
    # As restored from before: she is there, nothing is suppressed, the ledger's rows are gone.
    Contact.objects.filter(pk=lea.pk).update(erased_at=None)
    Suppression.objects.all().delete()
    Erasure.objects.all().delete()
    assert (ledger.replay().people, ledger.replay().people) == (1, 0)
    assert not Contact.objects.visible().exists()
    assert Suppression.objects.in_force().count() == 4
    assert Erasure.objects.get().created_at == made


def test_a_number_given_out_again_names_nobody_else(
    lea, members, handler, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        hide_person(contact=lea, by=handler)
    run_one_due_job()
    tom = Contact.objects.create(pk=lea.pk, first_name="Tom", last_name="Roy")
    assert ledger.replay().people == 0
    assert Contact.objects.visible().get() == tom


def test_a_line_cut_short_is_passed_over(lea, handler, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        hide_person(contact=lea, by=handler)
    with ledger.path().open("a") as file:
        file.write('{"number": 1, "crea')
    assert len(ledger.read()) == 1
    Erasure.objects.all().delete()
    assert ledger.replay().entries == 1
