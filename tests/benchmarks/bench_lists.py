"""How fast lists and searches answer on a million invented people, against their own SQL.

`make bench ONLY=lists`. The figure is the 95th percentile of the server time of the mix below: each request
goes through the whole WSGI application, middleware and session included, as a signed-in member of the team,
its answer read to the last byte. The limit is the 95th percentile of the same statements with the same
parameters, caught from these requests and replayed through psycopg2. Views, replay and PostgreSQL share the
same cores; one request at a time.
"""

from __future__ import annotations

import hashlib
import json
import re
import statistics
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import psycopg2
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from campaign_crm.platform.models import User
from campaign_crm.platform.paging import PAGE
from contacts.folding import fold
from contacts.models import Contact, Segment, Territory
from contacts.territories.loading import load_territories
from tests.benchmarks.harness import Benchmark, size
from tests.benchmarks.support.requests import Asked, Browser, Replay, Statement
from tests.databases import use_data_set
from tests.environment import TestServers

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]

PEOPLE = {"small": 50_000, "full": 1_000_000}
SEED, TODAY = 1, date(2026, 11, 20)
TIMES_A_ROUND = 3  # each request of the mix, so that one slow moment is not the percentile
TARGET_MS, TARGET_RATIO = 300, 4
PROJECT = Path(__file__).resolve().parents[2]
BUILDER = (PROJECT / "campaign_crm" / "shell" / "demo", PROJECT / "contacts" / "invented")


def people(typed: str = "", **filters: object) -> str:
    """The list of people, searched or filtered."""
    asked = {"q": typed, **filters}
    query = "&".join(f"{name}={quote_plus(str(value))}" for name, value in asked.items() if value != "")
    return f"/people/?{query}" if query else "/people/"


def department(code: str) -> int:
    return Territory.objects.values_list("pk", flat=True).get(kind="department", code=code)


def mix() -> dict[str, Asked]:
    """Every request of the benchmark by its name."""
    whole = {name: Asked(address) for name, address in pages().items()}
    return whole | {name: Asked(address, fragment=True) for name, address in fragments().items()}


def fragments() -> dict[str, str]:
    """Parts of pages, as they are asked for while somebody types or looks."""
    return {
        "rows of a frequent name, as typed": people("martin"),
        "rows of nobody, as typed": people("zzzyx"),
        "the palette, a frequent name": "/search/?q=martin",
        "the palette, a page": "/search/?q=sett",
    }


def pages() -> dict[str, str]:
    """The fixed mix: what people do all day, with the rare, the frequent and the absent of each kind."""
    known = Contact.objects.exclude(search_text="").order_by("-pk")
    middle = known.filter(pk__lt=known.first().pk // 2, emailaddress_set__is_primary=True).first()
    segment = Segment.objects.order_by("pk").first()
    assert middle is not None
    assert segment is not None
    return {
        "people, first page": people(),
        "people, a page from the middle": people(before=middle.pk),
        "people who can get an e-mail": people(can="email"),
        "people who can get a text message": people(can="sms"),
        "people who can get a letter": people(can="post"),
        "people who cannot get an e-mail": people(can="none"),
        "people of Paris": people(department=department("75")),
        "people of Lozère": people(department=department("48")),
        "people of the Oise who can get a text message": people(can="sms", department=department("60")),
        "a frequent name": people("martin"),
        "a rare name": people("garanard"),
        "a name with accents": people("Lévêque"),
        "first name and name": people("camille martin"),
        "name and first name": people("martin julie"),
        "one letter": people("m"),
        "two letters": people("le"),
        "a name and a letter": people("jean d"),
        "a phone number with spaces": people("06 39 98 12 34"),
        "the beginning of a phone number": people("06 39"),
        "a whole e-mail address": people(middle.emailaddress_set.get(is_primary=True).address),
        "the beginning of an e-mail address": people("camille.martin"),
        "a commune": people("beauvais"),
        "nobody": people("zzzyx"),
        "a frequent name in Lozère": people("martin", department=department("48")),
        "electors of a frequent name": "/electors/?q=martin",
        "electors by first name and name": "/electors/?q=camille+martin",
        "electors of nobody": "/electors/?q=zzzyx",
        "the page of a person": f"/people/{middle.pk}/",
        "fixed lists": "/lists/",
        "newsletters": "/newsletters/",
        "the do-not-contact list": "/do-not-contact/",
        "the consent ledger": "/consents/",
        "home": "/",
        "mailings": "/mailings/",
        "segments": "/segments/",
        "forms": "/forms/",
        "imports": "/imports/",
        "the API's people": "/api/v1/people/",
        "the API's mailings": "/api/v1/mailings/",
        "the count of a segment": f"/segments/{segment.pk}/count/",
    }


@pytest.fixture
def demonstration(servers: TestServers) -> Iterator[TestServers]:
    """The session's database holds the demonstration, built once for its size and builder."""
    number = PEOPLE[size()]
    use_data_set(servers, f"demo_{number}_{_builder()}", lambda: _build(servers, number))
    yield servers
    connections.close_all()


def test_lists(demonstration: TestServers) -> None:
    member = User.objects.get(email="demo@example.org")
    browser, replay = Browser(member), Replay(demonstration.database_url)
    requests = mix()
    _check_answers(browser, requests)
    statements = {name: _settled_sql(browser, asked) for name, asked in requests.items()}
    bench = Benchmark(
        name="lists",
        unit="ms",
        limit_is="95th percentile of the same statements, with their parameters, replayed through psycopg2",
        better="lower",
        target=f"p95 under {TARGET_MS} ms and at most {TARGET_RATIO} times its SQL",
        settings={"people": PEOPLE[size()], "requests": len(requests), "times_a_round": TIMES_A_ROUND},
    )
    views: dict[str, list[float]] = {name: [] for name in requests}
    sqls: dict[str, list[float]] = {name: [] for name in requests}
    bench.run(
        figure=lambda _number: _round(views, lambda name: _ask(browser, requests[name])),
        limit=lambda _number: _round(sqls, lambda name: replay.run(statements[name])),
    )
    replay.close()
    bench.detail = {"requests": _by_request(statements, views, sqls)}
    result = bench.write()
    _print_slowest(bench.detail["requests"])
    _print_worst(bench.detail["requests"])
    assert set(result["detail"]["requests"]) == set(requests)


def _check_answers(browser: Browser, requests: dict[str, Asked]) -> None:
    """What is timed below is the right answer: the rows are those that a plain query names."""
    people_seen = Contact.objects.visible().order_by("-pk")
    paris = people_seen.filter(commune__code__startswith="75")
    today = timezone.localdate()
    writable = people_seen.filter(
        reach__channel="email", reach__political=True, reach__political_until__gte=today
    )
    for name, expected in (
        ("people, first page", people_seen),
        ("people of Paris", paris),
        ("people who can get an e-mail", writable),
        ("nobody", people_seen.none()),
        ("rows of nobody, as typed", people_seen.none()),
    ):
        assert _people_on(browser.read(requests[name])) == list(expected.values_list("pk", flat=True)[:PAGE])
    for name in ("a frequent name", "rows of a frequent name, as typed"):
        found = Contact.objects.in_bulk(_people_on(browser.read(requests[name])))
        assert found
        assert all("martin" in fold(f"{one.full_name} {one.search_text}") for one in found.values())
    assert len(_people_on(browser.read(requests["a whole e-mail address"]))) >= 1
    answer = json.loads(browser.read(requests["the API's people"]))
    assert [one["id"] for one in answer["results"]] == list(people_seen.values_list("pk", flat=True)[:PAGE])


def _people_on(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'name="person" value="(\d+)"', page)]


