"""What the figures of a test say; the method is in `docs/decisions/0006-tests-of-versions.md`.

A version wins that does better than each of the others, beyond what chance does three times in a hundred.
It is withheld when surely more of its readers leave, or report it as spam, than those of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from messaging.experiments.exact import chance_of_more, smallest_difference
from messaging.experiments.figures import VersionFigures
from messaging.models import Experiment
from messaging.models.experiment import IfNone, Outcome

LEVEL = 0.03
"""How often, at most, a version is called better although the best are alike; half of it on either side.
Three in a hundred, so that of two hundred tests with nothing in them hardly ever one in twenty names one."""

HARM_LEVEL = 0.025
"""How often chance alone withholds a version for one trouble: of two troubles, one time in twenty."""

LEAST_EVENTS = 5
"""People who left, or who complained, before anything is said of them."""

POWER = 0.80
"""How often, at least, the difference that is promised before sending is found."""

MARGIN = 0.08
"""So much more than promised is reckoned with: counts come out unevenly, and some messages come back."""


class Trouble(StrEnum):
    """What too many readers of a version did; the name of the figure that counts it."""

    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"


@dataclass(frozen=True)
class Verdict:
    """`winner`: who did better than each other. `leaving`: the version that the others would get, if any.
    `trouble`: why it is withheld."""

    outcome: Outcome
    winner: int | None = None
    leaving: int | None = None
    trouble: Trouble | None = None


def judge(figures: Sequence[VersionFigures], *, if_none: str) -> Verdict:
    """The verdict on all versions of a test, two or more."""
    winner = _winner(figures)
    leaving = winner
    if winner is None and if_none == IfNone.FIRST:
        leaving = next(one for one in figures if one.number == 0)
    trouble = trouble_of(leaving, figures) if leaving is not None else None
    outcome = Outcome.WINNER if winner is not None else Outcome.NONE
    return Verdict(
        outcome if trouble is None else Outcome.WITHHELD,
        winner.number if winner is not None else None,
        leaving.number if leaving is not None else None,
        trouble,
    )


def verdict_of(test: Experiment) -> Verdict:
    """The verdict again, from the figures that were kept."""
    return judge([VersionFigures(**kept) for kept in test.figures], if_none=test.if_none)


def trouble_of(one: VersionFigures, figures: Sequence[VersionFigures]) -> Trouble | None:
    """What surely more readers of this version did than those of all the others together."""
    others = [other for other in figures if other.number != one.number]
    for trouble in Trouble:
        events = getattr(one, trouble)
        elsewhere = sum(getattr(other, trouble) for other in others)
        reached = sum(other.reached for other in others)
        if events >= LEAST_EVENTS and chance_of_more(events, one.reached, elsewhere, reached) <= HARM_LEVEL:
            return trouble
    return None


def least_shown(reached: int, share: float, *, versions: int) -> float:
    """The smallest lead over `share` that a test of so many versions finds with the promised power.

    `reached`: people a version. One who leads must do so over every other: the more there are, the larger.
    """
    missed = (1 - POWER - MARGIN) / (versions - 1)
    return smallest_difference(reached, share, level=LEVEL / 2, power=1 - missed)


def _winner(figures: Sequence[VersionFigures]) -> VersionFigures | None:
    best = max(figures, key=lambda one: one.share)
    others = [other for other in figures if other.number != best.number]
    return best if others and all(_beats(best, other) for other in others) else None


def _beats(one: VersionFigures, other: VersionFigures) -> bool:
    return chance_of_more(one.goal, one.reached, other.goal, other.reached) <= LEVEL / 2
