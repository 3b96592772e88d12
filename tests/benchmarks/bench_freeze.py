"""How fast an audience becomes rows of the ledger, against the bare query written to an unlogged table.

`make bench ONLY=freeze`. The figure runs from the state "freezing" to the state "sending": one snapshot in
one transaction, then logged, indexed and checked rows in chunks, the planner's statistics included. The limit
is the very query of the snapshot as `CREATE UNLOGGED TABLE AS`, without an index. Beside it: how long after
its release the first message of the mailing arrives at the server.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model

from contacts.models import Contact, ContactSource, EmailAddress, Reach
from contacts.services.projections import refresh_all
from messaging.dispatch import lifecycle
from messaging.dispatch.pump import Pump
from messaging.dispatch.verify import verify_ledger
from messaging.models import Campaign, SenderIdentity
from messaging.services.campaigns import send_now
from tests.benchmarks.harness import Benchmark, size
from tests.databases import use_data_set
from tests.environment import TestServers
from tests.messaging.people import make_account, make_campaign, make_officer, make_people, make_sender
from tests.support.smtp_sink import SmtpSink

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]

PEOPLE = {"small": 50_000, "full": 1_000_000}
ROUNDS = 3
FIRST_SECONDS = 5.0  # of sending, in each round


def _fill() -> None:
    """One person as the product makes them, and others like them."""
    (first,) = make_people(1)
    others = PEOPLE[size()] - 1
    address = "'person' || n || '@example.com'"
    hashed = "sha256(('person' || n)::bytea)"
    _repeat(Contact, others, "t.id = %(first)s", first.pk, id="n")
    _repeat(ContactSource, others, "t.contact_id = %(first)s", first.pk, contact_id="n")
    _repeat(
        EmailAddress,
        others,
        "t.contact_id = %(first)s",
        first.pk,
        contact_id="n",
        address=address,
        normalised=address,
        address_hash=hashed,
    )
    refresh_all()
    with connection.cursor() as cursor:
        tables = [model._meta.db_table for model in (Contact, Reach, EmailAddress, ContactSource)]
        cursor.execute("SELECT crm_analyze(name) FROM unnest(%s) AS name", [tables])
    connection.close()


def _repeat(model: type[Model], times: int, which: str, first: int, **changed: str) -> None:
    """Insert copies of one row, its columns but those that the database fills, with some changed."""
    columns = [
        field.column
        for field in model._meta.concrete_fields
        if field.column in changed or not (field.primary_key or field.has_db_default() or field.generated)
    ]
    values = ", ".join(changed.get(column, f"t.{column}") for column in columns)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} t"
            f" CROSS JOIN generate_series(%(first)s + 1, %(first)s + %(times)s) n WHERE {which}",
            {"first": first, "times": times},
        )


@pytest.fixture
def million(servers: TestServers) -> Iterator[None]:
    connection.close()
    use_data_set(servers, f"freeze_{PEOPLE[size()]}", _fill)
    yield
    connection.close()


@pytest.mark.usefixtures("million")
def test_freeze() -> None:
    people = PEOPLE[size()]
    bench = Benchmark(
        name="freeze",
        unit="seconds",
        limit_is="the same query as an unindexed CREATE UNLOGGED TABLE AS",
        better="lower",
        target="at most 4 times the limit (aim: under 20 seconds); first message within 5 seconds",
        settings={"people": people},
    )
    asked: list[tuple[str, Any]] = []
    firsts: list[float] = []
    with SmtpSink() as sink:
        account = make_account(sink.port, connections=2, messages_per_connection=100_000)
        sender = make_sender(account)

        def figure(_number: int) -> float:
            seconds, campaign = _freeze(sender, asked)
            firsts.append(_first_message(sink))
            _forget(campaign, people)
            return seconds

        def limit(_number: int) -> float:
            if not asked:  # the query is known once a mailing was frozen
                _forget(_freeze(sender, asked)[1], people)
            return _bare(*asked[0])

        bench.run(figure=figure, limit=limit, rounds=ROUNDS)
    bench.detail = {"first_message_seconds": [round(seconds, 3) for seconds in firsts]}
    bench.write()


def _freeze(sender: SenderIdentity, asked: list[tuple[str, Any]]) -> tuple[float, Campaign]:
    month = date(2031, 1 + Campaign.objects.count(), 1)  # a partition of its own: each round's table is new
    campaign = make_campaign(sender=sender, ledger_month=month)
    send_now(campaign=campaign, by=make_officer())

    def listen(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if "CREATE UNLOGGED TABLE staging.freeze_" in sql and not asked:
            asked.append((sql.replace(f"staging.freeze_{campaign.pk}", "staging.bare"), params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        began = time.perf_counter()
        assert lifecycle.freeze_waiting() == 1
        return time.perf_counter() - began, campaign


def _bare(sql: str, params: Any) -> float:
    with connection.cursor() as cursor:
        began = time.perf_counter()
        cursor.execute(sql, params)
        seconds = time.perf_counter() - began
        cursor.execute("DROP TABLE staging.bare")
    return seconds


def _first_message(sink: SmtpSink) -> float:
    """Seconds from the release of a mailing to the arrival of its first message."""
    sink.start_over()
    released = time.time()
    pump = Pump()
    pump.run(seconds=FIRST_SECONDS)
    pump.close()
    return min(row.at for row in sink.received()) - released


def _forget(campaign: Campaign, people: int) -> None:
    """Check the books, then have nobody send the rest."""
    (account,) = verify_ledger(campaign.pk)
    assert account.problems == []
    assert account.total == people
    Campaign.objects.filter(pk=campaign.pk).update(state="cancelled", finished_at=campaign.created_at)
