"""Many files in one: a ZIP of several communes, a folder, a .gz; and archives that are not to be trusted."""

import gzip
import stat
import zipfile

import pytest

from contacts.imports.choices import set_reading
from contacts.imports.errors import UnreadableFile
from contacts.imports.formats import archives, limits
from contacts.imports.formats.opening import open_file
from contacts.imports.many_files import doubted_files, words_of_files
from contacts.imports.service import start_import
from contacts.imports.sketch import Layout
from contacts.invented.rolls import COLUMNS
from contacts.models import ElectoralRegistration, Import, ImportReject
from tests.support.imports import fingerprint, import_file
from tests.support.workbooks import write_xlsx

BOOK = "Nom;E-mail\nMartin;lea@example.org\n"


def write_zip(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def as_csv(electors, columns=COLUMNS, delimiter=";", encoding="utf-8"):
    rows = [columns, *([one[column] for column in columns] for one in electors)]
    return "".join(delimiter.join(row) + "\n" for row in rows).encode(encoding)


def without(*names):
    return [name for name in COLUMNS if name not in names]


@pytest.mark.django_db
def test_rolls_of_several_communes_meet_by_their_columns(
    places, elector, roll_source, tmp_path, kept
) -> None:
    few = without("code du l'ugle", "libellé de l'ugle", "libellé du type de liste", "nom d'usage")
    creil = {"code_du_l_ugle": "60175", "code_du_bureau_de_vote": "0007"}
    renamed = [name.replace("code du l'ugle", "Code de l'UGLE").upper() for name in reversed(COLUMNS)]
    other = as_csv([elector(nom_de_naissance="LEFÈVRE", **creil)], list(reversed(COLUMNS)), ",", "cp1252")
    _header, _line, rows = other.partition(b"\n")
    path = write_zip(
        tmp_path / "Oise.zip",
        {
            "60/Liste-com60057-LP-13-02-2026.csv": as_csv([elector(), elector(prénoms="Zoé")]),
            "60/Liste-com60057-LCE-13-02-2026.csv": as_csv([elector(prénoms="Ana")], few),
            "60/Liste-com60057-LCM-13-02-2026.csv": as_csv([], few),
            "60/creil.csv": ",".join(renamed).encode("cp1252") + b"\n" + rows,
            "60/nulle part.csv": as_csv([elector(nom_de_naissance="")]),
            "60/lettre.pdf": b"%PDF-1.7",
            "__MACOSX/60/._creil.csv": b"\0\0",
            "60/Thumbs.db": b"\0",
        },
    )
    run = import_file(path, kind="roll", source=roll_source)
    assert (run.state, run.counts["new"], run.counts["rejected"]) == (Import.State.DONE, 4, 1), run.error
    found = set(
        ElectoralRegistration.objects.values_list("birth_name", "first_names", "roll_kind", "commune__code")
    )
    assert found == {
        ("MARTIN", "Léa Marie", 1, "60057"),
        ("MARTIN", "Zoé", 1, "60057"),
        ("MARTIN", "Ana", 3, "60057"),
        ("LEFÈVRE", "Léa Marie", 1, "60175"),
    }
    assert run.layout["warnings"] == [
        "files:4",
        *(f"lacks:{field}" for field in ("commune_code", "commune_name", "roll_kind", "used_name")),
        "left_out:60/lettre.pdf",
        "no_rows:60/Liste-com60057-LCM-13-02-2026.csv",
    ]
    assert run.layout["header"][-2:] == ["File", "Line in the file"]
    refused = dict(zip(run.layout["header"], ImportReject.objects.get().values, strict=True))
    assert (refused["File"], refused["Line in the file"]) == ("60/nulle part.csv", "2")
    assert refused["date de la liste"] == ""
    assert list(kept.iterdir()) == []


@pytest.mark.django_db
def test_a_folder_is_read_like_an_archive_and_stays(places, book, tmp_path, kept) -> None:
    folder = tmp_path / "delivery"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.csv").write_text(BOOK)
    write_xlsx(
        folder / "inner" / "b.xlsx", {"A": [["Courriel", "Nom de famille"], ["z@example.org", "Petit"]]}
    )
    (folder / "inner" / "c.txt").write_text("e-mail\tPrénom\nk@example.org\tKarim\n")
    run = import_file(folder, kind="address-book", source=book)
    assert (run.state, run.counts["new"]) == (Import.State.DONE, 3), run.error
    assert run.layout["header"] == ["Nom", "E-mail", "Courriel", "Prénom", "File", "Line in the file"]
    assert run.created_contacts.filter(
        last_name="Petit", emailaddress_set__normalised="z@example.org"
    ).exists()
    assert run.file_sha256
    assert run.file_bytes
    assert (folder / "inner" / "b.xlsx").exists()
    assert list(kept.iterdir()) == []


@pytest.mark.django_db
def test_a_gz_is_the_file_inside_it_and_its_encoding_may_be_chosen(book, tmp_path, kept) -> None:
    path = tmp_path / "people.csv.gz"
    path.write_bytes(gzip.compress("Nom;E-mail\nLefèvre;lea@example.org\n".encode("mac_roman")))
    run = start_import(file=path, file_name=path.name, source=book, by=None)
    set_reading(run=run, encoding="mac_roman", by=None)
    run.refresh_from_db()
    assert (run.layout["encoding"], run.layout["form"]) == ("mac_roman", "gzip")
    done = import_file(path, kind="address-book", source=book)
    assert done.counts["new"] == 1


@pytest.mark.django_db
def test_a_large_gz_is_looked_at_by_its_beginning_and_read_whole(places, book, tmp_path, monkeypatch) -> None:
    rows = "".join(f"Nom{number};person{number}@example.org\n" for number in range(200_000))
    path = tmp_path / "people.csv.gz"
    path.write_bytes(gzip.compress(("Nom;E-mail\n" + rows).encode()))
    sketch = open_file(path)
    assert (sketch.layout.is_whole, sketch.layout.header) == (False, ["Nom", "E-mail"])


def test_a_row_of_another_width_is_left_to_be_refused_with_its_place(tmp_path, looked_at) -> None:
    rows = "".join(f"Nom{number};n{number}@example.org\n" for number in range(40))
    path = write_zip(tmp_path / "a.zip", {"a.csv": "Nom;E-mail\n" + rows + "only\n", "b.csv": BOOK})
    header, rows = looked_at(path)
    assert (header, rows[0]) == (
        ["Nom", "E-mail", "File", "Line in the file"],
        ["Nom0", "n0@example.org", "a.csv", "2"],
    )
    assert rows[40] == ["only", "", "", "", "a.csv:42"]
    assert rows[41] == ["Martin", "lea@example.org", "b.csv", "2"]


def test_names_of_french_dos_are_read(tmp_path, looked_at) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("Xarretes.csv"), BOOK)
    path.write_bytes(path.read_bytes().replace(b"Xarretes", "arrêtées".encode("cp850")))
    assert looked_at(path)[1] == [["Martin", "lea@example.org", "arrêtées.csv", "2"]]


