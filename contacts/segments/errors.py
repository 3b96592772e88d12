"""What is wrong with a tree of conditions, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contacts.errors import ContactsError


@dataclass(frozen=True)
class Problem:
    """One fault: `path` is its place, such as `all[1].any[0]`; `incomplete`: something is only missing."""

    path: str
    message: str
    incomplete: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class SegmentInvalid(ContactsError):
    """A tree of conditions cannot be read; every fault is listed with its place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class ValueRefused(ValueError):
    """A condition's value is not one that its operator takes; the message is for people."""

    def __init__(self, message: str, *, incomplete: bool = False) -> None:
        self.incomplete = incomplete
        super().__init__(message)


class AudienceRefused(ContactsError):
    """The audience does not exist, or may not be written to in this way; `rule` where one of law refuses."""

    def __init__(self, message: str, *, rule: str = "") -> None:
        self.rule = rule
        super().__init__(message)
