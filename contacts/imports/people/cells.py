"""The cells of a row by what they hold: a mapping gives a field one column or several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from contacts.folding import fold
from contacts.imports.labels import is_not_spoken
from contacts.imports.layouts import Mapping
from contacts.imports.mailboxes import read_mailbox
from contacts.imports.people.numbers import points_of, read_email, read_phone, values_of
from contacts.imports.reading import Row
from contacts.imports.reasons import reason

ADDRESS_LIMIT = 254
TAG_LIMIT = 60
LIST_LIMIT = 80  # of the 100 characters that its name may have: `write_sql.MAKE_LISTS` may add to it
_OWN_LABELS = ("* ", "mycontacts", "my contacts")  # Google's own, said of every contact

Point = tuple[str, str]
"""An e-mail address as written and normalised, or a number in E.164 form and its kind of line."""


class Cells:
    """`columns`: {field: indexes of its columns, in the order of the file}.

    `wrong` is given the reasons of what cannot be read.
    """

    def __init__(self, mapping: Mapping) -> None:
        self.columns: defaultdict[str, list[int]] = defaultdict(list)
        for index in sorted(mapping):
            self.columns[mapping[index]].append(index)

    def text(self, row: Row, key: str) -> str:
        """First filled column of a field, its spaces made single."""
        for index in self.columns.get(key, ()):
            text = " ".join(row[index].split())
            if text:
                return text
        return ""

    def joined(self, row: Row, key: str) -> str:
        """Every filled column of a field."""
        return " ".join(text for index in self.columns.get(key, ()) if (text := " ".join(row[index].split())))

    def emails(self, row: Row, wrong: list[str]) -> list[Point]:
        found: dict[str, str] = {}
        for index in self.columns.get("email", ()):
            for written in points_of(row[index]):
                mailbox = read_mailbox(written)
                text = mailbox.address if mailbox else written
                normalised = read_email(text)
                if normalised is None:
                    wrong.append(reason("bad_email", text))
                else:
                    found.setdefault(normalised, text[:ADDRESS_LIMIT])
        return [(address, normalised) for normalised, address in found.items()]

    def phones(self, row: Row, wrong: list[str]) -> list[Point]:
        """Numbers that somebody answers; a column of kinds stands before that of its numbers."""
        found: dict[str, str] = {}
        kinds = self.columns.get("phone_kind", ())
        for index in self.columns.get("phone", ()):
            if index - 1 in kinds and is_not_spoken(row[index - 1]):
                continue
            for text in points_of(row[index]):
                phone = read_phone(text)
                if phone is None:
                    wrong.append(reason("bad_phone", text))
                else:
                    found.setdefault(phone.e164, phone.line)
        return list(found.items())

    def tags(self, row: Row) -> list[str]:
        words = (word.strip('"') for word in self._words(row, "tags"))  # Mailchimp quotes each
        return _once((word for word in words if not word.lower().startswith(_OWN_LABELS)), TAG_LIMIT)

    def lists(self, row: Row) -> list[str]:
        return _once(self._words(row, "lists"), LIST_LIMIT)

    def _words(self, row: Row, key: str) -> Iterable[str]:
        return (word for index in self.columns.get(key, ()) for word in values_of(row[index]))


def _once(words: Iterable[str], limit: int) -> list[str]:
    """Each word as it is first spelled."""
    found: dict[str, str] = {}
    for word in words:
        found.setdefault(fold(word), " ".join(word.split())[:limit])
    return [spelled for folded, spelled in found.items() if folded]
