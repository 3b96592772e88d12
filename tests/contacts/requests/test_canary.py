"""One unmistakable person, planted wherever people can be, then erased: nothing says who it was any more.

Every column of every table is read, whatever its type, then what stands sealed is opened, and each file below
MEDIA_ROOT and VAR_DIR.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from campaign_crm.platform.crypto import SealBroken, keyed_hash
from campaign_crm.platform.jobs import run_job, run_one_due_job
from campaign_crm.platform.sealed import SealedText
from campaign_crm.platform.sealed_files import opened_blocks
from campaign_crm.platform.sealed_history import seal_all_waiting
from contacts.enums import Channel
from contacts.imports.tidying import drop_unneeded_files
from contacts.merging.service import merge
from contacts.models import (
    AnswerFile,
    Contact,
    CustomField,
    ElectoralRegistration,
    Export,
    Import,
    ImportChange,
    ImportReject,
    List,
    PersonRequest,
    Source,
    Territory,
)
from contacts.requests import identity, service
from contacts.requests.answering import make_files
from contacts.requests.erasing import erase_for
from contacts.services import kept_refusals
from contacts.services.exports import ask_people
from contacts.services.lists import add_to_list
from contacts.services.objections import record_objection
from contacts.services.people import add_note, add_tag, create_contact, tag_named, update_contact
from messaging.models import Campaign, Delivery, Feedback, ProviderAccount, Reply
from messaging.services.service_messages import send_service_message
from tests.support.imports import import_file, write_rows
from tracking.models import Form, Interaction, Submission

pytestmark = pytest.mark.django_db
FIRST, LAST, BORN = "Zebuline", "Quetzalcanari", "Ornithorynque"
EMAIL, WORK = "zebuline@canary.example", "z.quetzal@work-canary.example"
PHONE, STREET = "+33639987777", "77 rue du Canari"
SIGNS = ("zebuline", "quetzalcanari", "ornithorynque", "canary.example", "639987777", "rue du canari")
MONTH = date(2026, 11, 1)


@pytest.fixture(autouse=True)
def places(settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path / "var"
    settings.MEDIA_ROOT = tmp_path / "media"
    for folder in (settings.VAR_DIR, settings.MEDIA_ROOT):
        folder.mkdir()
    for table in ("messaging_delivery", "tracking_interaction"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT crm_ensure_partition(%s, %s::date)", [table, MONTH])


@pytest.fixture
def canary(members: Source, handler) -> Contact:
    person = create_contact(
        source=members, by=handler, first_name="Zebu", last_name=LAST, email=EMAIL, phone=PHONE,
        language="en", address={"line1": STREET, "postcode": "60000", "city": "Beauvais"},
    )  # fmt: skip
    CustomField.objects.create(key="nick", label="Nickname", kind="text")
    update_contact(contact=person, by=handler, first_name=FIRST, birth_name=BORN, custom={"nick": FIRST})
    again = create_contact(source=members, by=None, first_name=FIRST, last_name=LAST, email=WORK)
    for contact, address in ((person, EMAIL), (again, WORK)):
        _deliver(contact.pk, address)
    merge(kept=person, absorbed=again, by=handler)
    return Contact.objects.get(pk=person.pk)


def _deliver(number: int, address: str, occasion: str = "") -> None:
    campaign = Campaign.objects.get_or_create(name="Letter", subject="Hello", ledger_month=MONTH)[0]
    Delivery.objects.create(
        ledger_month=MONTH, campaign=campaign, contact_id=number, state="delivered", occasion=occasion,
        address=address, address_hash=keyed_hash("email", address), context={"p1": FIRST},
        answer=f"for {LAST}", provider_message_id=f"id-{FIRST}",
    )  # fmt: skip


def _plant_imports(canary: Contact, members: Source, tmp_path: Path) -> None:
    rows = [
        ["Nom", "Prénom", "Email", "Téléphone"],
        [LAST.upper(), FIRST, EMAIL, PHONE],
        [LAST, FIRST, "nowhere", ""],
        ["", "", "nowhere", "06 39 98 77 77 7"],
    ]
    run = import_file(write_rows(tmp_path / "book.csv", rows), kind="address-book", source=members)
    assert ImportReject.objects.filter(import_run=run).exists()
    assert any(FIRST in reject.values for reject in ImportReject.objects.all())
    ImportChange.objects.create(
        import_run=run,
        table="contact",
        row_id=canary.pk,
        before={"last_name": LAST},
        after={"last_name": LAST},
    )


def _plant_messages(canary: Contact, members: Source) -> None:
    # To an address that was nobody's yet, such as a link that proves who asks.
    send_service_message(
        standing_for="request-identity", contact=None, address=EMAIL, occasion="1:identity", subject="Hello",
        paragraphs=[f"{FIRST} {LAST}"], button=("Yes", "https://example.org/"), closing="", language="en",
    )  # fmt: skip
    at = timezone.now()
    for contact, digest in ((canary, b"1" * 32), (None, b"2" * 32)):
        Reply.objects.create(
            contact=contact, digest=digest, at=at, from_name=f"{FIRST} {LAST}", from_address=EMAIL.title(),
            subject=FIRST, text=LAST,
        )  # fmt: skip
    Feedback.objects.create(
        account=ProviderAccount.objects.first(), event=b"3" * 32, kind="soft", text=f"{FIRST}: full",
        address_hash=keyed_hash("email", EMAIL), campaign=Campaign.objects.get(name="Letter"), at=at,
    )  # fmt: skip
    Interaction.objects.create(
        at=timezone.make_aware(timezone.datetime(2026, 11, 3)), event_id=uuid4(), kind="open", contact=canary,
        user_agent=FIRST, data={"who": LAST},
    )  # fmt: skip
    form = Form.objects.create(title="Join", slug="join", source=members)
    for contact in (canary, None):
        Submission.objects.create(
            form=form, contact=contact, data={"name": f"{FIRST} {LAST}"},
            address_hash=keyed_hash("email", EMAIL), ip="203.0.113.9",
        )  # fmt: skip


def _plant_requests(canary: Contact, handler) -> PersonRequest:
    told = {"came_by": "hand", "by": None, "name": f"{FIRST} {LAST}", "address": EMAIL, "words": LAST}
    access = service.open_request(kind="access", contact=canary, **told)
    make_files(access)
    stray = service.open_request(kind="access", **told)
    PersonRequest.objects.filter(pk=stray.pk).update(contact=None)
    AnswerFile.objects.create(
        request=stray, form="json", content=FIRST, bytes=1, expires_at=timezone.now() + timedelta(days=1)
    )
    erasure = service.open_request(kind="erasure", contact=canary, **told)
    identity.note_identity(request=erasure, how=f"{FIRST} {LAST} came", by=handler)
    return erasure


def _plant_electors(canary: Contact, members: Source) -> ElectoralRegistration:
    beauvais = Territory.objects.create(kind="commune", code="60057", name="Beauvais")
    linked, alone = (
        ElectoralRegistration.objects.create(
            identity=uuid4(), source=members, contact=contact, commune=beauvais, birth_name=BORN,
            used_name=LAST, first_names=FIRST, street=STREET, postcode="60000", city="Beauvais",
            birth_date=date(1970, 1, 2),
        )
        for contact in (canary, None)
    )  # fmt: skip
    assert linked.contact == canary
    return alone


def _plant_export(handler) -> Export:
    export = ask_people(scope={}, columns=["first_name", "last_name", "email"], purpose="check", by=handler)
    run_job(export.job_id or Export.objects.get(pk=export.pk).job_id)
    export.refresh_from_db()
    assert export.state == Export.State.READY
    return export


def _in_the_database() -> list[str]:
    """Columns that say who it was: as text, or as bytes of it."""
    signs = [f"%{sign}%" for sign in SIGNS] + [f"%{sign.encode().hex()}%" for sign in SIGNS]
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_schema, table_name, column_name FROM information_schema.columns"
            " JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema IN ('public', 'staging') AND table_type = 'BASE TABLE'"
        )
        for schema, table, column in cursor.fetchall():
            cursor.execute(
                f'SELECT EXISTS (SELECT FROM "{schema}"."{table}" WHERE "{column}"::text ILIKE ANY (%s))',
                [signs],
            )
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
    return found


def _sealed() -> list[str]:
    """Sealed columns that say so once they are opened."""
    found = []
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, SealedText):
                for value in model._default_manager.values_list(field.name, flat=True):
                    if any(sign in str(value).lower() for sign in SIGNS):
                        found.append(f"{model._meta.db_table}.{field.name}")
    return found


def _in_files(*folders: Path) -> list[str]:
    found = []
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        plain = path.read_bytes()
        with suppress(SealBroken, ValueError, OSError):
            plain += b"".join(opened_blocks(path))
        if any(sign in plain.decode(errors="replace").lower() for sign in SIGNS):
            found.append(path.name)
    return found


def test_nothing_says_who_it_was_wherever_they_stood(
    canary, members, handler, tmp_path, settings, django_capture_on_commit_callbacks
) -> None:
    add_note(contact=canary, body=f"{FIRST} likes cycling", by=handler)
    add_tag(contact=canary, tag=tag_named("Volunteer"), by=handler)
    add_to_list(to=List.objects.create(name="Stalls"), contacts=[canary], by=handler)
    with django_capture_on_commit_callbacks(execute=True):
        record_objection(contact=canary, channels=[Channel.SMS], by=handler)
    alone = _plant_electors(canary, members)
    _plant_imports(canary, members, tmp_path)
    _plant_messages(canary, members)
    erasure = _plant_requests(canary, handler)
    service.name_elector(request=erasure, elector=alone, by=handler)
    export = _plant_export(handler)
    seal_all_waiting()
    before = {name.split(".")[0] for name in _in_the_database()} | {name.split(".")[0] for name in _sealed()}
    assert before >= {
        *("contacts_contact", "contacts_emailaddress", "contacts_phonenumber", "contacts_postaladdress"),
        *("contacts_note", "contacts_merge", "contacts_importchange", "contacts_importreject"),
        *(
            "contacts_personrequest",
            "contacts_electoralregistration",
            "messaging_reply",
            "messaging_feedback",
        ),
        *("tracking_submission", "contacts_answerfile"),
    }
    with django_capture_on_commit_callbacks(execute=True):
        erase_for(request=erasure, by=handler)
    while run_one_due_job():
        pass
    seal_all_waiting()  # every fifteen seconds: of whoever is gone nothing is kept
    drop_unneeded_files()
    assert not Contact.objects.exists()
    assert _in_the_database() == []
    assert _sealed() == []
    assert _in_files(settings.MEDIA_ROOT, settings.VAR_DIR) == []
    assert kept_refusals.path().exists(), "what they refused is kept as a hash"
    export.refresh_from_db()
    assert (export.state, export.file_name) == (Export.State.CANCELLED, "")
    assert Delivery.objects.count() == 3, "what counts stays"
    assert Import.objects.get().state == Import.State.DONE
