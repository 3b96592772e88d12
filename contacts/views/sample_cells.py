"""Cells and groups of the samples of a preview."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst

Text = str | Promise


@dataclass(frozen=True)
class Cell:
    """One value; a long one may take several lines."""

    text: str
    url: str = ""
    is_long: bool = False


@dataclass(frozen=True)
class SampleGroup:
    """Some rows of one kind; `number` is how many there are in all."""

    label: Text
    number: int
    headings: Sequence[Text]
    rows: Sequence[Sequence[Cell]]
    is_bad: bool = False


def cells(values: Iterable[Any]) -> list[Cell]:
    return [Cell("" if value is None else str(value)) for value in values]


def day(text: str | None) -> str:
    """A day as people write it; what a file wrote instead of one stays as it is."""
    try:
        found = parse_date(text or "")
    except ValueError:
        found = None
    return date_format(found, "SHORT_DATE_FORMAT") if found else capfirst(text or "")
