"""First lines that are known as headers: only where reading the file would find the same."""

import pytest

from contacts.imports.formats.first_lines import FirstLines

ROW = b"Martin;lea@example.org\n"


@pytest.mark.parametrize(
    ("line", "header"),
    [
        ("Prénom;E-mail\n".encode(), ("Prénom", "E-mail")),
        ("Prénom,E-mail\r\n".encode("cp1252"), ("Prénom", "E-mail")),
        (b'\xef\xbb\xbf"Nom ""de naissance"""\tE-mail\n', ('Nom "de naissance"', "E-mail")),
    ],
)
def test_a_header_on_the_first_line_is_known_again(line, header) -> None:
    known = FirstLines()
    known.learn(line + ROW, header)
    assert known.header_of(line + b"other;row\n") == header
    assert known.header_of(line) is None
    assert known.header_of(line + b' ;""\r\n\r\n') is None
    assert known.header_of(b"x" + line + ROW) is None


@pytest.mark.parametrize(
    ("beginning", "header"),
    [
        (b"Liste de Creil;\nNom;E-mail\n" + ROW, ("Nom", "E-mail")),  # a title above
        (ROW + ROW, ("Column 1", "Column 2")),  # no header
        (b"Nom;E-mail", ("Nom", "E-mail")),  # the line may go on
        (b"E-mail\nlea@example.org\n", ("E-mail",)),  # a list of addresses may read otherwise
    ],
)
def test_any_other_first_line_is_not(beginning, header) -> None:
    known = FirstLines()
    known.learn(beginning, header)
    assert known.header_of(beginning + ROW) is None
