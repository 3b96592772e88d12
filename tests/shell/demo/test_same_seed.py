"""The same seed and day make the same campaign, whatever numbers the database gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from campaign_crm.shell.demo.plan import Plan, apportion
from campaign_crm.shell.demo.seeding import seed_demo
from contacts.models import Contact
from tests.shell.demo.fingerprint import fingerprint

pytestmark = pytest.mark.usefixtures("with_territories", "db")


@pytest.fixture
def plan(plan):
    return replace(plan, contacts=300)


def made(plan: Plan) -> dict[str, str]:
    """The fingerprint of a demonstration that is taken back."""
    with transaction.atomic():
        seed_demo(plan)
        found = fingerprint()
        transaction.set_rollback(True)
    return found


def test_one_seed_makes_one_campaign(plan):
    first, again = made(plan), made(plan)
    assert first == again
    assert all(not count.startswith("0 ") for count in first.values()), first


def test_another_seed_makes_other_people(plan):
    first, other = made(plan), made(replace(plan, seed=2))
    assert {name for name in first if first[name] == other[name]} <= {"links of mailings"}


def test_another_day_moves_everything(plan):
    first, next_day = made(plan), made(replace(plan, today=plan.today + timedelta(days=1)))
    dated = {"people", "consents", "mailings", "recipients", "interactions", "submissions", "suppressions"}
    assert {name for name in dated if first[name] == next_day[name]} == set()


def test_a_larger_campaign_has_that_many_people(plan):
    with transaction.atomic():
        seed_demo(replace(plan, contacts=777))
        assert Contact.objects.count() == 777
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (10, [1, 1, 1], [4, 3, 3]),
        (1, [0.2, 0.5, 0.3], [0, 1, 0]),
        (0, [1, 2], [0, 0]),
        (7, [0.0, 1.0], [0, 7]),
    ],
)
def test_shares_add_up(total, weights, shares):
    assert apportion(total, weights) == shares