def link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def locked(name):
    info = zipfile.ZipInfo(name)
    info.flag_bits |= 1
    return info


INNER = gzip.compress(BOOK.encode())


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"../a.csv": BOOK}, "leads out of it"),
        ({"x/../../a.csv": BOOK}, "leads out of it"),
        ({"/etc/a.csv": BOOK}, "leads out of it"),
        ({"..\\a.csv": BOOK}, "leads out of it"),
        ({"C:\\a.csv": BOOK}, "leads out of it"),
        ({link("a.csv"): "/etc/passwd"}, "links are not followed"),
        ({"a.csv": BOOK, "b.csv.gz": INNER}, r"b.csv.gz: An archive inside an archive"),
        ({"a.csv": b"0" * (limits.RATIO_FROM + 1)}, "grows to"),
        ({}, "no file in it"),
        ({"lettre.pdf": b"%PDF-1"}, "no file in it"),
        ({"a.csv": "Nom;E-mail\n"}, "None of its files has a row"),
        ({"a.csv": BOOK, "photo.csv": b"\x89PNG\r\n"}, r"photo.csv: .*another format \(PNG\)"),
        ({"a.csv": BOOK, "b.csv": 'Nom;E-mail\na;"never closed\n' * 2}, "b.csv: "),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else "",
)
def test_archives_that_are_not_to_be_trusted(tmp_path, kept, files, words) -> None:
    path = write_zip(tmp_path / "a.zip", files)
    with pytest.raises(UnreadableFile, match=words):
        open_file(path)
    assert list(kept.iterdir()) == []
    assert sorted(found.name for found in tmp_path.iterdir()) == ["a.zip", "media"]


