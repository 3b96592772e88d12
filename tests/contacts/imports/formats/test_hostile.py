"""Files made to harm, and files badly damaged: one clear message, bounded memory, nothing written or left.

The memory is that of the child process (its peak, from the kernel) and of this one (its growth).
"""

import gzip
import re
import resource
import threading
import zipfile
from pathlib import Path

import psutil
import pytest

from contacts.imports import files
from contacts.imports.errors import UnreadableFile
from contacts.imports.service import start_import
from contacts.invented.rolls import COLUMNS
from contacts.models import Import
from tests.support.imports import fingerprint, import_file, preview
from tests.support.workbooks import write_xlsx

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places")]

MIB = 1024 * 1024
ALLOWED_MB = 200
SHEET = "xl/worksheets/sheet1.xml"
ROW = b"Nom;E-mail\nMartin;lea@example.org\n"


def own_peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@pytest.fixture
def peak_of_children():
    """The largest memory of a child process of the test, in MB, from the kernel's own mark of it."""
    seen, is_over = [0], threading.Event()

    def watch():
        while not is_over.wait(0.005):
            for child in psutil.Process().children():
                try:
                    # In this order: before its exec the child has the memory of this process.
                    command = Path(f"/proc/{child.pid}/cmdline").read_text()
                    status = Path(f"/proc/{child.pid}/status").read_text()
                except OSError:
                    continue
                mark = re.search(r"VmHWM:\s+(\d+) kB", status)
                if mark and "contacts.imports.formats" in command:
                    seen.append(int(mark[1]) // 1024)

    watcher = threading.Thread(target=watch)
    watcher.start()

    def largest():
        is_over.set()
        watcher.join()
        return max(seen)

    yield largest
    is_over.set()


def zip_of(path, name, blocks, **others):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for other, content in others.items():
            archive.writestr(other, content)
        with archive.open(name, "w", force_zip64=True) as file:
            for block in blocks:
                file.write(block)
    return path


def lie_about_sizes(path, size=1_000, stored=None):
    """Write another size where the archive says how large its last file is, or how large it lies there."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.infolist()[-1].file_size = size
        if stored is not None:
            archive.infolist()[-1].compress_size = stored
        archive.infolist()[-1].extra = b""
        archive.comment = b"changed"  # has the table of contents written again
    return path


def workbook_of(path, sheet_blocks):
    """Write a workbook whose sheet is made of these blocks."""
    write_xlsx(path, {"A": [["Nom"], ["Martin"]]})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if name != SHEET}
    return zip_of(path, SHEET, sheet_blocks, **parts)


def zeros(megabytes):
    return (bytes(MIB) for _number in range(megabytes))


def sparse(path):
    """Two cells, as far from each other as a sheet is large: 17 thousand million cells between them."""
    return workbook_of(
        path,
        [
            b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
            b'<row r="1"><c r="A1"><v>1</v></c></row>'
            b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
        ],
    )


def repeated(path, columns):
    """A spreadsheet of one cell said to be repeated over a million rows."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    body = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name='A'>"
        "<table:table-row table:number-rows-repeated='1000000'><table:table-cell office:value-type='string'"
        f" table:number-columns-repeated='{columns}'><text:p>x</text:p></table:table-cell></table:table-row>"
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<x/>")
        archive.writestr("content.xml", body)
    return path


def text_of(path, *blocks):
    with path.open("wb") as file:
        for block in blocks:
            file.write(block)
    return path


def gz_of(path, blocks):
    with gzip.open(path, "wb", compresslevel=1) as file:
        for block in blocks:
            file.write(block)
    return path


LONG = [b"x" * MIB] * 300
ENDLESS = b'"xab\n";"ab\n";' + b'"ab\n";' * 200_000  # one row, whose quotes are all closed
CELLS = b'<row><c t="inlineStr"><is><t>Martin</t></is></c></row>'.ljust(64) * (MIB // 64)
XML = b"<?xml version='1.0'?>\n"
CASES = {
    "zip bomb": (lambda path: zip_of(path, "a.csv", zeros(1024)), "grows to"),
    "zip that lies": (lambda path: lie_about_sizes(zip_of(path, "a.csv", zeros(256))), "damaged"),
    "gz bomb": (lambda path: gz_of(path, zeros(1024)), "zero bytes|grows to"),
    "nested zip": (
        lambda path: zip_of(path, "b.zip", [zip_of(path, "a.csv", [ROW]).read_bytes()]),
        "archive inside an archive",
    ),
    "name that leads out": (lambda path: zip_of(path, "../a.csv", [ROW]), "leads out of it"),
    "workbook of gigabytes": (lambda path: workbook_of(path, zeros(1024)), "too large once expanded"),
    "workbook just below the limit": (lambda path: workbook_of(path, zeros(500)), "grows to"),
    "workbook of 500 MB of cells": (lambda path: workbook_of(path, [CELLS] * 500), "grows to"),
    "workbook that lies about what is stored": (
        lambda path: lie_about_sizes(workbook_of(path, zeros(500)), size=500 * MIB, stored=100 * MIB),
        "grows to",
    ),
    "workbook that lies": (lambda path: lie_about_sizes(workbook_of(path, zeros(256))), "damaged"),
    "sparse workbook": (sparse, "more memory"),
    "repeated cells": (lambda path: repeated(path, 90), "more memory"),
    "very many repeated cells": (lambda path: repeated(path, 16_000), "more memory|damaged"),
    "xml entity bomb": (
        lambda path: text_of(path, XML, b"<!DOCTYPE x [<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]><x>&b;</x>"),
        "entities",
    ),
    "xml external entity": (
        lambda path: text_of(path, XML, b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>"),
        "entities",
    ),
    "xml value of 300 MB": (lambda path: text_of(path, XML, b"<a><NomdeNaissance>", *LONG), "too long"),
    "xml tag of 300 MB": (lambda path: text_of(path, XML, b"<a><b c='", *LONG), "more memory|not laid out"),
    "xml of nothing": (
        lambda path: text_of(path, XML, b"<a>", *[b"<b>1</b>" * 100_000] * 30),
        "not laid out",
    ),
    "card of 300 MB": (lambda path: text_of(path, b"BEGIN:VCARD\nFN:", *LONG), "too long|several megabytes"),
    "line of 300 MB": (lambda path: text_of(path, ROW, *LONG), "several megabytes"),
    "row of 300 MB": (
        lambda path: text_of(path, b"Nom;E-mail\n", *[ENDLESS] * 215),
        "longer than a megabyte",
    ),
    "first row of 300 MB": (lambda path: text_of(path, *[ENDLESS] * 215), "longer than a megabyte"),
    "quote never closed": (
        lambda path: text_of(path, b'Nom;E-mail\n"', *[b"Martin;lea@example.org\n" * 50_000] * 270),
        "never closed",
    ),
    "zero bytes": (lambda path: text_of(path, ROW, b"L\0a;x@example.org\n"), "zero bytes"),
    "binary": (lambda path: text_of(path, bytes(range(256)) * 5_000), "zero bytes"),
    "header only": (lambda path: text_of(path, b"Nom;E-mail\n"), "no row below"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_file_made_to_harm_ends_in_one_message(name, tmp_path, peak_of_children) -> None:
    make, words = CASES[name]
    path = make(tmp_path / "file")
    before, peak = fingerprint(), own_peak_mb()
    with pytest.raises(UnreadableFile, match=words):
        start_import(file=path, file_name="file.csv", by=None)
    assert peak_of_children() < ALLOWED_MB
    assert own_peak_mb() - peak < ALLOWED_MB
    assert (fingerprint(), Import.objects.count()) == (before, 0)
    assert list(files.folder().iterdir()) == []


GOOD = [";".join(COLUMNS), *["60057;BEAUVAIS;Liste principale;MARTIN" + ";" * 23] * 40_000]


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        (b"x" * 300 * MIB, "several megabytes"),
        (b"60057;" + ENDLESS * 215, "longer than a megabyte"),
        (b'60057;"never closed' + b"\n60057;BEAUVAIS;Liste principale;PETIT" * 300_000, "quotation mark"),
        (b"60057;L\0A\n", "zero bytes"),
        ((";".join(COLUMNS) + "\n").encode() * 2, "header"),
        (b"a;b;c\n" * 9_000, "different tables"),
        (b"60057;BEAU", "cut short"),
    ],
    ids=[
        "line of 300 MB",
        "row of 300 MB",
        "quote never closed",
        "zero byte",
        "two headers",
        "ragged rows",
        "cut short",
    ],
)
def test_damage_far_down_a_roll_is_said_in_the_preview(roll_source, tmp_path, tail, words) -> None:
    path = text_of(tmp_path / "roll.csv", "\n".join(GOOD).encode(), b"\n", tail)
    before, peak = fingerprint(), own_peak_mb()
    run = import_file(path, kind="roll", source=roll_source)
    assert (run.state, words in run.error) == (Import.State.FAILED, True), run.error
    assert own_peak_mb() - peak < ALLOWED_MB
    assert fingerprint() == before


# Few rows, each long: what counts is that the damage lies beyond what is looked at before a preview (4 MiB).
HEADER = "Nom;Prénom;E-mail;Remarque\n".encode()
PERSON = f"Martin;Léa;lea@example.org;{'x' * 250}\n".encode()
FAR_DOWN = 16_000  # rows before the damage


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        (b'Petit;"never closed;jean@example.org\n' + PERSON * 6_000, "quotation mark"),
        (b"Petit;J\0an;jean@example.org\n", "zero bytes"),
        (b"one;two;three;four;five\n" * 3_000, "two different tables"),
        (b"Petit;jean@example.org\n" * 3_000, "fewer cells than the 4 columns"),
        (HEADER + PERSON, "header again"),
    ],
    ids=["quote never closed", "zero byte", "longer rows", "shorter rows", "two headers"],
)
def test_damage_far_down_a_file_of_people_is_said_and_writes_nothing(book, tmp_path, tail, words) -> None:
    path = text_of(tmp_path / "book.csv", HEADER, PERSON * FAR_DOWN, tail, PERSON)
    before, peak = fingerprint(), own_peak_mb()
    run = import_file(path, kind="address-book", source=book)
    assert (run.state, words in run.error) == (Import.State.FAILED, True), run.error
    assert own_peak_mb() - peak < ALLOWED_MB
    assert fingerprint() == before


def test_bad_bytes_far_down_a_file_of_people_cost_their_rows_alone(book, tmp_path) -> None:
    pasted = "Hébert;René;rene@example.org;\n".encode("cp1252")
    path = text_of(tmp_path / "book.csv", HEADER, PERSON * FAR_DOWN, pasted * 3, PERSON)
    peak = own_peak_mb()
    run = preview(path, kind="address-book", source=book)
    assert (run.state, run.layout["encoding"]) == (Import.State.PREVIEWED, "utf-8"), run.error
    told = [run.preview[name] for name in ("rows", "rejected", "unsure", "unsure_line", "new")]
    assert told == [FAR_DOWN + 4, 3, 3, FAR_DOWN + 2, 1]
    assert own_peak_mb() - peak < ALLOWED_MB


WIDE = [
    (b'"' + b"x" * 250_000 + b'";') * 3 + b"lea@example.org\n",
    b";" * 500_000 + b"\n",
]


@pytest.mark.parametrize("row", WIDE, ids=["long values", "very many columns"])
def test_many_large_rows_are_never_held_together(book, tmp_path, row) -> None:
    """Each is as large as a row may be, or holds more columns than any table has."""
    header = b"Nom;Notes;Autres;E-mail\n"
    path = text_of(tmp_path / "book.csv", header, b"Petit;;;jean@example.org\n" * 300, *[row] * 300)
    before = own_peak_mb()
    run = import_file(path, kind="address-book", source=book)
    assert own_peak_mb() - before < ALLOWED_MB
    if row is WIDE[1]:
        assert (run.state, "16384" in run.error) == (Import.State.FAILED, True), run.error
    else:
        assert run.state == Import.State.DONE, run.error
