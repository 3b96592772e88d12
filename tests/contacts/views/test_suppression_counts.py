"""The do-not-contact list outlives everything: its page does not count it at each look."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from contacts.enums import Channel, SuppressionReason, SuppressionScope
from contacts.services.suppressions import suppress

pytestmark = pytest.mark.django_db(transaction=True)


def object_to(number: int) -> None:
    suppress(
        address=f"person{number}@example.org",
        channel=Channel.EMAIL,
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.OBJECTION,
        by=None,
    )


def counts_at_a_look(client: Client) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/do-not-contact/").status_code == 200
    return sum("GROUP BY" in query["sql"] and "reason" in query["sql"] for query in queries)


def test_it_is_counted_once_a_minute_and_after_an_objection_of_ours(client: Client) -> None:
    object_to(1)
    assert [counts_at_a_look(client) for _time in range(2)] == [1, 0]
    client.post("/do-not-contact/", {"channel": "email", "address": "somebody@example.org"})
    assert counts_at_a_look(client) == 1
