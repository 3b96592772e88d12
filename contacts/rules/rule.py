"""What a rule of law is: a question with its source, and what is asked of a mailing before it leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from contacts.enums import Channel, LawfulBasis, MessageKind, Severity, SourceKind


class Held(StrEnum):
    """Where the engine holds a rule."""

    AUDIENCE = "audience"  # who is written to at all: counted before, frozen, and asked again
    HAND_OVER = "hand_over"  # each message, at the last moment
    PLAN = "plan"  # the mailing, on the page before sending
    CONTENT = "content"  # what the engine puts into every message
    BASE = "base"  # what may be kept of people


@dataclass(frozen=True)
class Planned:
    """A mailing as the rules see it before it leaves.

    `leaves_at` is aware; `text` is its plain text, subject included; `votes_on`: the voting days to come of
    elections that concern it; `counted_by_basis`: how many of its audience each basis alone opens, asked only
    by the rules that need it; `source_kind`: of the whole source it goes to, else empty.
    """

    channel: Channel
    kind: MessageKind
    leaves_at: datetime
    text: str = ""
    votes_on: tuple[date, ...] = ()
    source_kind: SourceKind | None = None
    opt_out_file_is_missing: Callable[[], bool] = lambda: False
    counted_by_basis: Callable[[LawfulBasis], int] = lambda _basis: 0


@dataclass(frozen=True)
class Figure:
    """A number that a rule leaves to the installation, such as the hour after which nobody is called."""

    label: Any
    default: int
    least: int
    most: int


@dataclass(frozen=True)
class Rule:
    """One rule. Texts are lazy translations, `source` is the legal text as lawyers cite it.

    `question` is what is asked of every message; `refusal` is what staff read when the answer is no. `broken`
    tells whether a planned mailing breaks it; rules held elsewhere have none. `held_by` names what holds it,
    as "module:name": a test finds it. `default` is the severity that the rulebook ships; a `fixed` rule keeps
    it: without it the product would not be lawful anywhere.
    """

    key: str
    source: str
    question: Any
    refusal: Any
    held: Held
    default: Severity = Severity.BLOCK
    fixed: bool = False
    broken: Callable[[Planned], bool] | None = None
    figure: Figure | None = None
    held_by: str = ""

    @property
    def severities(self) -> tuple[Severity, ...]:
        """What it may be set to. A warning is for somebody who reads it: rules that are asked of each message
        as it leaves, or of each person who is counted, refuse or are not asked."""
        if self.fixed:
            return (self.default,)
        return tuple(Severity) if self.broken is not None else (Severity.BLOCK, Severity.OFF)


@dataclass(frozen=True)
class Finding:
    """A rule that a planned mailing breaks, and whether that keeps it from leaving."""

    rule: Rule
    severity: Severity

    @property
    def refuses(self) -> bool:
        return self.severity == Severity.BLOCK

    @property
    def said(self) -> str:
        return str(self.rule.refusal)
