"""Files whose text is not all of one encoding or width: what is sure comes in, the rest is told back."""

import gzip
import zipfile

import pytest
from django.db import connection

from campaign_crm.platform.jobs import run_job
from contacts.imports.choices import set_padding, set_reading
from contacts.imports.encodings import Found, detect, detect_whole
from contacts.imports.errors import UnreadableFile
from contacts.imports.formats.opening import open_file
from contacts.imports.reasons import sentence
from contacts.imports.service import enqueue_preview, start_import
from contacts.imports.sketch import sketch_file
from contacts.models import Contact, ElectoralRegistration, Import, ImportReject, Source, Suppression
from tests.support.imports import import_file, preview, write_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places(places):
    """Every test of this module has the places."""


HEADER = "Nom;Prénom;Email\n"
ROWS = ["Lefèvre;Léa;lea@example.org\n", "Petit;Zoé;zoe@example.org\n", "Noël;Jean;jean@example.org\n"]
PASTED = "Hébert;René;rene@example.org\n".encode("cp1252")
WORDS = "another encoding than the rest"


def damaged(*, rows: int = 3) -> bytes:
    """Rows in UTF-8, and after the first of them one that came from elsewhere."""
    text = [HEADER.encode(), ROWS[0].encode(), PASTED, *(ROWS[1 + n % 2].encode() for n in range(rows))]
    return b"".join(text)


@pytest.fixture
def written(tmp_path):
    def write(content: bytes, name: str = "people.csv"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


def rejected(run: Import) -> list[tuple[int, list[str], list[str]]]:
    found = ImportReject.objects.filter(import_run=run).order_by("line")
    return [(one.line, one.values, one.reasons) for one in found]


def test_a_bad_byte_costs_its_row_and_no_accent_of_the_others(written, book) -> None:
    run = import_file(written(damaged()), kind="address-book", source=book)
    assert (run.state, run.layout["encoding"], run.layout["header"][1]) == (
        Import.State.DONE, "utf-8", "Prénom",
    )  # fmt: skip
    assert set(Contact.objects.values_list("last_name", flat=True)) == {"Lefèvre", "Petit", "Noël"}
    # The letters as Windows would show them: very probably right, so that sending them again is all it takes.
    assert rejected(run) == [(3, ["Hébert", "René", "rene@example.org"], ["bad_bytes"])]
    assert WORDS in sentence("bad_bytes")
    assert (run.preview["unsure"], run.preview["unsure_line"], run.counts["rejected"]) == (1, 3, 1)


def test_bad_bytes_beyond_the_first_look_do_not_turn_the_file_into_windows(
    written, book, monkeypatch
) -> None:
    monkeypatch.setattr("contacts.imports.encodings.HEAD_BYTES", 4_000)
    monkeypatch.setattr("contacts.imports.reading.BLOCK_BYTES", 2_000)
    many = "".join(f"Noël;Zoé {n};zoe{n}@example.org\n" for n in range(400)).encode()
    path = written(HEADER.encode() + many + PASTED + ROWS[0].encode())
    assert detect(path) == Found("utf-8")
    run = import_file(path, kind="address-book", source=book)
    assert (run.state, run.layout["encoding"], run.layout["is_damaged"]) == (Import.State.DONE, "utf-8", True)
    assert [line for line, _values, _reasons in rejected(run)] == [402]
    assert Contact.objects.filter(last_name="Noël").count() == 400
    assert Contact.objects.get(last_name="Lefèvre").first_name == "Léa"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (HEADER.encode() + PASTED, Found("utf-8", is_damaged=True)),
        ((HEADER + "".join(ROWS) * 20).encode("cp1252") + ROWS[0].encode(), Found("cp1252")),
        (b"\xef\xbb\xbfNom;Email\n" + PASTED, Found("utf-8-sig", is_damaged=True)),
        ((HEADER + "".join(ROWS) * 20).encode("cp1252") + b"\x81\n", Found("cp1252", is_damaged=True)),
        (b"Nom;Email\n" + PASTED, Found("cp1252")),
    ],
    ids=["half of each", "a few accidents", "marked as UTF-8", "no byte of Windows", "all of it Windows"],
)
def test_what_most_letters_are_decides(written, content, found) -> None:
    assert detect(written(content)) == found
    assert detect_whole(written(content)) == found


def test_a_damaged_roll_keeps_its_accents_and_tells_its_rows(elector, roll_file, roll_source) -> None:
    names = ("LEFÈVRE", "NOËL", "HÉBERT", "PETIT")
    path = roll_file([elector(nom_de_naissance=name, prénoms=f"Zoé {name}") for name in names])
    path.write_bytes(path.read_bytes().replace("HÉBERT;".encode(), "HÉBERT;".encode("cp1252")))
    run = import_file(path, kind="roll", source=roll_source)
    assert (run.state, run.preview["unsure"], run.counts["new"]) == (Import.State.DONE, 1, 3)
    found = set(ElectoralRegistration.objects.values_list("birth_name", flat=True))
    assert found == {"LEFÈVRE", "NOËL", "PETIT"}
    assert [(line, reasons) for line, _values, reasons in rejected(run)] == [(4, ["bad_bytes"])]


