"""What the walls of a territory cost on a million invented people: `make bench ONLY=scope`.

Two benchmarks, each for a scope of one commune, of 17 % of the people and of everybody; the figure is that of
the worst one, so that no good scope hides a bad one. **scope**: the list and the count of people, as the
pages ask for them, by `crm_scoped` behind row-level security; the limit is the same statement with the same
filter by `crm_national`, in front of no wall. **scope_search**: the 95th percentile of searches behind the
wall, a term that matches nothing among them; the limit is the same searches by the whole country.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Count

from campaign_crm.platform.walls import acting_within, contents
from contacts.models import Contact, Territory
from contacts.selectors import search_contacts
from contacts.views.people import shown
from tests.benchmarks.bench_lists import PEOPLE, demonstration, percentile
from tests.benchmarks.harness import Benchmark, size
from tests.environment import TestServers

__all__ = ["demonstration"]
pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]
PAGE = 51  # fifty lines, and whether there are more
TIMES = {"small": 15, "full": 7}  # a statement a round, by turns
TARGET_RATIO, TARGET_MS, SHARE = 1.1, 300, 0.17
TERMS = (
    *("martin", "zzzyx", "camille martin", "martin julie", "le", "m", "jean d", "garanard"),
    *("camille.martin", "06 39", "06 39 98 12 34", "beauvais", "nobody@example.net"),
)
Rows = list[tuple[Any, ...]]


def scopes() -> dict[str, frozenset[int]]:
    """One commune, departments that hold 17 % of the people, and every region."""
    in_communes = dict(
        Contact.objects.exclude(commune=None).values_list("commune").annotate(Count("pk")).order_by()
    )
    everybody = sum(in_communes.values())
    chosen: set[int] = set()
    share = 0
    for department in Territory.objects.filter(kind="department").order_by("code"):
        inside = contents(frozenset({department.pk}))
        own = sum(number for commune, number in in_communes.items() if commune in inside)
        if share + own <= everybody * SHARE * 1.02:
            chosen.add(department.pk)
            share += own
    regions = Territory.objects.filter(kind="region").values_list("pk", flat=True)
    beauvais = Territory.objects.get(kind="commune", code="60057")
    return {
        "one commune": frozenset({beauvais.pk}),
        f"{share / everybody:.0%}": frozenset(chosen),
        "all": frozenset(regions),
    }


def statements(scope: frozenset[int]) -> dict[str, tuple[str, Any]]:
    """The list and the count as the first wall writes them: the filter that both sides have."""
    with acting_within(scope):
        people = Contact.objects.visible()
        return {
            "list": shown(people).order_by("-pk")[:PAGE].query.sql_with_params(),
            "count": people.order_by().values_list(Count("pk")).query.sql_with_params(),
        }


@contextmanager
def as_role(role: str, scope: frozenset[int]) -> Iterator[Any]:
    """A cursor of a role; both have the scope in their settings, which the filter reads."""
    with acting_within(scope), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")
        yield cursor
        cursor.execute("SET LOCAL ROLE crm_scoped")


def timed(cursor: Any, statement: tuple[str, Any]) -> tuple[float, Rows]:
    begun = perf_counter()
    cursor.execute(*statement)
    rows = cursor.fetchall()
    return (perf_counter() - begun) * 1000, rows


def test_lists_and_counts(demonstration: TestServers) -> None:
    asked = {
        (scope_name, name): (scope, statement)
        for scope_name, scope in scopes().items()
        for name, statement in statements(scope).items()
    }
    taken: dict[tuple[str, str], dict[str, list[float]]] = {
        key: {"crm_scoped": [], "crm_national": []} for key in asked
    }
    for scope, statement in asked.values():
        with as_role("crm_scoped", scope) as cursor:
            seen = timed(cursor, statement)[1]
        with as_role("crm_national", scope) as cursor:
            assert timed(cursor, statement)[1] == seen
        assert seen
    bench = Benchmark(
        name="scope",
        unit="ms",
        limit_is="the same statements with the same filter, by the role of the whole country",
        better="lower",
        target=f"list and count at most {TARGET_RATIO} times, in each scope",
        settings={"people": PEOPLE[size()], "times_a_round": TIMES[size()]},
    )

    worst: dict[int, dict[str, float]] = {}

    def worst_of(number: int) -> dict[str, float]:
        """What the statement with the worst ratio of this round took: medians by role, asked in turn."""
        if number not in worst:
            medians: list[dict[str, float]] = []
            for key, (scope, statement) in asked.items():
                medians.append({})
                for role in sorted(taken[key], reverse=bool(number % 2)):
                    with as_role(role, scope) as cursor:
                        times = [timed(cursor, statement)[0] for _time in range(TIMES[size()])]
                    taken[key][role] += times
                    medians[-1][role] = statistics.median(times)
            worst[number] = max(medians, key=lambda one: one["crm_scoped"] / one["crm_national"])
        return worst[number]

    bench.run(
        figure=lambda number: worst_of(number)["crm_scoped"],
        limit=lambda number: worst_of(number)["crm_national"],
    )
    bench.detail = {
        f"{name}, {scope_name}": {
            "scoped_ms": round(statistics.median(times["crm_scoped"]), 2),
            "national_ms": round(statistics.median(times["crm_national"]), 2),
            "ratio": round(
                statistics.median(times["crm_scoped"]) / statistics.median(times["crm_national"]), 3
            ),
        }
        for (scope_name, name), times in taken.items()
    }
    bench.write()
    for name, row in bench.detail.items():
        if isinstance(row, dict):
            print(f"  {name}: {row['scoped_ms']} ms, national {row['national_ms']} ms, ratio {row['ratio']}")


def test_searches(demonstration: TestServers) -> None:
    found = scopes()
    bench = Benchmark(
        name="scope_search",
        unit="ms",
        limit_is="95th percentile of the same searches in the whole country",
        better="lower",
        target=f"p95 under {TARGET_MS} ms in each scope, a term that matches nothing among them",
        settings={"people": PEOPLE[size()], "terms": len(TERMS)},
    )
    all_times: dict[str, list[float]] = {name: [] for name in (*found, "whole country")}
    with acting_within(found["one commune"]):
        inside = contents(found["one commune"])
        for person in search_contacts("martin"):
            assert person.commune_id in inside or person.votes_in_id in inside
        assert search_contacts("zzzyx") == []
    bench.run(
        figure=lambda _round: max(
            percentile(ask(scope, all_times[name]), 95) for name, scope in found.items()
        ),
        limit=lambda _round: percentile(ask(None, all_times["whole country"]), 95),
    )
    bench.detail = {
        name: {"p95_ms": round(percentile(times, 95), 1), "median_ms": round(statistics.median(times), 1)}
        for name, times in all_times.items()
    }
    bench.write()
    for name, row in bench.detail.items():
        if isinstance(row, dict):
            print(f"  {name}: p95 {row['p95_ms']} ms, median {row['median_ms']} ms")


def ask(scope: frozenset[int] | None, kept: list[float]) -> list[float]:
    """Search each term once, as the page does, and keep how long it took."""
    times = []
    with acting_within(scope):
        for term in TERMS:
            times.append(duration(lambda: search_contacts(term)))  # noqa: B023 - called at once
    kept += times
    return times


def duration(act: Callable[[], object]) -> float:
    begun = perf_counter()
    act()
    return (perf_counter() - begun) * 1000
