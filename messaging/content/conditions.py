"""Blocks for some readers only, without leaving anybody out.

A condition is `{"languages": ["fr"], "genders": ["F", ""], "departments": ["60"], "regions": ["32"],
"segment": 12, "event": true}`: every question asked must be answered yes, by any of its values; departments
and regions are one question. Choosing by place, or by a criterion of a segment, needs the person's agreement
to targeting: without it the person reads the block's alternative (`otherwise`), which such a condition must
therefore have. One segment is enough: it can name others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeGuard

from django.utils.translation import gettext as _

DEPARTMENT = re.compile(r"0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-8]|98[46-9]")
REGION = re.compile(r"0[1-6]|11|24|27|28|32|44|52|53|75|76|84|93|94")
LANGUAGES = ("fr", "en")
GENDERS = ("F", "M", "")
_LISTS = ("languages", "genders", "departments", "regions")
SEGMENT = "segment_"
"""segment_12: true for whoever is in segment 12 (`messaging.services.reader_segments`)."""
LARGEST_NUMBER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Condition:
    """Who a block is for; empty tuples, None and False ask nothing."""

    languages: tuple[str, ...] = ()
    genders: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    event: bool = False
    segment: int | None = None

    @property
    def is_by_place(self) -> bool:
        return bool(self.departments or self.regions)

    @property
    def needs_alternative(self) -> bool:
        """It asks about people, not about what they read in: nobody may be left out."""
        return self.is_by_place or self.segment is not None

    @property
    def liquid(self) -> str:
        """The test of an `{% if … %}`; empty when it asks nothing.

        Liquid has no parentheses and reads from the right: the only "or" group therefore comes last, and
        "one of" is written as "none of the others".
        """
        tests = []
        if self.event:
            tests.append("event_title")
        if self.segment is not None:
            tests.append(f"{SEGMENT}{self.segment}")
        tests += _none_of_the_others("language", LANGUAGES, self.languages)
        tests += _none_of_the_others("gender", GENDERS, self.genders)
        places = [f'department_code == "{code}"' for code in self.departments]
        places += [f'region_code == "{code}"' for code in self.regions]
        if places:
            tests.append(" or ".join(places))
        return " and ".join(tests)

    def as_json(self) -> dict[str, object]:
        found: dict[str, object] = {name: list(getattr(self, name)) for name in _LISTS if getattr(self, name)}
        if self.segment is not None:
            found["segment"] = self.segment
        return found | {"event": True} if self.event else found


def read_condition(data: object) -> tuple[Condition | None, list[str]]:
    """A condition from JSON and what is wrong with it; (None, []) when there is none."""
    if not data:
        return None, []
    if not isinstance(data, Mapping):
        return None, [_("“Only for” must be an object.")]
    faults = []
    if unknown := sorted(set(data) - {*_LISTS, "segment", "event"}):
        faults.append(_("“Only for” does not know %(names)s.") % {"names": ", ".join(map(str, unknown))})
    values: dict[str, tuple[str, ...]] = {}
    for name in _LISTS:
        given = data.get(name) or []
        if not isinstance(given, list) or any(not _allowed(name, value) for value in given):
            faults.append(_("“Only for”: %(name)s has a value that does not exist.") % {"name": name})
            continue
        values[name] = tuple(dict.fromkeys(given))
    segment = data.get("segment")
    if segment is not None and not _is_number(segment):
        faults.append(_("“Only for”: %(name)s has a value that does not exist.") % {"name": "segment"})
        segment = None
    condition = Condition(event=bool(data.get("event")), segment=segment, **values)
    return (condition if condition.liquid else None), faults


def segments_in(document: object) -> frozenset[int]:
    """Numbers of the segments that a document's blocks ask about, whatever else is wrong with it."""
    blocks = document if isinstance(document, list) else []
    asked = (block.get("only_if") for block in blocks if isinstance(block, Mapping))
    numbers = (one.get("segment") for one in asked if isinstance(one, Mapping))
    return frozenset(number for number in numbers if _is_number(number))


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_NUMBER


def _allowed(name: str, value: object) -> bool:
    if not isinstance(value, str):
        return False
    match name:
        case "languages":
            return value in LANGUAGES
        case "genders":
            return value in GENDERS
        case "departments":
            return DEPARTMENT.fullmatch(value) is not None
        case _:
            return REGION.fullmatch(value) is not None


def _none_of_the_others(name: str, every: tuple[str, ...], chosen: tuple[str, ...]) -> list[str]:
    if not chosen:
        return []
    others = [value for value in every if value not in chosen]
    return [f"{name} != " + (f'"{value}"' if value else "nil") for value in others]
