"""vCards of every version and maker: values as the import needs them, and what is left out."""

import random

import pytest

from contacts.imports.errors import UnreadableFile
from contacts.imports.formats import limits
from contacts.imports.formats.opening import open_file
from contacts.imports.formats.vcards import HEADER, vcard_table
from contacts.imports.guessing import guess
from contacts.models import Import
from tests.support.imports import import_file

OLD = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Lef=C3=A8vre;L=C3=A9a;Anne;Mme;
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:L=C3=A9a Lef=C3=A8vre
TEL;CELL;VOICE:06 39 98 12 34
TEL;HOME;FAX:03 44 00 00 00
EMAIL;INTERNET:lea@example.org
ADR;HOME;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:;;12 rue des =
Lilas=0D=0Aescalier B;Ch=E2lons;;51000;France
BDAY:19800517
PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD
 not even base64

END:VCARD
"""
APPLE = """BEGIN:VCARD
VERSION:3.0
N:Petit;Karim;;M.;
FN:Karim Petit
ORG:Exempla;
item1.EMAIL;type=INTERNET:second@example.org
item2.EMAIL;type=INTERNET;type=pref:karim@example.org
item1.X-ABLabel:_$!<Other>!$_
TEL;type=CELL;type=VOICE;type=pref:+33 6 39 98 12 35
item3.ADR;type=WORK:;;1 rue du Travail;Lille;;59000;France
item4.ADR;type=HOME;type=pref:;Bât. A;1 place de la\\, Mairie\\nBP 3;Creil;;60100;France
BDAY;X-APPLE-OMIT-YEAR=1604:1604-03-14
CATEGORIES:Amis,Militants\\, actifs
NOTE:never taken
END:VCARD
"""
NEW = """BEGIN:VCARD
VERSION:4.0
FN:Ana Maria So
 usa