def test_a_nested_zip_is_refused(tmp_path) -> None:
    inner = write_zip(tmp_path / "inner.zip", {"a.csv": BOOK})
    path = write_zip(tmp_path / "a.zip", {"b/inner.zip": inner.read_bytes()})
    with pytest.raises(UnreadableFile, match=r"b/inner.zip: An archive inside an archive"):
        open_file(path)
    compressed = tmp_path / "a.zip.gz"
    compressed.write_bytes(gzip.compress(inner.read_bytes()))
    with pytest.raises(UnreadableFile, match="An archive inside an archive"):
        open_file(compressed)


def test_a_locked_file_is_refused(tmp_path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a.csv": BOOK})
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    path.write_bytes(bytes(content))
    with pytest.raises(UnreadableFile, match="password"):
        open_file(path)


def test_too_many_files_are_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(limits, "ARCHIVE_FILES", 2)
    path = write_zip(tmp_path / "a.zip", {f"{number}.csv": BOOK for number in range(3)})
    with pytest.raises(UnreadableFile, match="more than 2 files"), archives.zip_members(path):
        pass


def test_too_much_is_refused_before_it_is_expanded(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(limits, "ARCHIVE_BYTES", 40)
    path = write_zip(tmp_path / "a.zip", {"a.csv": BOOK, "b.csv": BOOK})
    with pytest.raises(UnreadableFile, match="larger than"), archives.zip_members(path):
        pass


def test_links_in_a_folder_are_refused(tmp_path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.csv").write_text(BOOK)
    (tmp_path / "in" / "a.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(UnreadableFile, match="links are not followed"):
        open_file(tmp_path / "in")


def test_rolls_and_books_in_one_archive_are_refused(tmp_path, elector) -> None:
    path = write_zip(tmp_path / "a.zip", {"roll.csv": as_csv([elector()]), "book.csv": BOOK})
    with pytest.raises(UnreadableFile, match=r"book.csv.*roll.csv.*import them apart"):
        open_file(path)


@pytest.mark.django_db
def test_damage_in_one_file_fails_the_whole_and_writes_nothing(
    places, elector, roll_source, tmp_path, kept
) -> None:
    good = as_csv([elector(prénoms=f"Jean {number}") for number in range(900)])
    path = write_zip(tmp_path / "a.zip", {"a.csv": good, "b.csv": good + b'60057;"never closed\n'})
    before = fingerprint()
    run = import_file(path, kind="roll", source=roll_source)
    assert run.state == Import.State.FAILED
    assert "b.csv: " in run.error
    assert "quotation mark" in run.error
    assert fingerprint() == before


def many(number=1200):
    """So many files that each third is of the sample, whose size is fixed in the child."""
    return {f"{n:04}.csv": f"Nom;E-mail\nMartin;n{n}@example.org\n" for n in range(number)}


@pytest.mark.django_db
def test_of_many_files_a_sample_is_looked_at_and_every_header_is_known(places, book, tmp_path, kept) -> None:
    files = many()
    files["0007.csv"] = "Nom;E-mail\n ; \n"
    files["0008.csv"] = "Nom;E-mail\n\xa0;\n"
    files["0010.csv"] = "Commune de Creil;;\nPrénom;E-mail;Nom\nKim;k@example.org;Diaz\n"
    files["0011.csv"] = "E-mail;Prénom\nz@example.org;Zoé\n"
    path = write_zip(tmp_path / "a.zip", files)
    sketch = open_file(path)
    assert sketch.layout.header == ["Nom", "E-mail", "Prénom", "File", "Line in the file"]
    names = ["0000", "0003", "0006", "0009", "0010", "0011", "0012", "0015"]
    assert [row[3] for row in sketch.rows[:8]] == [f"{name}.csv" for name in names]
    run = import_file(path, kind="address-book", source=book)
    assert (run.state, run.counts["new"], run.counts["rejected"]) == (Import.State.DONE, 1198, 0), run.error
    people = run.created_contacts
    assert people.filter(first_name="Zoé", emailaddress_set__normalised="z@example.org").exists()
    assert people.filter(first_name="Kim", emailaddress_set__normalised="k@example.org").exists()
    assert {"no_rows:0007.csv", "no_rows:0008.csv"} <= set(run.layout["warnings"])


@pytest.mark.django_db
def test_damage_outside_the_sample_is_told_by_name_and_nothing_is_written(
    places, book, tmp_path, kept
) -> None:
    damaged = {"0020.csv": 'Nom;E-mail\na;"never closed\n'}
    before = fingerprint()
    run = import_file(write_zip(tmp_path / "a.zip", many() | damaged), kind="address-book", source=book)
    assert (run.state, "0020.csv: " in run.error) == (Import.State.FAILED, True)
    assert fingerprint() == before


@pytest.mark.django_db
def test_rows_that_are_cut_otherwise_than_their_first_line_are_told_by_name(
    places, book, tmp_path, kept
) -> None:
    header = "Nom;Prénom, usage;E-mail\n"
    files = {f"{n:04}.csv": f"{header}Martin;Léa;n{n}@example.org\n" for n in range(1200)}
    files["0020.csv"] = header + "Martin,Léa\n" * 60
    before = fingerprint()
    run = import_file(write_zip(tmp_path / "a.zip", files), kind="address-book", source=book)
    assert run.state == Import.State.FAILED
    assert "0020.csv: Its first line names 3 columns, and its rows are cut into 2" in run.error
    assert fingerprint() == before


def test_names_that_are_not_told_are_counted(tmp_path) -> None:
    files = {f"{n:02}.pdf": b"%PDF-1" for n in range(25)} | {"a.csv": BOOK}
    told = words_of_files(open_file(write_zip(tmp_path / "a.zip", files)).layout)
    assert told[0] == "1 file of people is read."
    assert told[1].startswith("Left out, for they hold no list of people: 00.pdf, 01.pdf,")
    assert told[1].endswith("19.pdf, 5 other files.")


@pytest.mark.django_db
def test_files_whose_encoding_was_only_guessed_are_named(places, book, tmp_path, kept) -> None:
    dos = ("Nom;Prénom\n" + "".join(f"Lefèvre{n};Hélène\n" for n in range(9))).encode("cp850")
    files = {f"{n:04}.csv": dos.replace(b"Lef", b"Dub%d" % n) for n in range(210)} | {"9999.csv": BOOK}
    run = start_import(file=write_zip(tmp_path / "a.zip", files), file_name="a.zip", source=book, by=None)
    seen = doubted_files(Layout.from_json(run.layout))
    assert seen.startswith("The encoding of these was guessed, look at their accents: 0000.csv, ")
    done = import_file(tmp_path / "a.zip", kind="address-book", source=book)
    told = doubted_files(Layout.from_json(done.layout))
    assert "0019.csv, 190 other files." in told
    assert "9999.csv" not in told
