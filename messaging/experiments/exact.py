"""Fisher's exact test of two shares, and what difference it can show; in plain Python.

Fisher, The Design of Experiments (1935). Exact for any number of people, so that nothing has to be said of
small counts; it errs on the side of seeing nothing.
"""

from __future__ import annotations

from math import exp, lgamma, sqrt
from statistics import NormalDist

NEGLIGIBLE = 1e-17
STEPS = 60  # halvings: far below one person

_NORMAL = NormalDist()


def chance_of_more(hits: int, of: int, other_hits: int, of_others: int) -> float:
    """How often chance alone gives one group at least so many `hits`, were both alike; from 0 to 1.

    One-sided: 1 where its share is not the larger one.
    """
    if not of or not of_others or hits * of_others <= other_hits * of:
        return 1.0
    total, marked = of + of_others, hits + other_hits
    term = exp(_log_choose(of, hits) + _log_choose(of_others, other_hits) - _log_choose(total, marked))
    chance = 0.0
    while term > chance * NEGLIGIBLE and hits <= min(of, marked):
        chance += term
        term *= (marked - hits) / (hits + 1) * (of - hits) / (total - marked - of + hits + 1)
        hits += 1
    return min(1.0, chance)


def smallest_difference(of: int, share: float, *, level: float, power: float) -> float:
    """The smallest increase of `share` that two groups of `of` people show with this `power`, from 0 to 1.

    `level`: one-sided. Fleiss, Tytun and Ury (1980), with their correction, which follows the exact test; the
    whole rest up to 1 where even that would not be seen.
    """
    low, high = 0.0, 1.0 - share
    if not of or not _is_seen(of, share, high, level, power):
        return high
    for _step in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if _is_seen(of, share, middle, level, power) else (middle, high)
    return high


def _is_seen(of: int, share: float, more: float, level: float, power: float) -> bool:
    other = share + more
    mean = (share + other) / 2
    by_chance = _NORMAL.inv_cdf(1 - level) * sqrt(2 * mean * (1 - mean) / of)
    missed = _NORMAL.inv_cdf(power) * sqrt((share * (1 - share) + other * (1 - other)) / of)
    return more - 1 / of >= by_chance + missed


def _log_choose(of: int, some: int) -> float:
    return lgamma(of + 1) - lgamma(some + 1) - lgamma(of - some + 1)