N:Sousa;Ana;;;
TEL;VALUE=uri;TYPE="voice,cell":tel:+33-6-39-98-12-36;ext=5
EMAIL;PREF=2:other@example.org
EMAIL;PREF=1:ana@example.org
BDAY:--0314
ADR;LABEL="2, rue B":;;2 rue B;Paris;;75001;
GENDER:F
LANG:pt
END:VCARD
"""
ROWS = [
    "Mme|Léa|Anne|Lefèvre|17/05/1980|||lea@example.org|06 39 98 12 34"
    "|12 rue des Lilas escalier B||Châlons|51000|France||||||",
    "M.|Karim||Petit||||karim@example.org ::: second@example.org|+33 6 39 98 12 35"
    "|1 place de la, Mairie BP 3|Bât. A|Creil|60100|France|||||"
    "|Amis ::: Militants  actifs",
    "|Ana||Sousa||F|pt|ana@example.org ::: other@example.org|+33-6-39-98-12-36|2 rue B||Paris|75001|||||||",
]
AGENT = "BEGIN:VCARD\nVERSION:2.1\nN:Autre;Luc\nEMAIL:luc@example.org\nEND:VCARD\n"


@pytest.fixture
def card_file(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "people.vcf"
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_version_gives_the_same_columns(card_file, looked_at, line_end) -> None:
    path = card_file((OLD + "\n" + APPLE + NEW).replace("\n", line_end))
    assert looked_at(path) == (HEADER, [row.split("|") for row in ROWS])


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_encodings_of_the_file_itself(card_file, encoding) -> None:
    path = card_file("BEGIN:VCARD\r\nVERSION:2.1\r\nN:Lefèvre;Léa\r\nEND:VCARD\r\n", encoding)
    [(_line, row)] = vcard_table(path).rows
    assert row[1:4] == ["Léa", "", "Lefèvre"]


def test_every_column_is_known_by_its_name(card_file) -> None:
    sketch = open_file(card_file(OLD))
    guessed = guess(sketch)
    assert [column.field for column in guessed.columns] == (
        "civility first_name middle_name last_name birth_date gender language email phone street_1"
        " complement_1 city_1 postcode_1 country_1 street_2 complement_2 city_2 postcode_2 country_2 tags"
    ).split()
    assert {column.confidence for column in guessed.columns} == {1.0}


@pytest.mark.parametrize(
    "card",
    [
        "KIND:org\nFN:Mairie de Creil\nEMAIL:mairie@example.org",
        "N:;;;;\nFN:Exempla\nORG:Exempla;Ventes\nTEL:03",
        "FN:Exempla\nN:Exempla;;;;\nX-ABShowAs:COMPANY",
        "N:Famille;;;;\nFN:Famille\nX-ADDRESSBOOKSERVER-KIND:group\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:1",
        "KIND:group\nFN:Famille\nMEMBER:urn:uuid:1",
    ],
)
def test_organisations_are_no_people_and_are_counted(card_file, card) -> None:
    sketch = open_file(card_file(f"BEGIN:VCARD\nVERSION:3.0\n{card}\nEND:VCARD\n" + NEW))
    assert (len(sketch.rows), sketch.layout.warnings) == (1, ["organisations:1"])


@pytest.mark.parametrize(
    ("lines", "homes", "phones"),
    [
        ("ADR;TYPE=WORK:;;1 rue du Travail;Lille;;59000;France", "", ""),
        ("ADR;WORK:;;1 rue du Travail;Lille;;59000;France", "", ""),
        ("ADR;TYPE=HOME,WORK:;;2 rue B;Paris;;75001;", "Paris", ""),
        ("item1.ADR:;;1 rue du Travail;Lille;;59000;\nitem1.X-ABLabel:Bureau", "", ""),
        ("item1.ADR:;;2 rue B;Paris;;75001;\nitem1.X-ABLabel:Chez ma sœur", "Paris", ""),
        ("TEL;TYPE=WORK,FAX:0199001234\nTEL;TYPE=WORK:0199001235", "", "0199001235"),
        ("item1.TEL:0199001234\nitem1.X-ABLabel:_$!<WorkFAX>!$_\nTEL:0199001235", "", "0199001235"),
    ],
)
def test_a_place_of_work_is_no_home_and_a_fax_no_phone(card_file, looked_at, lines, homes, phones) -> None:
    path = card_file(f"BEGIN:VCARD\nVERSION:3.0\nN:Martin;Léa\n{lines}\nEND:VCARD\n")
    [row] = looked_at(path)[1]
    assert (row[HEADER.index("Address 1 - City")], row[HEADER.index("Phone")]) == (homes, phones)


def test_a_card_inside_a_card_belongs_to_nobody(card_file, looked_at) -> None:
    inside = OLD.replace("BDAY:19800517\n", f"AGENT:\n{AGENT}BDAY:19800517\n")
    assert looked_at(card_file(inside))[1] == [ROWS[0].split("|")]


@pytest.mark.parametrize("born", ["", "--0314", "---14", "circa 1960", "1604-03-14", "1604"])
def test_a_birthday_that_is_no_day_is_none(card_file, looked_at, born) -> None:
    path = card_file(NEW.replace("BDAY:--0314", f"BDAY:{born}"))
    assert looked_at(path)[1][0][4] == ""


@pytest.mark.parametrize(
    ("born", "shown"), [("1980", "1980"), ("1980-03", "03/1980"), ("19800231", "31/02/1980")]
)
def test_a_birthday_known_in_part_keeps_its_year(card_file, looked_at, born, shown) -> None:
    path = card_file(NEW.replace("BDAY:--0314", f"BDAY:{born}"))
    assert looked_at(path)[1][0][4] == shown


@pytest.mark.parametrize("born", ["1980-05-17", "19800517", "1980-05-17T00:00:00Z"])
def test_a_birthday_with_its_year_is_one(card_file, looked_at, born) -> None:
    path = card_file(NEW.replace("BDAY:--0314", f"BDAY;VALUE=date:{born}"))
    assert looked_at(path)[1][0][4] == "17/05/1980"


def test_a_name_in_one_piece_is_taken_apart(card_file, looked_at) -> None:
    path = card_file("BEGIN:VCARD\nVERSION:4.0\nFN:Ana SOUSA LIMA\nEND:VCARD\n")
    assert looked_at(path)[1][0][1:4] == ["Ana", "", "SOUSA LIMA"]


def test_lines_that_mean_nothing_lose_no_card(card_file, looked_at) -> None:
    noise = (
        "this is no property\nX;;;=:=\nTEL\n;:\nitem1.:x\nEMAIL;CHARSET=none;ENCODING=QUOTED-PRINTABLE:=C3=\n"
    )
    assert len(looked_at(card_file(OLD.replace("BDAY", noise + "\nBDAY")))[1]) == 1


def test_no_accident_whatever_a_card_holds(card_file) -> None:
    rng = random.Random(7)
    text = OLD + APPLE + NEW
    for _round in range(300):
        damaged = list(text)
        for _fault in range(rng.randint(1, 30)):
            damaged[rng.randrange(len(damaged))] = rng.choice(';:=\\,\n\r\t ."éA0')
        try:
            for _line, row in vcard_table(card_file("".join(damaged))).rows:
                assert len(row) == len(HEADER)
        except UnreadableFile:
            pass


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OLD + "BEGIN:VCARD\nVERSION:3.0\nFN:A\n", "cut short: the card on line 15 does not end"),
        ("BEGIN:VCARD\nVERSION:3.0\nKIND:org\nFN:A\nEND:VCARD\n", "holds no person"),
        ("BEGIN:VCARD\nFN:" + "x\n " * limits.CARD_CHARACTERS + "\nEND:VCARD\n", "too long"),
    ],
)
def test_what_is_no_address_book_is_said(card_file, text, words) -> None:
    with pytest.raises(UnreadableFile, match=words):
        open_file(card_file(text))


@pytest.mark.django_db
def test_an_address_book_comes_in(places, book, card_file, kept) -> None:
    run = import_file(card_file(OLD + APPLE + NEW), kind="address-book", source=book)
    assert (run.state, run.counts["new"], run.counts["rejected"]) == (Import.State.DONE, 3, 0), run.error
    person = run.created_contacts.get(last_name="Petit")
    assert (person.first_name, person.civility, person.birth_date) == ("Karim", "M", None)
    assert person.postaladdress_set.get().city == "Creil"  # never the place of work
    assert sorted(link.tag.name for link in person.tag_links.all()) == ["Amis", "Militants actifs"]
    assert list(kept.iterdir()) == []
