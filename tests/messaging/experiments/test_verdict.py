"""What figures say: who wins, who is withheld; and how often the method is wrong, over simulated sends."""

from __future__ import annotations

import random
from fractions import Fraction
from math import comb, log

import pytest

from messaging.experiments.exact import chance_of_more, smallest_difference
from messaging.experiments.figures import VersionFigures
from messaging.experiments.verdict import Trouble, Verdict, judge, least_shown
from messaging.models.experiment import IfNone, Outcome

SENDS = 200
REACHED, SHARE = 2_000, 0.04  # people a version of a simulated send, and how many of them click


def version(
    number: int, goal: int, *, reached: int = 1_000, unsubscribed: int = 0, complained: int = 0
) -> VersionFigures:
    return VersionFigures(number, reached, reached, goal, unsubscribed, complained)


def judged(*figures: VersionFigures, if_none: str = IfNone.FIRST) -> Verdict:
    return judge(figures, if_none=if_none)


@pytest.mark.parametrize(
    ("hits", "of", "other_hits", "of_others"), [(3, 10, 0, 12), (9, 40, 3, 50), (12, 15, 6, 14), (1, 3, 0, 3)]
)
def test_the_exact_test_is_exact(hits: int, of: int, other_hits: int, of_others: int) -> None:
    marked = hits + other_hits
    ways = sum(
        comb(of, some) * comb(of_others, marked - some)
        for some in range(hits, min(of, marked) + 1)
        if marked - some <= of_others
    )
    exact = float(Fraction(ways, comb(of + of_others, marked)))
    assert chance_of_more(hits, of, other_hits, of_others) == pytest.approx(exact, rel=1e-9)


def test_who_does_not_do_better_is_never_called_better() -> None:
    assert chance_of_more(5, 100, 5, 100) == 1.0
    assert chance_of_more(4, 100, 5, 100) == 1.0
    assert chance_of_more(0, 0, 0, 100) == 1.0


def test_large_mailings_are_judged_as_well() -> None:
    assert 0.4 < chance_of_more(30_001, 1_000_000, 30_000, 1_000_000) < 0.6
    assert chance_of_more(31_000, 1_000_000, 30_000, 1_000_000) < 1e-4


def test_the_version_that_beats_every_other_wins() -> None:
    assert judged(version(0, 30), version(1, 33), version(2, 80)) == Verdict(Outcome.WINNER, 2, 2)


def test_one_of_two_that_are_alike_does_not_win() -> None:
    assert judged(version(0, 20), version(1, 80), version(2, 83)) == Verdict(Outcome.NONE, None, 0)
    nobody = Verdict(Outcome.NONE, None, None)
    assert judged(version(0, 20), version(1, 80), version(2, 83), if_none=IfNone.WAIT) == nobody


def test_figures_without_anybody_name_nobody() -> None:
    assert judged(version(0, 0, reached=0), version(1, 0, reached=0)).outcome == Outcome.NONE
    assert judged(version(0, 0, reached=0), version(1, 50)).outcome == Outcome.NONE
    assert judged(version(0, 50)).outcome == Outcome.NONE


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_winner_whose_readers_leave_or_complain_is_withheld(trouble: Trouble) -> None:
    found = judged(version(0, 30), version(1, 80, **{trouble.value: 9}))
    assert found == Verdict(Outcome.WITHHELD, 1, 1, trouble)


def test_a_few_events_or_as_many_as_elsewhere_withhold_nothing() -> None:
    assert judged(version(0, 30), version(1, 80, unsubscribed=4)).outcome == Outcome.WINNER
    alike = judged(version(0, 30, unsubscribed=20), version(1, 80, unsubscribed=24))
    assert alike.outcome == Outcome.WINNER


def test_the_first_version_is_withheld_as_well_where_it_would_leave_by_itself() -> None:
    harmful, other = version(0, 30, unsubscribed=20), version(1, 33, unsubscribed=2)
    assert judged(harmful, other) == Verdict(Outcome.WITHHELD, None, 0, Trouble.UNSUBSCRIBED)
    assert judged(harmful, other, if_none=IfNone.WAIT).outcome == Outcome.NONE


def clicks(chance: random.Random, of: int, share: float) -> int:
    """One draw of the binomial distribution, by the gaps between hits."""
    hits, at = 0, 0
    while True:
        at += int(log(1 - chance.random()) / log(1 - share)) + 1
        if at > of:
            return hits
        hits += 1


def simulated(shares: list[float], *, seed: int, sends: int = SENDS) -> list[float]:
    """How often each version won, of simulated sends."""
    chance = random.Random(seed)
    won = [0] * len(shares)
    for _send in range(sends):
        figures = [
            version(number, clicks(chance, REACHED, share), reached=REACHED)
            for number, share in enumerate(shares)
        ]
        found = judged(*figures)
        if found.winner is not None:
            won[found.winner] += 1
    return [times / sends for times in won]


@pytest.mark.parametrize("versions", [2, 3, 5])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_of_200_sends_with_nothing_in_them_at_most_5_percent_name_a_winner(versions: int, seed: int) -> None:
    won = simulated([SHARE] * versions, seed=seed)
    print(f"{versions} versions, seed {seed}: {sum(won):.1%} name a winner")
    assert sum(won) <= 0.05


@pytest.mark.parametrize("versions", [3, 5])
def test_of_two_best_that_are_alike_one_is_named_at_most_5_percent_of_the_time(versions: int) -> None:
    better = SHARE + least_shown(REACHED, SHARE, versions=versions)
    assert sum(simulated([better, better, *[SHARE] * (versions - 2)], seed=1)) <= 0.05


@pytest.mark.parametrize("versions", [2, 3, 5])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_of_200_sends_with_the_promised_lead_at_least_80_percent_find_it(versions: int, seed: int) -> None:
    lead = least_shown(REACHED, SHARE, versions=versions)
    *others, best = simulated([*[SHARE] * (versions - 1), SHARE + lead], seed=seed)
    print(f"{versions} versions, {SHARE:.1%} against {SHARE + lead:.1%}, seed {seed}: {best:.1%} find it")
    assert best >= 0.80
    assert sum(others) == 0


def test_more_people_show_smaller_differences_and_few_show_none() -> None:
    shown = [least_shown(reached, SHARE, versions=2) for reached in (200, 2_000, 20_000, 200_000)]
    assert shown == sorted(shown, reverse=True)
    assert shown[-1] < 0.004
    assert least_shown(2_000, SHARE, versions=5) > least_shown(2_000, SHARE, versions=2)
    assert smallest_difference(1, SHARE, level=0.02, power=0.8) == 1 - SHARE
    assert smallest_difference(0, SHARE, level=0.02, power=0.8) == 1 - SHARE
