"""What people who are only on a roll may ask: no e-mail is known, and nothing is done unproven."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.jobs import run_one_due_job
from contacts.letters import without_objections
from contacts.models import (
    AnswerFile,
    ElectoralRegistration,
    ErasedElector,
    PersonRequest,
    Source,
    Suppression,
    Territory,
)
from contacts.requests import identity, ledger, service
from contacts.requests.answering import read_file
from contacts.requests.electors import code_of, is_code_of
from contacts.requests.erasing import erase_for
from contacts.requests.rows import RequestRefused, proven_request
from contacts.services.people import create_contact
from messaging.content.tokens import RequestToken, sign_request
from tests.contacts.requests.conftest import ADDRESS

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def var(settings, tmp_path) -> None:
    settings.VAR_DIR = tmp_path


@pytest.fixture
def beauvais(db) -> Territory:
    return Territory.objects.create(kind="commune", code="60057", name="Beauvais")


@pytest.fixture
def ana(beauvais) -> ElectoralRegistration:
    roll = Source.objects.create(name="Roll", kind="roll", lawful_basis="public_roll", channels=["post"])
    return ElectoralRegistration.objects.create(
        identity=uuid4(), source=roll, commune=beauvais, birth_name="MARTINEAU", used_name="ROY",
        first_names="Ana Marie", birth_date=date(1980, 5, 4), street="5 rue Basse", postcode="60000",
        city="Beauvais",
    )  # fmt: skip


def asked(kind: str = "access", **told) -> PersonRequest:
    return service.open_request(
        **{"kind": kind, "came_by": "hand", "by": None, "name": "Ana Martineau", "language": "en", **told}
    )


def about(ana, handler, kind: str = "access", *, proven: bool = True, **told) -> PersonRequest:
    request = asked(kind, **told)
    service.name_elector(request=request, elector=ana, by=handler)
    if proven:
        identity.note_identity(request=request, how="Came to the office", by=handler)
    return PersonRequest.objects.get(pk=request.pk)


def test_whoever_is_on_a_roll_is_not_told_that_nothing_is_kept(client, ana, handler) -> None:
    request = asked()
    page = client.get(f"/requests/{request.pk}/").text
    assert "Ana Marie MARTINEAU" in page
    assert "We keep nothing of you" not in page
    stranger = asked(name="Nobody Known")
    assert "We keep nothing of you" in client.get(f"/requests/{stranger.pk}/").text


def test_an_elector_is_found_by_name_birth_date_and_commune(client, ana, handler) -> None:
    request = asked(name="Somebody")
    for query, found in (
        ({"elector": "martineau ana"}, True),
        ({"elector": "roy", "born": "1980-05-04", "where": "60057"}, True),
        ({"elector": "martineau", "born": "1980-05-05"}, False),
    ):
        page = client.get(f"/requests/{request.pk}/", query).text
        assert ("It is this elector" in page) is found, query
    client.post(f"/requests/{request.pk}/elector/", {"elector": ana.pk})
    request.refresh_from_db()
    assert request.electors == [ana.pk]
    client.post(f"/requests/{request.pk}/not-elector/", {"elector": ana.pk})
    request.refresh_from_db()
    assert request.electors == []


def test_an_elector_who_is_somebody_of_the_base_is_that_person(ana, lea, handler) -> None:
    ElectoralRegistration.objects.filter(pk=ana.pk).update(contact=lea)
    ana.refresh_from_db()
    with pytest.raises(RequestRefused, match="choose that person"):
        service.name_elector(request=asked(), elector=ana, by=handler)


def test_a_link_to_an_address_that_was_typed_proves_nothing_of_an_elector(ana, handler) -> None:
    request = asked(address="typed@example.org")
    identity.ask_identity(request=request, by=None)
    digest = keyed_hash("email", "typed@example.org")
    assert identity.confirm_identity(request=request, address_hash=digest)
    service.name_elector(request=request, elector=ana, by=handler)
    request.refresh_from_db()
    assert not request.is_proven
    identity.confirm_identity(request=request, address_hash=digest)
    request.refresh_from_db()
    assert not request.is_proven
    with pytest.raises(RequestRefused, match="no e-mail address"):
        identity.ask_identity(request=request, by=handler)
    with pytest.raises(RequestRefused, match="Check first"):
        proven_request(request)


def test_a_letter_to_the_address_on_the_roll_has_a_code_that_proves_it(client, ana, handler) -> None:
    request = about(ana, handler, proven=False)
    answer = client.post(f"/requests/{request.pk}/letter/")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    request.refresh_from_db()
    code = code_of(request)
    assert (
        "not the code"
        in client.post(f"/requests/{request.pk}/code/", {"code": "AAAA-AAAA"}, follow=True).text
    )
    client.post(f"/requests/{request.pk}/code/", {"code": code.lower()})
    request.refresh_from_db()
    assert (request.identity, request.is_proven) == ("letter", True)
    request.letter_at = timezone.now() - timedelta(days=61)
    assert not is_code_of(request, code_of(request)), "it holds for sixty days"


def test_the_person_types_the_code_on_the_page_of_their_link(client, ana, handler) -> None:
    request = about(ana, handler, proven=False, address="typed@example.org")
    client.post(f"/requests/{request.pk}/letter/")
    request.refresh_from_db()
    token = sign_request(RequestToken(request.pk, keyed_hash("email", "typed@example.org"), timezone.now()))
    public = Client()
    assert "Code of the letter" in public.get(f"/d/{token}").text
    assert public.post(f"/d/{token}", {"code": "AAAA-AAAA"}).status_code == 422
    assert "You have proven that it is you." in public.post(f"/d/{token}", {"code": code_of(request)}).text


def test_an_answer_tells_what_the_roll_says_and_where_it_comes_from(ana, handler, client) -> None:
    request = about(ana, handler)
    client.post(f"/requests/{request.pk}/make-files/")
    assert run_one_due_job()
    told = (read_file(request=request, form="json", by=handler) or b"").decode()
    for fact in ("MARTINEAU", "ROY", "1980-05-04", "5 rue Basse", "Beauvais", "Roll"):
        assert fact in told
    assert (read_file(request=request, form="pdf", by=handler) or b"").startswith(b"%PDF")


def test_there_is_nothing_to_take_along_from_a_roll(ana, handler, client) -> None:
    request = about(ana, handler, "portability")
    page = client.post(f"/requests/{request.pk}/make-files/", follow=True).text
    assert "gave us nothing to take along" in page


def test_what_is_wrong_is_written_beside_the_elector(ana, handler, client) -> None:
    request = about(ana, handler, "rectification")
    client.post(f"/requests/{request.pk}/correction/", {"text": "Lives at 7 rue Haute"})
    assert "Lives at 7 rue Haute" in client.get("/electors/", {"q": "martineau"}).text
    assert "Lives at 7 rue Haute" in client.get(f"/requests/{request.pk}/").text


def test_an_objection_ends_letters_to_them(ana, handler, client) -> None:
    request = about(ana, handler, "objection", proven=False)
    client.post(f"/requests/{request.pk}/object/", {"channels": ["post"]})
    request.refresh_from_db()
    assert request.state == "answered"
    from campaign_crm.platform.database import lend_hash_key

    lend_hash_key()
    assert not without_objections(ElectoralRegistration.objects.all()).exists()


def test_an_erasure_takes_the_row_and_says_who_no_longer(
    ana, handler, django_capture_on_commit_callbacks
) -> None:
    other = about(ana, handler, "access", name="Ana", words="Who are you?", address=ADDRESS)
    request = about(ana, handler, "erasure", proven=False)
    with pytest.raises(RequestRefused, match="Check first"):
        erase_for(request=request, by=handler)
    identity.note_identity(request=request, how="Ana Martineau came", by=handler)
    AnswerFile.objects.create(
        request=other, form="json", content="x", bytes=1, expires_at=timezone.now() + timedelta(days=1)
    )
    with django_capture_on_commit_callbacks(execute=True):
        erase_for(request=request, by=handler)
    assert not ElectoralRegistration.objects.exists()
    assert not AnswerFile.objects.exists()
    for one in PersonRequest.objects.all():
        assert (one.name, one.words, one.address, one.identity_how) == ("", "", "", "")
    assert Suppression.objects.in_force().filter(channel="post", scope="everything").count() == 2
    assert "MARTINEAU" not in ledger.path().read_text()


def test_a_restored_backup_does_not_bring_an_elector_back(
    ana, handler, django_capture_on_commit_callbacks
) -> None:
    identity, commune, source = ana.identity, ana.commune, ana.source
    with django_capture_on_commit_callbacks(execute=True):
        erase_for(request=about(ana, handler, "erasure"), by=handler)
    ErasedElector.objects.all().delete()
    Suppression.objects.all().delete()
    ElectoralRegistration.objects.create(
        identity=identity, source=source, commune=commune, birth_name="MARTINEAU", first_names="Ana Marie",
        birth_date=date(1980, 5, 4),
    )  # fmt: skip
    assert ledger.replay().electors == 1
    assert not ElectoralRegistration.objects.exists()
    assert ErasedElector.objects.count() == 1
    assert Suppression.objects.in_force().filter(channel="post").exists()
    assert ledger.replay().electors == 0


def test_whoever_is_erased_as_a_person_stays_away_as_an_elector(ana, lea, handler) -> None:
    from contacts.requests.erasing import hide_person

    ElectoralRegistration.objects.filter(pk=ana.pk).update(contact=lea)
    hide_person(contact=lea, by=handler)
    assert ErasedElector.objects.get().number == ana.pk


def test_a_person_and_an_elector_are_erased_together(ana, members, handler) -> None:
    tom = create_contact(source=members, by=None, first_name="Ana", last_name="Roy", email="ana@example.org")
    request = asked("erasure", contact=tom)
    service.name_elector(request=request, elector=ana, by=handler)
    identity.note_identity(request=request, how="At the office", by=handler)
    erase_for(request=request, by=handler)
    tom.refresh_from_db()
    assert tom.erased_at is not None
    assert not ElectoralRegistration.objects.exists()
