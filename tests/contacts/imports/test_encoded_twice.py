"""A file that was encoded in UTF-8 twice is told from others, and read as it was meant when chosen."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

import pytest

from campaign_crm.platform.jobs import run_job
from contacts.imports.choices import set_reading
from contacts.imports.service import enqueue_preview, enqueue_run, start_import
from contacts.imports.sketch import Layout
from contacts.imports.twice import ENCODING, looks_encoded_twice, put_right
from contacts.models import Contact, ElectoralRegistration, Source
from contacts.views.import_told import doubted_words

MEANT = "Béatrice Lœwé ; « L’Haÿ » – Ça va… À côté, Noël"


def broken(text: str) -> str:
    """What Windows makes of UTF-8; some bytes have no letter there."""
    return "".join(
        bytes([byte]).decode("cp1252") if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else chr(byte)
        for byte in text.encode()
    )


def test_what_was_meant_is_found_and_what_is_right_stays() -> None:
    assert broken("é") == "Ã©"
    assert put_right(broken(MEANT)) == MEANT
    assert put_right(MEANT) == MEANT
    assert put_right(f"{broken('Zoé')} {MEANT}") == f"Zoé {MEANT}"
    assert looks_encoded_twice(broken(MEANT))
    assert not looks_encoded_twice(MEANT + " São JOÃO, voilà\u00a0« oui »")


@pytest.mark.parametrize("size", range(1, 8))
def test_a_letter_may_be_cut_anywhere(size: int) -> None:
    data = codecs.BOM_UTF8 + broken(MEANT).encode()
    decoder = codecs.getincrementaldecoder(ENCODING)()
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert "".join([*map(decoder.decode, pieces), decoder.decode(b"", True)]) == MEANT


@pytest.mark.django_db
def test_a_book_encoded_twice_is_doubted_and_repaired(tmp_path: Path, places: None, book: Source) -> None:
    path = tmp_path / "book.csv"
    path.write_text(broken("Prénom;Nom;Email\nBéatrice;Noël;bea@example.org\n"), encoding="utf-8")
    run = start_import(file=path, file_name=path.name, kind="address-book", source=book, by=None)
    words = doubted_words(Layout.from_json(run.layout))
    assert words == "The accents look better in UTF-8 ×2 (Ã© → é)."
    set_reading(run=run, encoding=ENCODING, by=None)
    assert doubted_words(Layout.from_json(run.layout)) == ""
    assert set(run.mapping.values()) == {"first_name", "last_name", "email"}
    run_job(enqueue_preview(run=run, by=None).pk)
    run.refresh_from_db()
    run_job(enqueue_run(run=run, by=None).pk)
    assert str(Contact.objects.get()) == "Béatrice Noël"


@pytest.mark.django_db
def test_a_roll_encoded_twice_is_repaired_too(
    places: None,
    elector: Callable[..., dict[str, str]],
    roll_file: Callable[..., Path],
    roll_source: Source,
) -> None:
    path = roll_file([elector(prénoms="Zoé", nom_de_naissance="LEFÈVRE")])
    path.write_text(broken(path.read_text(encoding="utf-8")), encoding="utf-8")
    run = start_import(
        file=path, file_name=path.name, kind="roll", source=roll_source, encoding=ENCODING, by=None
    )
    run_job(enqueue_preview(run=run, by=None).pk)
    run.refresh_from_db()
    run_job(enqueue_run(run=run, by=None).pk)
    found = ElectoralRegistration.objects.get()
    assert (found.first_names, found.birth_name) == ("Zoé", "LEFÈVRE")