def _settled_sql(browser: Browser, asked: Asked) -> list[Statement]:
    """The statements of a page asked before: what is remembered for a minute is remembered."""
    _ask(browser, asked)
    _forget_count(asked.address)
    return browser.sql_of(asked)


def _ask(browser: Browser, asked: Asked) -> float:
    _forget_count(asked.address)
    return browser.get(asked)


def _forget_count(address: str) -> None:
    """The count of a segment is remembered for minutes; here it is made anew each time."""
    found = re.fullmatch(r"/segments/(\d+)/count/", address)
    if found:
        segment = Segment.objects.get(pk=int(found[1]))
        cache.delete(f"segment-count:{segment.pk}:{segment.version}")


def _round(taken: dict[str, list[float]], ask: Callable[[str], float]) -> float:
    """Ask the whole mix, and give the 95th percentile of this round in milliseconds."""
    times = []
    for _time in range(TIMES_A_ROUND):
        for name, all_times in taken.items():
            times.append(ask(name))
            all_times.append(times[-1])
    return percentile(times, 95)


def percentile(values: list[float], rank: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[rank - 1]


def _by_request(
    statements: dict[str, list[Statement]], views: dict[str, list[float]], sqls: dict[str, list[float]]
) -> dict[str, dict[str, Any]]:
    found = {}
    for name, taken in views.items():
        view, sql = statistics.median(taken), statistics.median(sqls[name])
        found[name] = {
            "median_ms": round(view, 1),
            "p95_ms": round(percentile(taken, 95), 1),
            "sql_median_ms": round(sql, 1),
            "ratio": round(view / sql, 2),
            "statements": len(statements[name]),
        }
    return found


def _print_slowest(requests: dict[str, dict[str, Any]], most: int = 8) -> None:
    for name, row in sorted(requests.items(), key=lambda item: -item[1]["p95_ms"])[:most]:
        print(
            f"  {name}: p95 {row['p95_ms']:.0f} ms, median {row['median_ms']:.0f} ms"
            f" (SQL {row['sql_median_ms']:.0f} ms)"
        )


def _print_worst(requests: dict[str, dict[str, Any]]) -> None:
    """The one that is slowest beside its own SQL, which the percentile of the mix may hide."""
    name, row = max(requests.items(), key=lambda item: item[1]["ratio"])
    print(f"  worst beside its SQL: {name}, {row['ratio']:.1f} times ({row['statements']} statements)")


def _builder() -> str:
    """Changes with whatever the invented people are made by."""
    digest = hashlib.sha256(TODAY.isoformat().encode())
    for folder in BUILDER:
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".py", ".sql"}:
                digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def _build(servers: TestServers, number: int) -> None:
    load_territories()
    call_command("prepare_installation")
    call_command("seed_demo", contacts=number, seed=SEED, today=TODAY, password="a benchmark only")
    connections.close_all()
    # What autovacuum has done on an installation that is a few minutes old.
    with closing(psycopg2.connect(servers.owner_url)) as owner:
        owner.autocommit = True
        with owner.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")
