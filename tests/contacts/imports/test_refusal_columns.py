"""Columns that say no are known whatever the program, its language or its year: none is left unread."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from contacts.imports.layouts import Format, recognise
from contacts.models import Consent, EmailAddress, Reach, Source, Suppression
from contacts.views.import_told import mended_words
from tests.support.imports import import_file, preview, write_rows


def test_mailchimp_is_known_in_any_language_by_its_own_columns() -> None:
    found = recognise(["Adresse e-mail", "Prénom", "UNSUB_TIME", "LEID", "EUID"])
    assert found.format == Format.MAILCHIMP
    assert (found.mapping[0], found.mapping[2]) == ("email", "unsubscribed_on")


def test_brevo_is_known_by_its_newer_words() -> None:
    found = recognise(["EMAIL", "PRENOM", "EMAIL_BLOCKLISTED", "SMS_BLOCKLISTED", "OPT_IN"])
    assert found.format == Format.BREVO
    assert [found.mapping[index] for index in (2, 3, 4)] == ["refuses_email", "refuses_sms", "agrees_email"]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("BLOCKLISTED", "refuses_email"),
        ("UNSUB_TIME", "unsubscribed_on"),
        ("CLEAN_TIME", "bounced_email"),
        ("Deceased", "refuses_all"),
        ("is_deceased", "refuses_all"),
        ("Ne pas téléphoner", "refuses_call"),
    ],
)
def test_a_file_that_nobody_recognises_keeps_its_refusals(name: str, field: str) -> None:
    found = recognise(["Email", "Prénom", name])
    assert found.format == Format.OTHER
    assert found.mapping[2] == field


def test_the_archive_of_mailchimp_says_by_its_names_who_may_be_written_to(
    tmp_path: Path, places: None, book: Source
) -> None:
    path = tmp_path / "audience.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for state in ("subscribed", "unsubscribed", "nonsubscribed", "cleaned"):
            rows = f"Email Address,First Name,LEID,EUID\n{state}@example.org,Léa,1,a\n"
            archive.writestr(f"{state}_members_export_ab12.csv", rows)
    assert import_file(path, kind="address-book", source=book).counts["new"] == 4
    assert EmailAddress.objects.count() == 4
    mailable = Reach.objects.filter(channel="email", political=True)
    reached = EmailAddress.objects.filter(pk__in=mailable.values("point_id"))
    assert list(reached.values_list("address", flat=True)) == ["subscribed@example.org"]


@pytest.mark.parametrize(
    ("state", "is_mailable", "reasons"),
    [
        ("subscribed", True, []),
        ("nonsubscribed", False, []),
        ("unsubscribed", False, ["unsubscribe"]),
        ("cleaned", False, ["hard_bounce"]),
    ],
)
def test_one_file_of_that_archive_says_it_alone_too(
    tmp_path: Path, places: None, book: Source, state: str, is_mailable: bool, reasons: list[str]
) -> None:
    rows = [["Email Address", "First Name", "LEID", "EUID"], ["lea@example.org", "Léa", "1", "a"]]
    path = write_rows(tmp_path / f"{state}_members_export_ab12.csv", rows, delimiter=",")
    words = mended_words(preview(path, kind="address-book", source=book))
    assert [state in text for text in words] == ([] if is_mailable else [True])
    import_file(path, kind="address-book", source=book)
    assert Reach.objects.get(channel="email").political == is_mailable
    assert list(Suppression.objects.values_list("reason", flat=True)) == reasons
    if state == "nonsubscribed":
        assert not Consent.objects.filter(given=True).exists()
