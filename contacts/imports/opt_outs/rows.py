"""One row of an opt-out file as entries of the do-not-contact list. No address goes further than here."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from campaign_crm.platform.crypto import hash_key_fingerprint, keyed_hash
from contacts.enums import Channel, SuppressionReason
from contacts.imports.layouts import Mapping
from contacts.imports.mailboxes import read_mailbox
from contacts.imports.people.numbers import points_of, read_email, read_phone
from contacts.imports.reading import Row, UnsureRow
from contacts.imports.reasons import reason
from contacts.imports.states import ContactState, read_moment, read_reason, read_state, scope_of
from contacts.models.suppressed_digest import DigestAlgorithm

COLUMNS = ("line", "hash", "algorithm", "channel", "scope", "reason", "at")
NUMBER_CHANNELS = (Channel.SMS, Channel.CALL)
_HEX = re.compile(r"[0-9a-f]+")
_DIGITS = {DigestAlgorithm.MD5: 32, DigestAlgorithm.SHA1: 40, DigestAlgorithm.SHA256: 64}


class Entry(NamedTuple):
    """One channel closed to one address. `algorithm` is empty for our own keyed hash."""

    line: int
    hash: str
    algorithm: str
    channel: str
    scope: str
    reason: str
    at: datetime | None


class OptOutRows:
    """Turns rows of a file into entries.

    `reason` is why an entry is there where its row does not say; `numbers` are the channels that a phone
    number is closed on. `rejected` gets the line, the values and the reasons of what cannot be taken.
    """

    def __init__(
        self,
        mapping: Mapping,
        refusal: Callable[[Row], list[str]],
        rejected: Callable[[int, Row, list[str]], None],
        *,
        reason: SuppressionReason,
        numbers: Sequence[str],
        month_first: bool = False,
    ) -> None:
        self._columns: defaultdict[str, list[int]] = defaultdict(list)
        for index in sorted(mapping):
            self._columns[mapping[index]].append(index)
        self._refusal = refusal
        self._rejected = rejected
        self._reason = reason
        self._numbers = [channel for channel in NUMBER_CHANNELS if channel in numbers]
        self._month_first = month_first
        self._key = hash_key_fingerprint()
        self.rows = 0

    def entries(self, rows: Iterable[tuple[int, Row]]) -> Iterator[Entry]:
        """Yield the entries of each row; a row with none is told to `rejected`."""
        for line, row in rows:
            self.rows += 1
            wrong = self._refusal(row)
            if wrong and not isinstance(row, UnsureRow):
                self._rejected(line, row, wrong)
                continue
            found = list(self._one(line, row, wrong))
            if wrong or not found:
                # Whatever of the row can be read is obeyed; what cannot is told back.
                self._rejected(line, row, wrong or [reason("no_address")])
            yield from found

    def _one(self, line: int, row: Row, wrong: list[str]) -> Iterator[Entry]:
        said = self._text(row, "state")
        if said and read_state(said) == ContactState.SUBSCRIBED:  # in doubt, an objection
            wrong.append(reason("no_objection", said))
            return
        why = (read_reason(said) if said else None) or self._reason
        at = read_moment(self._text(row, "since"), self._month_first)
        for channel, digest, algorithm in self._addresses(row, wrong):
            yield Entry(line, f"\\x{digest}", algorithm, channel, scope_of(why), why, at)

    def _addresses(self, row: Row, wrong: list[str]) -> Iterator[tuple[str, str, str]]:
        for key in ("email", "phone"):
            for text in self._values(row, key):
                found = self._any_address(text)
                if not found:
                    wrong.append(reason(f"bad_{key}", text))
                yield from found
        for algorithm, digits in _DIGITS.items():
            for text in self._values(row, algorithm.value):
                digest = text.lower()
                if len(digest) == digits and _HEX.fullmatch(digest):
                    yield Channel.EMAIL, digest, algorithm.value
                else:
                    wrong.append(reason("bad_digest", f"{algorithm.label}: {text}"))
        yield from self._own(row, wrong)

    def _own(self, row: Row, wrong: list[str]) -> Iterator[tuple[str, str, str]]:
        """A row of our own export: its hash counts only under our own key."""
        digest = self._text(row, "keyed_hash").lower()
        if not digest:
            return
        channel = self._text(row, "channel").lower()
        if self._text(row, "hash_key") != self._key:
            wrong.append(reason("other_key"))
        elif channel not in Channel.values:
            wrong.append(reason("unknown_channel", channel))
        elif len(digest) != _DIGITS[DigestAlgorithm.SHA256] or not _HEX.fullmatch(digest):
            wrong.append(reason("bad_digest", digest))
        else:
            yield channel, digest, ""

    def _any_address(self, text: str) -> list[tuple[str, str, str]]:
        """What a cell closes, whatever the name of its column: people put all they have below each other."""
        if mailbox := read_mailbox(text):
            text = mailbox.address
        if normalised := read_email(text):
            return [(Channel.EMAIL, keyed_hash("email", normalised).hex(), "")]
        if phone := read_phone(text):
            digest = keyed_hash("phone", phone.e164).hex()
            return [(channel, digest, "") for channel in self._numbers]
        digest = text.lower()
        if _HEX.fullmatch(digest):
            return [
                (Channel.EMAIL, digest, algorithm.value)
                for algorithm, digits in _DIGITS.items()
                if len(digest) == digits
            ]
        return []

    def _text(self, row: Row, key: str) -> str:
        return next((text for index in self._columns.get(key, ()) if (text := row[index].strip())), "")

    def _values(self, row: Row, key: str) -> Iterator[str]:
        for index in self._columns.get(key, ()):
            yield from points_of(row[index])
