"""Reading files: encodings, separators, line breaks, and one clear message for what is no table."""

import codecs

import pytest

from contacts.imports.encodings import detect_encoding
from contacts.imports.errors import UnreadableFile
from contacts.imports.reading import COLUMNS_LIMIT, LINE_LIMIT, ROW_LIMIT, TableReader, WrongEncoding
from contacts.imports.sketch import find_delimiter, sketch_file

ROWS = "Nom;Prénom;E-mail\nLefèvre;Léa;lea@example.org\nPetit;Jean;jean@example.org\n"


@pytest.fixture
def file_of(tmp_path):
    def write(content, name="file.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def read_all(path, encoding="utf-8", delimiter=";"):
    reader = TableReader(path, encoding=encoding, delimiter=delimiter)
    _line, header = next(iter(reader))
    return list(reader.table_rows(header))


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (ROWS.encode(), "utf-8"),
        (codecs.BOM_UTF8 + ROWS.encode(), "utf-8-sig"),
        (ROWS.encode("utf-16"), "utf-16"),
        (ROWS.encode("utf-16-le"), "utf-16-le"),
        (ROWS.encode("utf-16-be"), "utf-16-be"),
        (ROWS.encode("cp1252"), "cp1252"),
    ],
)
def test_the_cascade_of_encodings(file_of, content, encoding) -> None:
    path = file_of(content)
    assert detect_encoding(path) == encoding
    sketch = sketch_file(path)
    assert (sketch.layout.header, sketch.rows[0][0]) == (["Nom", "Prénom", "E-mail"], "Lefèvre")


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_utf_16_may_be_chosen_whatever_its_order(file_of, order) -> None:
    sketch = sketch_file(file_of(ROWS.encode(order)), encoding="utf-16")
    assert (sketch.layout.encoding, sketch.rows[0][0]) == (order, "Lefèvre")
    assert read_all(file_of(ROWS.encode(order)), encoding=order)[1][1] == [
        "Petit",
        "Jean",
        "jean@example.org",
    ]


@pytest.mark.parametrize("old", ["mac_roman", "cp850"])
def test_files_of_old_machines_are_suggested_and_read_when_chosen(file_of, old) -> None:
    path = file_of(("Nom;E-mail\n" + "Léa;lea@example.org\n" * 5).encode(old))
    sketch = sketch_file(path)
    assert (sketch.layout.encoding, sketch.layout.warnings) == ("cp1252", [f"encoding:{old}"])
    assert sketch_file(path, encoding=old).rows[0] == ["Léa", "lea@example.org"]


@pytest.mark.parametrize("old", ["mac_roman", "cp850"])
def test_what_windows_cannot_read_is_taken_for_an_old_machines(file_of, old) -> None:
    path = file_of((ROWS + "Éléonore;Zoé;éé@example.org\n" * 5).encode(old))
    assert sketch_file(path).rows[0] == ["Lefèvre", "Léa", "lea@example.org"]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_separators_are_counted_outside_quotes(delimiter) -> None:
    head = "\n".join(
        delimiter.join(row) for row in [("a", "b", "c"), ('"x;,|\t"', "y", "z"), ("1", "2", "3")]
    )
    assert find_delimiter(head) == delimiter


def test_a_file_of_one_column_of_addresses_is_a_table(file_of) -> None:
    sketch = sketch_file(file_of("a@example.org\nb@example.org\n"))
    assert (sketch.layout.has_header, sketch.rows) == (False, [["a@example.org"], ["b@example.org"]])


def test_the_first_line_of_excel_names_the_separator(file_of) -> None:
    sketch = sketch_file(file_of("sep=;\nNom;E-mail\nLéa;lea@example.org\n"))
    assert (sketch.layout.header, sketch.layout.skipped_lines) == (["Nom", "E-mail"], 1)


def test_columns_of_the_same_name_are_kept_apart(file_of) -> None:
    rows = read_all(file_of("Titre,Nom,Titre\nMme,Martin,Maire\n"), delimiter=",")
    assert rows == [(2, ["Mme", "Martin", "Maire"])]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end(file_of, line_end) -> None:
    path = file_of(line_end.join(["a;b", "1;2", '"x\ny";4', ""]))
    assert [row for _line, row in read_all(path)] == [["1", "2"], ["x\ny", "4"]]


