"""How old adults are: the population of France by age group, in thousands, women and men.

After INSEE's population estimate of 1 January 2025 (whole of France), rounded. The age groups of 75 and more
thin out with the years.
"""

from __future__ import annotations

from datetime import date
from itertools import accumulate

# First age of the group, women, men.
GROUPS = (
    (18, 830, 870),
    (20, 1960, 2060),
    (25, 1910, 1930),
    (30, 2050, 1960),
    (35, 2160, 2030),
    (40, 2210, 2120),
    (45, 2080, 2020),
    (50, 2270, 2200),
    (55, 2280, 2180),
    (60, 2240, 2060),
    (65, 2090, 1850),
    (70, 2000, 1720),
    (75, 1650, 1360),
    (80, 1160, 840),
    (85, 840, 500),
    (90, 480, 210),
    (95, 150, 40),
)
OLDEST = 99


def ages(women: bool) -> tuple[list[int], list[float]]:
    """Ages and their cumulated weights."""
    found, weights = [], []
    for index, (first, female, male) in enumerate(GROUPS):
        following = GROUPS[index + 1][0] if index + 1 < len(GROUPS) else OLDEST + 1
        people = female if women else male
        for age in range(first, following):
            found.append(age)
            weights.append(people / (following - first))
    return found, list(accumulate(weights))


def share_of_women() -> float:
    women = sum(group[1] for group in GROUPS)
    return women / (women + sum(group[2] for group in GROUPS))


def birth_years(today: date, *, women: bool) -> tuple[list[int], list[float]]:
    """Years of birth and their cumulated weights."""
    found, weights = ages(women)
    return [today.year - age for age in found], weights
