"""What the disk holds of a person, a message and an interaction: the figures of `docs/scaling.md`.

`make bench ONLY=storage`. On the demonstration, the same one as the benchmark of lists: invented people with
their addresses, consents and projections, a history of mailings and what came back. Tables with their
indexes, months together; the limit is the same rows as text, without any index.
"""

from __future__ import annotations

import pytest
from django.db import connection

from tests.benchmarks.bench_lists import PEOPLE, demonstration
from tests.benchmarks.harness import Benchmark, size
from tests.environment import TestServers

__all__ = ["demonstration"]

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]

TABLES = (
    "contacts_contact",
    "contacts_emailaddress",
    "contacts_phonenumber",
    "contacts_postaladdress",
    "contacts_contactsource",
    "contacts_consent",
    "contacts_reach",
    "messaging_delivery",
    "tracking_interaction",
    "tracking_campaigncounter",
)
PERSON = TABLES[:7]
SAMPLED = 50_000  # rows read as text


def test_storage(demonstration: TestServers) -> None:
    sizes = {table: _size(table) for table in TABLES}
    people = sizes["contacts_contact"]["rows"]
    bench = Benchmark(
        name="storage",
        unit="bytes a person",
        limit_is="the same rows as text, without indexes",
        better="lower",
        target="known, for docs/scaling.md",
        settings={"people": PEOPLE[size()]},
    )
    bench.figures.append(sum(sizes[table]["bytes"] for table in PERSON) / people)
    bench.limits.append(sum(sizes[table]["rows"] * sizes[table]["text"] for table in PERSON) / people)
    bench.detail = {"tables": {table: _a_row(found) for table, found in sizes.items() if found["rows"]}}
    bench.write()
    for table, found in bench.detail["tables"].items():
        print(f"  {table}: {found}")


def _size(table: str) -> dict[str, float]:
    """Rows, bytes with indexes and months, bytes of the indexes, and bytes of a row as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(part))::bigint, sum(pg_indexes_size(part))::bigint"
            " FROM (SELECT relid AS part FROM pg_partition_tree(%s) WHERE isleaf"
            " UNION SELECT %s::regclass) AS parts",
            [table, table],
        )
        total, indexes = cursor.fetchone()
        cursor.execute(f"SELECT count(*) FROM {table}")
        rows = cursor.fetchone()[0]
        cursor.execute(
            "SELECT coalesce(avg(octet_length(one::text)), 0)::float"
            f" FROM (SELECT * FROM {table} LIMIT {SAMPLED}) AS one"
        )
        return {"rows": rows, "bytes": total, "indexes": indexes, "text": cursor.fetchone()[0]}


def _a_row(found: dict[str, float]) -> dict[str, int]:
    return {
        "rows": round(found["rows"]),
        "bytes a row": round(found["bytes"] / found["rows"]),
        "of these, indexes": round(found["indexes"] / found["rows"]),
    }
