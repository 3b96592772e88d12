"""What each row of a supplier's file says of the person's agreement is kept, and an empty cell is none."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from campaign_crm.platform.jobs import run_job
from contacts.enums import Channel, MessageKind
from contacts.imports.checks import licence_ends_soon
from contacts.imports.errors import ImportProblem
from contacts.imports.service import undo_import
from contacts.models import Consent, Contact, ContactSource, PostalAddress, Reach, Source
from contacts.segments.reachability import count_reachable, reachable
from tests.support.imports import fingerprint, import_file, preview, write_rows

pytestmark = pytest.mark.django_db

HEADER = ["NOM", "PRENOM", "EMAIL", "OPTIN", "DATE_COLLECTE", "IP_COLLECTE", "URL_COLLECTE", "TEXTE OPTIN"]
PROOF = ["12/03/2025 14:32:10", "192.0.2.17", "https://jeux.example.org/quiz", "J’accepte les offres."]
LEA = ["Martin", "Léa", "lea@example.org", "oui", *PROOF]
PAUL = ["Petit", "Paul", "paul@example.org", "", *PROOF]
ZOE = ["Roy", "Zoé", "zoe@example.org", "non", *PROOF]


@pytest.fixture
def broker(db: None) -> Source:
    return Source.objects.create(
        name="Exempla",
        kind="broker_purchase",
        lawful_basis="consent",
        channels=["email"],
        supplier="Exempla",
        consent_wording="I agree.",
        proof="Contract",
    )


@pytest.fixture
def delivered(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: list[str], name: str = "delivery.csv", header: list[str] = HEADER) -> Path:
        return write_rows(tmp_path / name, [header, *rows])

    return write


def said_of(last_name: str) -> ContactSource:
    return ContactSource.objects.get(contact__last_name=last_name)


def test_day_word_words_and_proof_of_each_row_are_kept(delivered, broker) -> None:
    run = import_file(delivered(LEA), kind="broker", source=broker)
    assert run.state == "done", run.error
    link = said_of("Martin")
    assert link.collected_on == date(2025, 3, 12)
    row = {
        "cells": {"email": "oui"},
        "words": "J’accepte les offres.",
        "proof": "192.0.2.17 https://jeux.example.org/quiz",
        "on": "2025-03-12",
    }
    assert link.said == [{"import": run.pk, "on": "2025-03-12", "not": [], "rows": [row]}]


def test_an_empty_cell_or_a_no_opens_nothing_in_the_whole_file(delivered, broker) -> None:
    run = import_file(delivered(LEA, PAUL, ZOE), kind="broker", source=broker)
    assert (run.preview["without_agreement"], run.counts["without_agreement"]) == (2, 2)
    reasons = dict(Reach.objects.filter(channel="email").values_list("contact__last_name", "reason"))
    assert reasons == {"Martin": "broker_only", "Petit": "no_basis", "Roy": "withdrawn"}
    terms = {
        "channel": Channel.EMAIL, "kind": MessageKind.POLITICAL, "targeted": False, "source": broker,
    }  # fmt: skip
    assert [one.last_name for one in reachable(Contact.objects.all(), **terms)] == ["Martin"]
    counts = count_reachable(Contact.objects.all(), **terms)
    assert (counts.reachable, counts.left_out) == (1, {"withdrawn": 1, "no_basis": 1})


def test_an_empty_cell_is_no_consent_in_an_address_book_either(delivered, book) -> None:
    run = import_file(delivered(LEA, PAUL), kind="address-book", source=book)
    assert run.counts["without_agreement"] == 1
    assert list(Consent.objects.values_list("contact__last_name", "given")) == [("Martin", True)]
    political = dict(Reach.objects.filter(channel="email").values_list("contact__last_name", "political"))
    assert political == {"Martin": True, "Petit": False}


def test_a_file_without_such_a_column_stands_on_its_source(delivered, book) -> None:
    path = delivered(LEA[:3], header=HEADER[:3])
    run = import_file(path, kind="address-book", source=book)
    assert run.counts["without_agreement"] == 0
    assert said_of("Martin").said is None
    assert Reach.objects.get(channel="email").political


def test_what_allows_by_something_else_asks_for_no_agreement(delivered, broker) -> None:
    Source.objects.filter(pk=broker.pk).update(
        kind="address_book", lawful_basis="legitimate_interest", balance="One letter."
    )
    broker.refresh_from_db()
    run = import_file(delivered(PAUL), kind="address-book", source=broker)
    assert run.counts["without_agreement"] == 0
    assert Reach.objects.get(channel="email").political


def test_of_several_rows_of_one_person_one_yes_is_enough(delivered, broker) -> None:
    run = import_file(delivered([*LEA[:3], "", *PROOF], LEA), kind="broker", source=broker)
    assert run.counts["without_agreement"] == 0
    (entry,) = said_of("Martin").said
    assert entry["not"] == []
    assert [row["cells"] for row in entry["rows"]] == [{"email": ""}, {"email": "oui"}]


def test_the_same_delivery_again_says_nothing_new_and_a_later_one_is_added(delivered, broker) -> None:
    import_file(delivered(PAUL), kind="broker", source=broker)
    again = import_file(delivered(PAUL, name="again.csv"), kind="broker", source=broker)
    assert (again.counts["unchanged"], len(said_of("Petit").said)) == (1, 1)
    later = [*PAUL[:3], "oui", "01/06/2025", *PROOF[1:]]
    run = import_file(delivered(later, name="later.csv"), kind="broker", source=broker)
    assert run.counts["updated"] == 1
    assert [entry["on"] for entry in said_of("Petit").said] == ["2025-03-12", "2025-06-01"]
    assert Reach.objects.get(channel="email").reason == "broker_only"
    older = [*PAUL[:3], "", "01/01/2024", *PROOF[1:]]
    import_file(delivered(older, name="older.csv"), kind="broker", source=broker)
    assert [entry["on"] for entry in said_of("Petit").said] == ["2024-01-01", "2025-03-12", "2025-06-01"]
    assert Reach.objects.get(channel="email").reason == "broker_only"


def test_undoing_a_later_delivery_leaves_what_was_said_before(delivered, broker) -> None:
    import_file(delivered(PAUL), kind="broker", source=broker)
    before = fingerprint("contacts_contact")
    later = [*PAUL[:3], "oui", "01/06/2025", *PROOF[1:]]
    run = import_file(delivered(later, name="later.csv"), kind="broker", source=broker)
    run_job(undo_import(run=run, by=None).pk)
    assert fingerprint("contacts_contact") == before
    assert Reach.objects.get(channel="email").reason == "no_basis"


def test_undoing_the_first_delivery_keeps_whom_a_later_one_names(delivered, broker) -> None:
    first = import_file(delivered(PAUL), kind="broker", source=broker)
    later = [*PAUL[:3], "oui", "01/06/2025", *PROOF[1:]]
    second = import_file(delivered(later, name="later.csv"), kind="broker", source=broker)
    run_job(undo_import(run=first, by=None).pk)
    link = said_of("Petit")
    assert (link.created_by_import_id, [entry["import"] for entry in link.said]) == (second.pk, [second.pk])


def test_a_day_of_collection_that_cannot_be_read_is_told(delivered, broker) -> None:
    run = preview(delivered([*LEA[:4], "un jour", *PROOF[1:]]), kind="broker", source=broker)
    assert run.preview["left_out"] == 1


@pytest.mark.parametrize(
    ("lines", "line1", "line2"),
    [
        (["12 rue des Lilas", "", "", ""], "12 rue des Lilas", ""),
        (
            ["Apt 3", "Bâtiment B", "12 bis rue des Lilas", "BP 40"],
            "12 bis rue des Lilas",
            "Apt 3 Bâtiment B BP 40",
        ),
        (["", "Le Bourg", "", ""], "Le Bourg", ""),
        (["Résidence du Parc", "3e étage", "", ""], "Résidence du Parc", "3e étage"),
    ],
)  # fmt: skip
def test_no_line_of_an_address_is_lost(delivered, book, places, lines, line1, line2) -> None:
    header = ["NOM", "PRENOM", "ADRESSE1", "ADRESSE2", "ADRESSE3", "ADRESSE4", "CP", "VILLE"]
    path = delivered(["Martin", "Léa", *lines, "60000", "Beauvais"], header=header)
    import_file(path, kind="address-book", source=book)
    held = PostalAddress.objects.get()
    assert (held.line1, held.line2) == (line1, line2)


def test_adr_is_a_street(delivered, book, places) -> None:
    path = delivered(
        ["Martin", "Léa", "12 rue des Lilas", "60000", "Beauvais"],
        header=["NOM", "PRENOM", "ADR", "CP", "VILLE"],
    )
    import_file(path, kind="address-book", source=book)
    assert PostalAddress.objects.get().line1 == "12 rue des Lilas"


def test_an_ended_licence_refuses_the_file(delivered, broker) -> None:
    Source.objects.filter(pk=broker.pk).update(licence_ends_on=timezone.localdate() - timedelta(days=1))
    broker.refresh_from_db()
    with pytest.raises(ImportProblem, match="licence of “Exempla” ended on"):
        preview(delivered(LEA), kind="broker", source=broker)
    assert not Contact.objects.exists()


@pytest.mark.parametrize(("days", "soon"), [(-1, False), (0, True), (30, True), (31, False)])
def test_a_licence_that_ends_within_a_month_is_told(broker, days: int, soon: bool) -> None:
    broker.licence_ends_on = timezone.localdate() + timedelta(days=days)
    assert licence_ends_soon(broker) is soon


UNDATED = [*LEA[:4], "", *PROOF[1:]]


def test_an_agreement_without_a_day_is_counted_and_marked(delivered, book) -> None:
    zoe = ["Roy", "Zoé", "zoe@example.org", "oui", *PROOF]
    run = import_file(delivered(UNDATED, PAUL, zoe), kind="address-book", source=book)
    assert (run.preview["undated"], run.counts["undated"]) == (1, 1)
    lea, dated = Consent.objects.order_by("contact_id")
    assert (lea.is_undated, lea.at.date(), lea.proof["line"]) == (True, timezone.now().date(), 2)
    assert (dated.is_undated, dated.at.date(), "undated" in dated.proof) == (False, date(2025, 3, 12), False)
    assert said_of("Martin").collected_on is None
    again = import_file(delivered(UNDATED, name="again.csv"), kind="address-book", source=book)
    assert (again.counts["unchanged"], Consent.objects.count()) == (1, 2)


def test_of_two_rows_the_one_with_a_day_is_the_proof(delivered, book) -> None:
    run = import_file(delivered(UNDATED, LEA), kind="address-book", source=book)
    consent = Consent.objects.get()
    assert (run.counts["undated"], consent.is_undated, consent.proof["line"]) == (0, False, 3)


def test_a_file_without_a_column_of_days_says_so_too(delivered, book, broker) -> None:
    rows = [row[:3] for row in (LEA, PAUL, ["Sans", "Adresse", "", ""])]
    run = preview(delivered(*rows, header=HEADER[:3]), kind="address-book", source=book)
    assert run.preview["undated"] == 2
    assert preview(delivered(UNDATED, LEA), kind="broker", source=broker).preview["undated"] == 0
    assert preview(delivered(UNDATED), kind="broker", source=broker).preview["undated"] == 1


def test_an_agreement_without_a_day_never_outlasts_a_refusal(delivered, book) -> None:
    import_file(delivered(UNDATED), kind="address-book", source=book)
    refusal = [*LEA[:3], "non", *PROOF]
    run = import_file(delivered(refusal, name="later.csv"), kind="address-book", source=book)
    assert run.counts["updated"] == 1
    assert not Reach.objects.get(channel="email").political
    run_job(undo_import(run=run, by=None).pk)
    assert list(Consent.objects.order_by("pk").values_list("given", flat=True)) == [True, False]


def test_what_a_spreadsheet_made_of_numbers_and_days_is_read(tmp_path: Path, places, broker) -> None:
    """Semicolons in quotes, amounts for numbers, numbers for days, and a total below."""
    text = (
        "NOM;PRENOM;Adresse;CP;Ville;Portable;E-mail;Date de naissance;Date optin;Optin email\r\n"
        'MARTIN;LEA;"12; rue des Prés";60000.0;BEAUVAIS;639981234.0;lea@example.org;29358;45292;OUI\r\n'
        "PETIT;PAUL;;60000;BEAUVAIS;6,39981235E+08;paul@example.org;17/05/80;2024-03-01;OUI\r\n"
        "Total : 2;;;;;;;;;\r\n"
    )
    path = tmp_path / "delivery.csv"
    path.write_bytes(text.encode("cp1252"))
    run = import_file(path, kind="broker", source=broker)
    assert run.state == "done", run.error
    assert (run.counts["new"], run.counts["rejected"]) == (2, 1)
    assert run.rejects.get().reasons == ["no_person:Total : 2"]
    people = {
        contact.last_name: (
            contact.birth_date,
            contact.phonenumber_set.get().e164,
            contact.source_links.get().collected_on,
            contact.commune.name,
        )
        for contact in Contact.objects.all()
    }
    assert people == {
        "MARTIN": (date(1980, 5, 17), "+33639981234", date(2024, 1, 1), "Beauvais"),
        "PETIT": (date(1980, 5, 17), "+33639981235", date(2024, 3, 1), "Beauvais"),
    }
