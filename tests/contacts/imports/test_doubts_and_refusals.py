"""A no in a file counts; a word that is none takes nothing back; what a mistaken file refused is undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from campaign_crm.platform.jobs import run_job
from contacts.enums import Channel, ConsentPurpose
from contacts.imports.errors import WrongState
from contacts.imports.service import undo_import
from contacts.models import Consent, Contact, EmailAddress, Import, Reach, Source
from contacts.services.consents import record_consent
from contacts.services.projections import refresh_projections
from tests.support.imports import import_file, preview, write_rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places")]

LEA = "lea@example.org"
Bring = Callable[..., Import]


@pytest.fixture
def own_form(db: None) -> Source:
    return Source.objects.create(name="Own form", kind="form", lawful_basis="consent", channels=["email"])


@pytest.fixture
def lea(own_form: Source) -> Contact:
    """Somebody who agreed on our own form."""
    person: Contact = Contact.objects.create(first_name="Léa", last_name="Martin")
    EmailAddress.objects.create(contact=person, address=LEA, normalised=LEA)
    record_consent(
        contact=person,
        channel=Channel.EMAIL,
        purpose=ConsentPurpose.MESSAGES,
        given=True,
        source=own_form,
        at=timezone.now() - timedelta(days=1),
        by=None,
    )
    refresh_projections([person.pk])
    return person


@pytest.fixture
def bring(tmp_path: Path, book: Source) -> Bring:
    def go(column: str, said: str, source: Source = book, **values: str) -> Import:
        row = {"Prénom": "Léa", "Nom": "Martin", "Email": LEA, column: said} | values
        run = import_file(
            write_rows(tmp_path / "file.csv", [list(row), list(row.values())]),
            kind="address-book",
            source=source,
        )
        assert run.state == Import.State.DONE, run.error
        return run

    return go


def may_be_written_to() -> bool:
    return bool(Reach.objects.get(channel="email").political)


def undo(run: Import, **how: bool) -> None:
    job = run_job(undo_import(run=run, by=None, **how).pk)
    run.refresh_from_db()
    assert run.state == Import.State.UNDONE, job.error


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("Statut de l'abonnement", "pending"),
        ("Statut de l'abonnement", "Archived"),
        ("Statut de l'abonnement", "Gelé"),
        ("Statut de l'abonnement", "Non-subscribed"),
        ("Optin", "à voir"),
    ],
)
def test_a_word_that_is_no_refusal_takes_nothing_back(
    bring: Bring, lea: Contact, column: str, said: str
) -> None:
    run = bring(column, said)
    assert (run.preview["refused"], run.counts["refused"]) == (0, 0)
    assert list(lea.consents.values_list("given", flat=True)) == [True]
    assert may_be_written_to()


def test_a_doubt_about_somebody_of_whom_nothing_is_known_goes_with_its_file(
    bring: Bring, own_form: Source
) -> None:
    bring("Tags", "x", source=Source.objects.create(name="None", kind="form", lawful_basis="none"))
    run = bring("Statut de l'abonnement", "pending")
    assert Consent.objects.get().proof["doubted"]
    undo(run)
    assert not Consent.objects.exists()
    assert Contact.objects.exists()


def test_a_doubt_ends_what_the_same_source_had_said(bring: Bring) -> None:
    bring("Statut de l'abonnement", "Subscribed")
    assert may_be_written_to()
    run = bring("Statut de l'abonnement", "pending")
    assert not may_be_written_to()
    undo(run)
    assert may_be_written_to()


@pytest.mark.parametrize("said", ["non", "Désabonné"])
def test_a_plain_no_counts_is_counted_and_can_be_undone(bring: Bring, lea: Contact, said: str) -> None:
    run = bring("Optin", said)
    assert (run.preview["refused"], run.counts["refused"], run.counts["stopped"]) == (1, 1, 0)
    assert not may_be_written_to()
    undo(run)
    assert not may_be_written_to()
    undo(run, objections_too=True)
    assert may_be_written_to()
    with pytest.raises(WrongState, match="No objection"):
        undo_import(run=run, by=None, objections_too=True)


def test_a_no_of_somebody_new_is_counted_too(tmp_path: Path, book: Source) -> None:
    rows = [["Prénom", "Email", "Optin"], ["Léa", LEA, "non"], ["Paul", "paul@example.org", "oui"]]
    run = preview(write_rows(tmp_path / "new.csv", rows), kind="address-book", source=book)
    assert run.preview["refused"] == 1