def test_an_objection_is_obeyed_whatever_else_its_row_holds(written) -> None:
    source = Source.objects.create(name="Out", kind="opt_out", lawful_basis="none")
    content = "Nom;Email\nLéa;lea@example.org\n".encode() + b"Ren\xe9;rene@example.org\n"
    run = import_file(written(content), kind="suppression", source=source)
    assert (run.counts["new"], rejected(run)) == (
        2, [(3, ["René", "rene@example.org"], ["bad_bytes"])],
    )  # fmt: skip
    assert Suppression.objects.count() >= 2


@pytest.mark.parametrize("name", ["people.zip", "people.csv.gz"])
def test_archives_keep_accents_and_tell_rows_too(written, tmp_path, book, name) -> None:
    path = tmp_path / name
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("one.csv", damaged())
            archive.writestr("two.csv", HEADER + "Roy;Eva;eva@example.org\nMoreau;Ana\n")
    else:
        path.write_bytes(gzip.compress(damaged()))
    run = import_file(path, kind="address-book", source=book)
    assert run.state == Import.State.DONE, run.error
    assert {"Lefèvre", "Petit", "Noël"} <= set(Contact.objects.values_list("last_name", flat=True))
    assert [(values[0], reasons) for _line, values, reasons in rejected(run)] == [("Hébert", ["bad_bytes"])]
    assert run.preview.get("padded", 0) == (1 if name.endswith(".zip") else 0)


def test_a_card_with_a_bad_byte_is_told_alone(written, book) -> None:
    card = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:{};Léa;;;\r\nEMAIL:{}@example.org\r\nEND:VCARD\r\n"
    content = card.format("Lefèvre", "a").encode() + card.format("Hébert", "b").encode().replace(
        "Hébert".encode(), b"H\xe9bert"
    )
    run = import_file(written(content, "cards.vcf"), kind="address-book", source=book)
    assert list(Contact.objects.values_list("last_name", flat=True)) == ["Lefèvre"]
    assert [reasons for _line, _values, reasons in rejected(run)] == [["bad_bytes"]]


def test_utf_8_that_was_chosen_is_kept_where_most_of_it_is(written, book) -> None:
    run = start_import(file=written(damaged()), file_name="people.csv", source=book, by=None)
    run = set_reading(run=run, encoding="utf-8", by=None)
    assert (run.layout["encoding"], run.layout["is_damaged"]) == ("utf-8", True)
    path = written((HEADER + "".join(ROWS)).encode("cp1252"), "windows.csv")
    with pytest.raises(UnreadableFile, match="encoding utf-8"):
        sketch_file(path, encoding="utf-8")


# ---- Rows that are too short -----------------------------------------------------------------------------

WIDE = "Nom;Prénom;Email;Rue;Code postal;Ville\n"


def test_cells_that_excel_left_out_are_empty_ones(written, book) -> None:
    rows = "".join(f"Martin;Léa {n};lea{n}@example.org\n" for n in range(60))
    path = written((WIDE + "Petit;Jean;jean@example.org;1 rue A;60000;Beauvais\n" + rows).encode())
    run = preview(path, kind="address-book", source=book)
    assert (run.state, run.options["short_rows"]) == (Import.State.FAILED, 60)
    assert "60 lines have fewer cells than the 6 columns of the header (the first is line 3)" in run.error
    set_padding(run=run, by=None)
    run_job(enqueue_preview(run=run, by=None).pk)
    run.refresh_from_db()
    assert (run.state, "short_rows" in run.options) == (Import.State.PREVIEWED, False)
    assert [run.preview[name] for name in ("new", "rejected", "padded", "padded_line")] == [61, 0, 60, 3]


def test_a_few_rows_that_lack_cells_are_filled_and_told(written, book) -> None:
    whole = "".join(f"Petit;Jean {n};jean{n}@example.org;1 rue A;60000;Beauvais\n" for n in range(20))
    path = written((WIDE + whole + "Martin;Léa;lea@example.org\n").encode())
    run = import_file(path, kind="address-book", source=book)
    assert (run.state, run.counts["new"], run.preview["padded"]) == (Import.State.DONE, 21, 1)


