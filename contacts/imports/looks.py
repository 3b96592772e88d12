"""What the values of a column look like, taken together, where its name says nothing.

A look gives the share of the filled cells, between 0 and 1, that are of a kind: 0 too when the column as a
whole cannot be. Bare digits are no phone numbers, since those of members and files are written so; days on
which people would be children or dead are no birthdays.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.utils import timezone

from contacts.imports.mailboxes import read_mailbox
from contacts.imports.people.numbers import points_of, read_phone
from contacts.imports.values import (
    DIGEST,
    EMAIL,
    MD5,
    PHONE,
    PHONE_AS_WRITTEN,
    POSTCODE,
    SHA1,
    SHA256,
    month_comes_first,
    read_civility,
    read_gender,
)
from contacts.imports.written_dates import read_birth_date, read_written_date

YOUNGEST, OLDEST = 15, 110  # years
MOST = 0.5  # of the cells, at least
DAYS_A_YEAR = 365.25
_DECIMAL = re.compile(r"[0-9]+[.,][0-9]+")

Look = Callable[[list[str]], float]
Looks = tuple[tuple[str, Look], ...]
"""(field, look), in the order in which they are tried."""


def share(check: Callable[[str], object], values: list[str]) -> float:
    """The share of the values that pass a check; 0 when there is none."""
    return sum(1 for value in values if check(value)) / len(values) if values else 0.0


def reads_as_day(text: str) -> bool:
    """True for a day in either order of day and month."""
    return bool(read_written_date(text) or read_written_date(text, True))


def _of_each(check: Callable[[str], object]) -> Look:
    return lambda values: share(check, values)


def _phones(values: list[str]) -> float:
    found = share(_is_phone, values)
    return found if share(PHONE_AS_WRITTEN.fullmatch, values) >= MOST else 0.0


def _is_phone(text: str) -> bool:
    shaped = PHONE.fullmatch(text) and not _DECIMAL.fullmatch(text) and not reads_as_day(text)
    return bool(shaped and read_phone(text))


def _are_points(text: str) -> bool:
    points = points_of(text)
    return all(read_mailbox(one) or PHONE.fullmatch(one) or DIGEST.fullmatch(one) for one in points)


def _birth_dates(values: list[str]) -> float:
    today, month_first = timezone.localdate(), month_comes_first(values)
    days = [day for value in values if (day := read_birth_date(value, month_first))]
    of_age = [day for day in days if YOUNGEST <= (today - day).days / DAYS_A_YEAR <= OLDEST]
    return len(of_age) / len(values) if values else 0.0


OF_PEOPLE: Looks = (
    ("email", _of_each(read_mailbox)),
    ("birth_date", _birth_dates),
    ("postcode_1", _of_each(POSTCODE.fullmatch)),
    ("phone", _phones),
    ("civility", _of_each(lambda text: read_civility(text)[0])),
    ("gender", _of_each(read_gender)),
)
# What an opt-out file holds: nothing of a person but how they are reached, bare numbers too.
OF_OPT_OUTS: Looks = (
    ("email", _of_each(EMAIL.fullmatch)),
    ("md5", _of_each(MD5.fullmatch)),
    ("sha1", _of_each(SHA1.fullmatch)),
    ("sha256", _of_each(SHA256.fullmatch)),
    ("phone", _of_each(PHONE.fullmatch)),
    ("email", _of_each(_are_points)),  # addresses, numbers and hashes below each other
)
