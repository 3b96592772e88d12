"""Statements that are planned once a connection: the same answers, on a new connection too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.services.frequency import choose_frequency
from messaging.dispatch.prepared import Statement, numbers, texts
from messaging.dispatch.pump import Pump
from messaging.services.frequency import set_frequency_cap
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import make_campaign, make_officer, make_people
from tests.support.smtp_sink import SmtpSink

ECHO = Statement(
    "SELECT a.one, b.other FROM unnest(%(ones)s) WITH ORDINALITY AS a (one, place)"
    " JOIN unnest(%(others)s) WITH ORDINALITY AS b (other, place) USING (place) ORDER BY place",
    {"ones": "float8[]", "others": "text[]"},
    "SET LOCAL synchronous_commit = off;",
)


def echo(ones: list[float], others: list[str]) -> list[tuple[float, str]]:
    with transaction.atomic(), connection.cursor() as cursor:
        ECHO.execute(cursor, {"ones": numbers(ones), "others": texts(others)})
        return cursor.fetchall()


def said_while(act: Callable[[], Any]) -> list[str]:
    """What PostgreSQL is told meanwhile."""
    said: list[str] = []

    def listen(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        said.append(" ".join(sql.split()))
        return execute(sql, *rest)

    with connection.execute_wrapper(listen):
        act()
    return said


@pytest.mark.django_db(transaction=True)
@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=False, allow_infinity=False, width=32),
            st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
            | st.sampled_from(["", "NULL", '"', "\\", '","', "{}", "a,b", "' OR 1=1", "\\'"]),
        ),
        max_size=5,
    )
)
@settings(max_examples=60, deadline=None)
def test_any_numbers_and_texts_arrive_as_they_are(pairs: list[tuple[float, str]]) -> None:
    assert echo([one for one, _other in pairs], [other for _one, other in pairs]) == pairs


@pytest.mark.django_db(transaction=True)
def test_a_statement_is_prepared_once_a_connection() -> None:
    connection.close()
    first = said_while(lambda: [echo([1.0], ["a"]), echo([2.0], ["b"])])
    assert sum(sql.startswith("PREPARE") for sql in first) == 1
    connection.close()
    assert any(sql.startswith("PREPARE") for sql in said_while(lambda: echo([3.0], ["c"])))


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_comes_before_is_prepared_too_and_said_first() -> None:
    lock = Statement("SELECT pg_advisory_xact_lock(7)", {})
    asked = Statement(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND granted", {"x": "int"}
    )
    both = Statement(asked.sql + " AND %(x)s = 1", asked.types, "", lock)

    def ask() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            both.execute(cursor, {"x": 1})
            assert cursor.fetchone() == (1,)

    connection.close()
    said = said_while(lambda: [ask(), ask()])
    assert sum(sql.startswith("PREPARE") for sql in said) == 2
    assert sum("EXECUTE" in sql for sql in said) == 2


@pytest.mark.django_db(transaction=True)
def test_what_was_prepared_in_a_transaction_that_failed_is_still_there() -> None:
    connection.close()
    with transaction.atomic():
        echo([1.0], ["a"])
        transaction.set_rollback(True)
    assert echo([2.0], ["b"]) == [(2.0, "b")]


@pytest.mark.django_db(transaction=True)
def test_caps_and_choices_made_after_the_first_batch_are_obeyed(sink: SmtpSink, pump: Pump) -> None:
    """The plan is kept, the questions are asked anew: also those that nobody had a reason to ask before."""
    weekly, *_others = make_people(3)
    assert books(sent(sink, pump)) == {"accepted": 3}
    choose_frequency(contact=weekly, channel="email", days=7)
    assert books(sent(sink, pump)) == {"accepted": 2, "suppressed": 1}
    set_frequency_cap(channel="", per_week=2, by=make_officer())
    assert books(sent(sink, pump)) == {"suppressed": 3}


def sent(sink: SmtpSink, pump: Pump) -> Any:
    campaign = start(make_campaign(sink))
    pump.run(seconds=20)
    return campaign