@pytest.mark.parametrize(
    ("lines", "lines_rejected"),
    [
        (["Martin;Léa;lea@example.org;12 rue", "des Lilas;60000;Beauvais"], [3, 4]),
        (["Martin;Léa;lea@example.org;12 rue", "Bâtiment B", "des Lilas;60000;Beauvais"], [3, 4, 5]),
        (["Martin;Léa;lea@example.org", "just words"], [3, 4]),
        (["Martin;Léa;lea@example.org;1 rue A;60000;Beauvais;too;much"], [3]),
        (["lea@example.org"], []),
    ],
    ids=["cut in two", "cut in three", "words below", "too long", "a lone address"],
)
def test_the_pieces_of_a_row_are_nobody(written, book, lines, lines_rejected) -> None:
    whole = [f"Petit;Jean {n};jean{n}@example.org;1 rue A;60000;Beauvais" for n in range(40)]
    text = WIDE + "\n".join([whole[0], *lines, *whole[1:]]) + "\n"
    run = preview(written(text.encode()), kind="address-book", source=book)
    assert run.state == Import.State.PREVIEWED, run.error
    assert run.preview["rejected"] == len(lines_rejected)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT line, reasons FROM staging.import_{run.pk}_rejects ORDER BY line")
        found = cursor.fetchall()
    assert [line for line, _reasons in found] == lines_rejected
    assert all("width:" in reasons for _line, reasons in found)


def test_many_rows_of_another_width_still_refuse_the_file(written, book) -> None:
    text = WIDE + "a;b;c;d;e;f\n" * 20 + "x;x@example.org;y;z;1;2;3;4\n" * 20
    run = preview(written(text.encode()), kind="address-book", source=book)
    assert (run.state, "do not have the 6 columns" in run.error) == (Import.State.FAILED, True)


# ---- What stands above the header -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "above",
    [
        ";;;\n",
        "Liste des adhérents 2026;;;\n",
        "Liste des adhérents 2026\n\n",
        "Liste des adhérents;;;\nÉdition du 12/03/2026;;;\n;;;\n",
        "sep=;\n;;;\n",
    ],
    ids=["an empty row", "a title", "a title alone", "titles", "after Excel's line"],
)
def test_rows_above_the_header_are_left_out_as_in_a_spreadsheet(written, book, above) -> None:
    people = "".join(f"Martin;Léa {n};lea{n}@example.org;Beauvais\n" for n in range(5))
    path = written((above + "Nom;Prénom;Email;Ville\n" + people + ";;;\n" * 30).encode())
    sketch = sketch_file(path)
    assert (sketch.layout.header, len(sketch.rows)) == (["Nom", "Prénom", "Email", "Ville"], 5)
    run = import_file(path, kind="address-book", source=book)
    assert (run.state, run.counts["rows"], run.counts["new"], run.counts["rejected"]) == (
        Import.State.DONE, 5, 5, 0,
    )  # fmt: skip


def test_somebody_in_the_first_row_is_no_title(written) -> None:
    rows = "a@example.org;;;\n" + "b@example.org;Martin;Léa;Beauvais\n" * 3
    sketch = sketch_file(written(rows.encode()))
    assert (sketch.layout.has_header, len(sketch.rows), sketch.layout.skipped_lines) == (False, 4, 0)


def test_a_roll_below_a_title_comes_in_whole(elector, roll_file, roll_source) -> None:
    path = roll_file([elector(), elector(prénoms="Jean", numéro_d_ordre_dans_le_bureau_de_vote="2")])
    path.write_text("Liste électorale;;\n;;\n" + path.read_text())
    run = import_file(path, kind="roll", source=roll_source)
    assert (run.state, run.counts["new"], run.counts["rejected"]) == (Import.State.DONE, 2, 0)


def test_titles_are_noted(tmp_path) -> None:
    rows = [["Members 2026", "", ""], ["Nom", "Prénom", "Email"], ["Martin", "Léa", "lea@example.org"]]
    path = write_rows(tmp_path / "titles.csv", rows)
    assert open_file(path).layout.warnings == ["titles:1"]


# ---- Birthdays that are none -----------------------------------------------------------------------------


def test_a_birthday_that_cannot_be_read_is_told_back_and_the_rest_is_taken(tmp_path, book) -> None:
    days = ["61", "31/02/1953", "17/05/1980", "0/0/00", "", "-"]
    rows = [[f"Martin{n}", f"p{n}@example.org", day] for n, day in enumerate(days)]
    path = write_rows(tmp_path / "born.csv", [["Nom", "Email", "Date de naissance"], *rows])
    run = import_file(path, kind="address-book", source=book)
    assert (run.counts["new"], run.counts["rejected"]) == (6, 0)
    told = [(line, reasons) for line, _values, reasons in rejected(run)]
    assert told == [(2, ["extra_date:61", "rest_taken"]), (3, ["year_only:31/02/1953", "rest_taken"])]
    assert Contact.objects.filter(birth_date=None).count() == 5
