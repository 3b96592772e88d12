"""What a condition compares with: how it is read from JSON, from a form, and said to people.

A value kind turns raw JSON into typed Python (`parse`, raising ValueRefused), says it (`describe`), and moves
between JSON and the lists of texts that an HTML form knows (`from_form`, `to_form`). `widget` names the form
control: templates/contacts/segments/values/<widget>.html.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from contacts.segments.errors import ValueRefused

Text = str | Promise
MAX_CHOSEN = 200
MAX_TEXT = 100


class ValueKind:
    """Base of every kind: no value at all."""

    widget = "nothing"

    def parse(self, raw: Any) -> Any:
        """Return the typed value of raw JSON; raises ValueRefused."""
        if raw not in (None, "", []):
            raise ValueRefused(_("This comparison takes no value."))
        return None

    def describe(self, value: Any) -> str:
        """Say a typed value."""
        return ""

    def say(self, value: Any) -> str:
        """Say a typed value without its unit."""
        return self.describe(value)

    def from_form(self, texts: Sequence[str]) -> Any:
        """Return raw JSON from the texts of a form's field."""
        return None

    def to_form(self, raw: Any) -> list[str]:
        """Return the texts a form's field starts with."""
        return []


NOTHING = ValueKind()


@dataclass(frozen=True)
class TextValue(ValueKind):
    """One text of at most MAX_TEXT characters."""

    widget = "text"

    def parse(self, raw: Any) -> str:
        if raw in (None, ""):
            raise ValueRefused(_("Write what to look for."), incomplete=True)
        if not isinstance(raw, str) or len(raw) > MAX_TEXT or "\x00" in raw:
            raise ValueRefused(_("Write at most %(count)s characters.") % {"count": MAX_TEXT})
        return raw.strip()

    def describe(self, value: str) -> str:
        return _("“%(text)s”") % {"text": value}

    def from_form(self, texts: Sequence[str]) -> Any:
        return texts[0].strip() if texts else ""

    def to_form(self, raw: Any) -> list[str]:
        return [raw] if isinstance(raw, str) else []


@dataclass(frozen=True)
class NumberValue(ValueKind):
    """One number between `least` and `most`; `unit` is said after it."""

    least: float
    most: float
    unit: Text = ""
    whole: bool = True

    widget = "number"

    def parse(self, raw: Any) -> int | float:
        if raw in (None, ""):
            raise ValueRefused(_("Write a number."), incomplete=True)
        if isinstance(raw, bool) or not isinstance(raw, int | float) or (self.whole and raw != int(raw)):
            raise ValueRefused(_("“%(value)s” is not a number.") % {"value": str(raw)[:40]})
        if not self.least <= raw <= self.most:
            limits = {"least": formats.number_format(self.least), "most": formats.number_format(self.most)}
            raise ValueRefused(_("Write a number from %(least)s to %(most)s.") % limits)
        return int(raw) if self.whole else raw

    def say(self, value: float) -> str:
        return formats.number_format(value)

    def describe(self, value: float) -> str:
        return f"{self.say(value)} {self.unit}" if self.unit else self.say(value)

    def from_form(self, texts: Sequence[str]) -> Any:
        return read_number(texts[0]) if texts else ""

    def to_form(self, raw: Any) -> list[str]:
        return [] if raw is None else [str(raw)]


@dataclass(frozen=True)
class RangeValue(ValueKind):
    """Two values of one kind, the first no greater than the second; both belong to the range."""

    of: ValueKind

    widget = "range"

    def parse(self, raw: Any) -> tuple[Any, Any]:
        if not isinstance(raw, list) or len(raw) != 2:
            raise ValueRefused(_("Give a beginning and an end."), incomplete=not raw)
        first, last = self.of.parse(raw[0]), self.of.parse(raw[1])
        if first > last:
            raise ValueRefused(_("The beginning comes after the end."))
        return first, last

    def describe(self, value: tuple[Any, Any]) -> str:
        first, last = value
        return _("%(first)s and %(last)s") % {"first": self.of.say(first), "last": self.of.describe(last)}

    def from_form(self, texts: Sequence[str]) -> Any:
        return [self.of.from_form([text]) for text in texts[:2]]

    def to_form(self, raw: Any) -> list[str]:
        return [text for one in raw for text in self.of.to_form(one)] if isinstance(raw, list) else []


