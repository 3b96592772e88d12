"""One row of an address book or a broker's file, cleaned, as the staging table takes it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

from django.utils import timezone

from campaign_crm.platform.spreadsheets import plain
from contacts.folding import fold
from contacts.imports.extra_values import REASONS, read_extra
from contacts.imports.fields import CUSTOM_PREFIX
from contacts.imports.labels import is_no_person, line_below
from contacts.imports.layouts import Mapping
from contacts.imports.people.agreements import Agreement, read_agreement
from contacts.imports.people.born import Born, read_born
from contacts.imports.people.cells import Cells, Point
from contacts.imports.people.digests import Facts
from contacts.imports.people.names import name_key, split_name
from contacts.imports.people.postal import PLACE_LIMIT, read_addresses
from contacts.imports.people.stops import FIELDS as STOP_FIELDS
from contacts.imports.people.stops import NOTHING, Entry, Left, read_stops
from contacts.imports.reading import Row
from contacts.imports.reasons import reason
from contacts.imports.values import read_civility, read_gender
from contacts.imports.written_dates import read_serial_day, read_written_date
from contacts.models import CustomField

NAME_LIMIT = 100
UNKNOWN_STATES = 100
LANGUAGES = frozenset({"fr", "en", "de", "es", "it", "pt", "nl", "ar", "br", "eu", "ca", "oc", "co"})

PEOPLE_COLUMNS = (
    "line civility first_name last_name birth_name gender birth_date birth_year birth_place_code birth_place"
    " birth_department birth_country language name_key emails phones addresses agrees collected_on membership"
    " tags lists custom left_out digest stops refused_at consent_words consent_proof said part mends"
).split()
TEXTS = (
    "civility first_name last_name birth_name gender birth_place_code birth_place birth_department"
    " birth_country language name_key consent_words consent_proof"
).split()
Staged = tuple[object, ...]


class PeopleRows:
    """Turns rows of a file into rows of the staging table.

    `refusal` says why a row is not to be taken as it is (`FileRows.refusal`). `rejected` is called with the
    line, the values and the reasons of such a row, and of each that names nobody, `in_part`
    with those of a row that is taken without a value that cannot be read, `unwritten` with what a rejected
    row puts on the do-not-contact list. `extra_fields` are by their keys.
    `mends`: rows of the source were taken in part before, which these may be.
    `list_state` is a state of everybody, as the file's name says it. `unknown_states` counts the words of
    states that are not known, of which none is a permission.
    """

    def __init__(
        self,
        mapping: Mapping,
        refusal: Callable[[Row], list[str]],
        rejected: Callable[[int, Row, list[str]], None],
        *,
        in_part: Callable[[int, Row, list[str]], None] = lambda line, row, reasons: None,
        unwritten: Callable[[int, list[Entry]], None] = lambda line, entries: None,
        extra_fields: dict[str, CustomField] | None = None,
        month_first: bool = False,
        list_state: str = "",
        mends: bool = False,
    ) -> None:
        self._cells = Cells(mapping)
        columns = self._cells.columns
        known = extra_fields or {}
        names = (key.removeprefix(CUSTOM_PREFIX) for key in columns if key.startswith(CUSTOM_PREFIX))
        self._extra_fields = [known[name] for name in names if name in known]
        self._refusal = refusal
        self._rejected = rejected
        self._in_part = in_part
        self._unwritten = unwritten
        self._month_first = month_first
        self._list_state = list_state
        self._mends = mends
        self._says_who_left = bool(list_state or STOP_FIELDS & columns.keys())
        self.unknown_states: Counter[str] = Counter()

    def staged(self, rows: Iterable[tuple[int, Row]]) -> Iterator[Staged]:
        """Yield `PEOPLE_COLUMNS` of each row that names somebody."""
        for line, row in rows:
            if why := self._refusal(row):
                self._rejected(line, row, why)
                continue
            staged = self._one(line, [plain(cell) for cell in row])
            if staged is not None:
                yield staged

    def _one(self, line: int, row: Row) -> Staged | None:
        wrong: list[str] = []
        emails = self._cells.emails(row, wrong)
        phones = self._cells.phones(row, wrong)
        if is_no_person(kind := self._cells.text(row, "contact_kind")):
            self._refuse(line, row, reason("no_person", kind), emails, phones)
            return None
        addresses = read_addresses(self._cells.columns, row)
        first, last, birth_name = self._names(row)
        if not (emails or phones or first or last):
            self._rejected(line, row, wrong or [reason("nobody")])
            return None
        if not (emails or phones) and (below := line_below(row)):
            self._rejected(line, row, [reason("no_person", below)])
            return None
        if wrong and not (emails or phones or addresses):
            self._rejected(line, row, wrong)
            return None
        if max(len(first), len(last), len(birth_name)) > NAME_LIMIT:
            self._refuse(line, row, reason("name_too_long"), emails, phones)
            return None
        civility, gender = read_civility(self._cells.text(row, "civility"))
        gender = read_gender(self._cells.text(row, "gender")) or gender
        born = self._born(row, wrong)
        birth = [
            self._cells.text(row, key)
            for key in ("birth_place_code", "birth_place", "birth_department", "birth_country")
        ]
        extra = self._extra(row, wrong)
        collected_on = self._past_day(row, "collected_on", wrong)
        membership = self._membership(row, wrong)
        if wrong:
            self._in_part(line, row, [*wrong, reason("rest_taken")])
        left = self._left(row, emails, phones)
        self._note(left.unknown)
        agreement = read_agreement(self._cells, row, collected_on)
        key = name_key(first, last)
        facts = Facts(
            key,
            birth_name,
            born.day,
            tuple(normalised for _address, normalised in emails),
            tuple(e164 for e164, _line in phones),
            addresses,
            birth,
        )
        return (
            line, civility, first, last, birth_name, gender, *born, *birth, self._language(row), key,
            json.dumps(emails), json.dumps(phones), json.dumps(addresses),
            json.dumps(_agrees(agreement, left)),
            collected_on, membership, json.dumps(self._cells.tags(row)), json.dumps(self._cells.lists(row)),
            json.dumps(extra),
            len(wrong), facts.digest(), json.dumps(left.entries), left.at,
            agreement.words, agreement.proof, agreement.said,
            facts.in_part() if wrong else None, json.dumps(list(facts.mended()) if self._mends else []),
        )  # fmt: skip

    def _refuse(self, line: int, row: Row, why: str, emails: list[Point], phones: list[Point]) -> None:
        """Give a row back; what it says of leaving is obeyed all the same."""
        self._rejected(line, row, [why])
        if entries := self._left(row, emails, phones).entries:
            self._unwritten(line, entries)

    def _names(self, row: Row) -> tuple[str, str, str]:
        first, last = self._cells.text(row, "first_name"), self._cells.text(row, "last_name")
        if not first and not last:
            first, last = split_name(self._cells.text(row, "full_name"))
        # Beside a whole forename it would only make "Léa" and "Léa Anne" two people of one address.
        if len(fold(first)) < 2 and (middle := self._cells.text(row, "middle_name")):
            first = f"{first} {middle}".strip()
        birth_name = self._cells.text(row, "birth_name")
        if not last:
            last = birth_name
        return first, last, birth_name if fold(birth_name) != fold(last) else ""

    def _born(self, row: Row, wrong: list[str]) -> Born:
        year, month, day = (self._cells.text(row, f"birth_{part}") for part in ("year", "month", "day"))
        text = self._cells.text(row, "birth_date")
        return read_born(text, (year, month, day), wrong, month_first=self._month_first)

    def _past_day(self, row: Row, key: str, wrong: list[str]) -> date | None:
        """A day to come is a slip: as that of an agreement it would outlast every refusal until then."""
        text = self._cells.text(row, key)
        found = self._day(text)
        if found is not None and found <= timezone.localdate():
            return found
        if fold(text):
            wrong.append(reason("extra_date" if found is None else "future_date", text))
        return None

    def _day(self, text: str) -> date | None:
        return read_written_date(text, self._month_first) or read_serial_day(text)

    def _membership(self, row: Row, wrong: list[str]) -> str | None:
        """When they joined and left, as JSON; an end to come is that of somebody who is a member."""
        ends = self._day(self._cells.text(row, "left_on"))
        if lasts := ends is not None and ends > timezone.localdate():
            ends = None
        else:
            ends = self._past_day(row, "left_on", wrong)
        joined = self._past_day(row, "joined_on", wrong)
        if joined and ends and ends < joined:
            wrong.append(reason("left_early", self._cells.text(row, "left_on")))
            return None
        told = {"joined": joined.isoformat() if joined else None, "left": ends.isoformat() if ends else None}
        return json.dumps(told) if joined or ends or lasts else None

    def _note(self, words: list[str]) -> None:
        """Count unknown words of states, of which a column that holds something else has no end."""
        for word in words:
            word = word[:PLACE_LIMIT]
            if word in self.unknown_states or len(self.unknown_states) < UNKNOWN_STATES:
                self.unknown_states[word] += 1

    def _left(self, row: Row, emails: list[Point], phones: list[Point]) -> Left:
        if not self._says_who_left:
            return NOTHING
        return read_stops(
            self._cells.columns,
            row,
            emails,
            phones,
            month_first=self._month_first,
            list_state=self._list_state,
        )

    def _language(self, row: Row) -> str:
        code = fold(self._cells.text(row, "language"))[:2]
        return code if code in LANGUAGES else ""

    def _extra(self, row: Row, wrong: list[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for field in self._extra_fields:
            text = self._cells.text(row, f"{CUSTOM_PREFIX}{field.key}")
            value = read_extra(field, text, month_first=self._month_first) if text else None
            if value is not None:
                found[field.key] = value
            elif text:
                wrong.append(reason(REASONS[CustomField.Kind(field.kind)], f"{field.label}: {text}"))
        return found


def _agrees(agreement: Agreement, left: Left) -> dict[str, bool | None]:
    """Yes, no or None by channel: a no is stronger than a doubt, and that than a yes."""
    refused = [channel for channel, said in agreement.agrees.items() if said is False]
    return agreement.agrees | dict.fromkeys(left.doubted) | dict.fromkeys([*refused, *left.refused], False)
