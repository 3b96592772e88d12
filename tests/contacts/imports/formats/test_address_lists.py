"""Pasted lists of addresses: several on a line, names before them."""

import pytest

from contacts.imports.formats.address_lists import HEAD_BYTES, MAILBOX_HEADER, PHONE_HEADER
from contacts.imports.formats.forms import Form, form_of
from contacts.imports.formats.opening import open_file
from contacts.models import Contact, EmailAddress, Import, PhoneNumber, Source, Suppression
from tests.support.imports import import_file

LEA, JEAN = ["Léa Martin", "lea@example.org"], ["Jean Petit", "jean@example.org"]


@pytest.fixture
def list_file(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "people.txt"
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.mark.parametrize(
    "text",
    [
        "Léa Martin <lea@example.org>\nJean Petit <jean@example.org>\n",
        "Léa Martin <lea@example.org>; Jean Petit <jean@example.org>",
        "Léa Martin <lea@example.org>, Jean Petit <jean@example.org>;",
        '"Léa Martin" <lea@example.org>,\r\n"Jean Petit" <mailto:jean@example.org>\r\n',
        '"Léa Martin <lea@example.org>"\n"Jean Petit <jean@example.org>"\n',
        "Destinataires\n'Léa Martin' <lea@example.org>\nJean Petit <jean@example.org>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_names_and_addresses_are_told_apart(list_file, text, encoding) -> None:
    path = list_file(text, encoding)
    assert form_of(path) == Form.ADDRESS_LIST
    sketch = open_file(path)
    assert (sketch.layout.header, sketch.rows) == (MAILBOX_HEADER, [LEA, JEAN])


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a@example.org; b@example.org; c@example.org", [["", f"{one}@example.org"] for one in "abc"]),
        ("a@example.org,b@example.org\nc@example.org", [["", f"{one}@example.org"] for one in "abc"]),
        ("E-mail\na@example.org;b@example.org", [["", f"{one}@example.org"] for one in "ab"]),
        ("a@example.org <a@example.org>", [["", "a@example.org"]]),
        ("Martin, Léa <lea@example.org>; Petit, Jean <jean@example.org>", [
            ["Martin, Léa", "lea@example.org"], ["Petit, Jean", "jean@example.org"],
        ]),
        ('"Martin, Léa" <lea@example.org>, b@example.org', [
            ["Martin, Léa", "lea@example.org"], ["", "b@example.org"],
        ]),
    ],
)  # fmt: skip
def test_each_address_of_a_line_is_a_row(list_file, text, rows) -> None:
    assert open_file(list_file(text)).rows == rows


def test_a_list_pasted_from_pages_and_programs_is_one_with_its_stray_lines_given_back(list_file) -> None:
    text = (
        "  lea@example.org \r\nmailto:Paul.Petit@example.org?subject=Bonjour\r\n\r\n<zoe@example.org>\r\n"
        '"Jean Dupont" <jean@example.org>;\r\nadresse inconnue\r\nana@example.org,\r\n'
    )
    assert open_file(list_file(text)).rows == [
        ["", "lea@example.org"],
        ["", "Paul.Petit@example.org"],
        ["", "zoe@example.org"],
        ["Jean Dupont", "jean@example.org"],
        ["", "adresse inconnue"],
        ["", "ana@example.org"],
    ]


def test_each_number_of_a_line_is_a_row(list_file) -> None:
    sketch = open_file(list_file("06 39 98 12 34; 06 39 98 12 35\n+33639981236"))
    assert sketch.layout.header == PHONE_HEADER
    assert [row[0][-2:] for row in sketch.rows] == ["34", "35", "36"]


@pytest.mark.parametrize(
    "text",
    [
        "a@example.org\nb@example.org\n",
        "a@example.org;0639981234\nb@example.org;0639981235\n",
        "E-mail;Autre e-mail\na@example.org;b@example.org\n",
        "Nom;Contact\nMartin;Léa <lea@example.org>\n",
        "123456789;123456790\n123456791;123456792\n",
        "01/02/1950;02/03/1960\n",
        "lea@example.org;Léa;Martin\n",
    ],
    ids=["one a line", "two kinds", "a header", "a column", "members", "days", "names"],
)
def test_tables_stay_tables(list_file, text) -> None:
    assert form_of(list_file(text)) == Form.TABLE


def test_a_long_list_is_known_by_its_beginning_and_read_whole(list_file, places, book) -> None:
    text = "; ".join(f"Léa Martin <lea{n}@example.org>" for n in range(5_000))
    assert len(text) > 2 * HEAD_BYTES
    run = import_file(list_file(text), kind="address-book", source=book)
    assert (run.state, run.counts["rows"], run.counts["rejected"]) == (Import.State.DONE, 5_000, 0), run.error


@pytest.mark.parametrize("separator", ["; ", ", ", "\n"])
def test_a_list_becomes_people_with_one_address_each(list_file, places, book, separator) -> None:
    text = separator.join(["Léa Martin <Lea@example.org>", "PETIT Jean <jean@example.org>", "c@example.org"])
    run = import_file(list_file(text), kind="address-book", source=book)
    assert (run.state, run.counts["new"]) == (Import.State.DONE, 3), run.error
    people = Contact.objects.order_by("id").values_list(
        "first_name", "last_name", "emailaddress_set__normalised"
    )
    assert list(people) == [
        ("Léa", "Martin", "lea@example.org"),
        ("Jean", "PETIT", "jean@example.org"),
        ("", "", "c@example.org"),
    ]


def test_what_is_no_address_further_on_is_given_back(list_file, places, book) -> None:
    good = "; ".join(f"lea{n}@example.org" for n in range(5_000))
    run = import_file(list_file(good + "\nGroupe Oise; 12"), kind="address-book", source=book)
    assert (run.counts["new"], run.counts["rejected"]) == (5_000, 2)


@pytest.mark.django_db
def test_a_list_of_numbers_is_one_of_people(list_file, places, book) -> None:
    import_file(list_file("06 39 98 12 34; 06 39 98 12 35"), kind="address-book", source=book)
    assert set(PhoneNumber.objects.values_list("e164", flat=True)) == {"+33639981234", "+33639981235"}
    assert Contact.objects.count() == 2


def test_an_opt_out_list_of_one_line_stops_everyone_on_it(list_file, places) -> None:
    source = Source.objects.create(name="Stops", kind="opt_out", lawful_basis="none", channels=[])
    run = import_file(list_file("Léa <lea@example.org>; jean@example.org"), kind="suppression", source=source)
    assert run.state == Import.State.DONE, run.error
    assert Suppression.objects.filter(channel="email").count() == 2
    assert not EmailAddress.objects.exists()


def test_an_address_with_its_name_in_a_column_is_read(list_file, places, book) -> None:
    text = "Prénom;Contact mail\nLéa;Léa Martin <lea@example.org>\nJean;<jean@example.org>\n"
    import_file(list_file(text), kind="address-book", source=book)
    emails = EmailAddress.objects.values_list("contact__first_name", "address")
    assert set(emails) == {("Léa", "lea@example.org"), ("Jean", "jean@example.org")}