def test_values_on_two_lines_across_blocks_are_one(file_of, monkeypatch) -> None:
    monkeypatch.setattr("contacts.imports.reading.BLOCK_BYTES", 7)
    path = file_of('a;b\n"éé\nzz";2\n3;4\n')
    assert [row for _line, row in read_all(path)] == [["éé\nzz", "2"], ["3", "4"]]


def test_a_row_with_empty_cells_too_many_is_taken(file_of) -> None:
    assert read_all(file_of("a;b\n1;2;;\n3;4\n")) == [(2, ["1", "2"]), (3, ["3", "4"])]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n \n\n", "empty"),
        (b"Nom;E-mail\n", "no row below"),
        (b"PK\x03\x04rest", "XLSX"),
        (b"%PDF-1.7 rest", "PDF"),
        (b"\xd0\xcf\x11\xe0rest", "XLS"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b"<!DOCTYPE html><html></html>", "HTML"),
        (b"<html><body><table></table></body></html>", "HTML"),
        (b'{"people": []}', "JSON"),
        (b'[\n {"name": "Martin"}]', "JSON"),
        (b"{\\rtf1\\ansi hello}", "RTF"),
        (b"7z\xbc\xaf\x27\x1c", "7Z"),
        (b"Nom;E-mail\n" + bytes(range(256)) * 20, "zero bytes"),
        (b"BEGIN:VCARD\nVERSION:3.0\nEND:VCARD\n", "vCard"),
        (b"Dear all,\nplease find my letter\nwith kind regards\n", "not a table"),
        (b"Nom;E-mail\nL\x00a;lea@example.org\n", "zero bytes"),
        (b'"Nom,Prenom,Email"\n"Martin,Lea,lea@example.org"\n', "as a whole"),
        (
            b'Nom,Prenom,Email\n"Martin,""Lea"",lea@example.org"\n"Petit,""Jo"",jo@example.org"\n',
            "as a whole",
        ),
    ],
)
def test_what_is_no_table_is_refused_with_its_reason(file_of, content, words) -> None:
    with pytest.raises(UnreadableFile, match=words):
        sketch_file(file_of(content))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a;b;c\n1;2;3\n4;5", "cut short"),
        ('a;b\n1;2\n3;"never closed\n4;5\n', "never closed"),
        ('a;b\n1;2\n3;"closed" badly\n4;5\n', "not well formed"),
        ('a;b\n1;2\n"xab\n";' + '"ab\n";' * 200_000, "line 3 is longer than a megabyte"),
        ("a;b\n1;2\n" + "x;" * (ROW_LIMIT // 2 + 1), "line 3 is longer than a megabyte"),
        ("a;b\n1;2\n" + ";" * COLUMNS_LIMIT, "line 3 has more than 16384 columns"),
        ("a;b\n1;2\na;b\n3;4\n", "several tables"),
        ("a;b\n" + "1;2\n" * 50 + "x,y,z\n" * 30, "two different tables"),
    ],
)
def test_damage_is_named_with_its_line(file_of, content, words) -> None:
    with pytest.raises(UnreadableFile, match=words):
        read_all(file_of(content))


def test_bytes_of_another_encoding_are_no_text(file_of) -> None:
    with pytest.raises(WrongEncoding, match="encoding"):
        read_all(file_of("a;b\n1;é\n".encode("cp1252")))


def test_a_line_without_end_is_refused_before_it_fills_the_memory(file_of) -> None:
    with pytest.raises(UnreadableFile, match="several megabytes"):
        read_all(file_of(b"a;b\n" + b"x" * (LINE_LIMIT + 2 * 1024 * 1024)))


def test_a_ragged_row_is_left_to_the_caller(file_of) -> None:
    path = file_of("a;b\n" + "1;2\n" * 40 + "only one\n" + "3;4\n")
    assert [(line, row) for line, row in read_all(path) if len(row) != 2] == [(42, ["only one"])]


def test_rows_that_are_not_endless_are_read_however_many_lines_they_have(file_of) -> None:
    row = ['"' + "x\n" * 100_000 + '"', "b"]
    found = read_all(file_of("a;b\n" + (";".join(row) + "\n") * 8))
    assert [len(values[0]) for _line, values in found] == [200_000] * 8


def test_a_first_look_holds_no_more_than_it_needs(file_of) -> None:
    large = "x" * 200_000 + ";" + "y" * 200_000
    sketch = sketch_file(file_of("a;b\n" + (large + "\n") * 150))
    assert 1 <= len(sketch.rows) < 10
