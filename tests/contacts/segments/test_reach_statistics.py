"""The planner expects as many reached people as there are, so that it reads large audiences in one pass."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.utils import timezone

from campaign_crm.platform.database import analyze
from tests.messaging.people import make_people

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_reached_are_estimated_as_they_are() -> None:
    make_people(400)
    analyze("contacts_reach")
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN (FORMAT JSON) SELECT FROM contacts_reach"
            " WHERE channel = 'email' AND political AND political_until >= %s",
            [timezone.localdate()],
        )
        (found,) = cursor.fetchone()
    (plan,) = json.loads(found) if isinstance(found, str) else found
    assert 300 <= plan["Plan"]["Plan Rows"] <= 500