@dataclass(frozen=True)
class DateValue(ValueKind):
    """A day, in JSON as "2027-04-11"."""

    widget = "date"

    def parse(self, raw: Any) -> date:
        if raw in (None, ""):
            raise ValueRefused(_("Choose a day."), incomplete=True)
        try:
            return date.fromisoformat(raw)
        except (TypeError, ValueError):
            raise ValueRefused(_("“%(value)s” is not a day.") % {"value": str(raw)[:40]}) from None

    def describe(self, value: date) -> str:
        return formats.date_format(value, "DATE_FORMAT")

    def from_form(self, texts: Sequence[str]) -> Any:
        return texts[0] if texts else ""

    def to_form(self, raw: Any) -> list[str]:
        return [raw] if isinstance(raw, str) else []


@dataclass(frozen=True)
class ChoiceValue(ValueKind):
    """One or several of a few known choices, in JSON a list of their keys."""

    choices: Callable[[], Iterable[tuple[str, Text]]]

    widget = "choice"

    def parse(self, raw: Any) -> tuple[str, ...]:
        chosen = check_list(raw)
        known = dict(self.choices())
        for one in chosen:
            if not isinstance(one, str) or one not in known:
                raise ValueRefused(_("“%(value)s” is not one of the choices.") % {"value": str(one)[:40]})
        return tuple(chosen)

    def describe(self, value: tuple[str, ...]) -> str:
        known = dict(self.choices())
        return one_of([str(known[one]) for one in value])

    def from_form(self, texts: Sequence[str]) -> Any:
        return list(texts)

    def to_form(self, raw: Any) -> list[str]:
        return [str(one) for one in raw] if isinstance(raw, list) else []


@dataclass(frozen=True)
class ReferenceValue(ValueKind):
    """One or several rows of a table, in JSON a list of their ids.

    `find` gives {id: label} of the ids that exist; `suggest` gives (id, label) for what somebody typed, empty
    for the first ones. `only_searched`: there are too many for any first ones.
    """

    find: Callable[[Sequence[int]], Mapping[int, str]]
    suggest: Callable[[str], Iterable[tuple[int, str]]]
    missing: Text
    only_searched: bool = False

    widget = "reference"

    def parse(self, raw: Any) -> tuple[int, ...]:
        chosen = check_list(raw)
        if any(isinstance(one, bool) or not isinstance(one, int) for one in chosen):
            raise ValueRefused(_("Give the numbers of what you chose."))
        known = self.find(chosen)
        for one in chosen:
            if one not in known:
                raise ValueRefused(f"{self.missing} ({one})")
        return tuple(chosen)

    def describe(self, value: tuple[int, ...]) -> str:
        known = self.find(value)
        return one_of([known.get(one, f"#{one}") for one in value])

    def from_form(self, texts: Sequence[str]) -> Any:
        return [int(text) for text in texts if text.isdecimal()]

    def to_form(self, raw: Any) -> list[str]:
        return [str(one) for one in raw] if isinstance(raw, list) else []


def check_list(raw: Any) -> list[Any]:
    """Return a non-empty list of at most MAX_CHOSEN different things."""
    if raw in (None, "", []):
        raise ValueRefused(_("Choose at least one."), incomplete=True)
    if not isinstance(raw, list):
        raise ValueRefused(_("Give a list."))
    if len(raw) > MAX_CHOSEN:
        raise ValueRefused(_("Choose at most %(count)s.") % {"count": MAX_CHOSEN})
    return list(dict.fromkeys(one if isinstance(one, str | int) else str(one) for one in raw))


def read_number(text: str) -> int | float | str:
    """Return the number a person wrote ("1 200", "3,5"), or the text itself when it is none."""
    plain = text.replace(" ", "").replace("\u202f", "").replace("\u00a0", "").replace(",", ".")
    try:
        number = float(plain)
    except ValueError:
        return text
    if number != number or number in (float("inf"), float("-inf")):
        return text
    return int(number) if number == int(number) else number


def one_of(labels: Sequence[str]) -> str:
    """Say a few choices: "Oise, Aisne or Somme"."""
    if len(labels) < 2:
        return "".join(labels)
    return _("%(first)s or %(last)s") % {"first": ", ".join(labels[:-1]), "last": labels[-1]}
