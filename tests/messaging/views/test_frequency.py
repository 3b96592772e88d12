"""The page of contact frequency: figures for everybody, caps for whoever changes settings."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from campaign_crm.platform.models import AuditEntry
from campaign_crm.platform.rights import Role
from messaging.frequency.figures import caps

pytestmark = pytest.mark.django_db
PAGE = "/frequency/"


def test_caps_are_set_and_taken_away_and_stand_in_the_journal(signed_in: Callable[..., Client]) -> None:
    client = signed_in(Role.ADMINISTRATOR)
    assert client.post(PAGE, {"email": "5", "sms": "", "all": "6"}).status_code == 302
    assert caps() == {"email": 5, "": 6}
    assert client.post(PAGE, {"email": "", "sms": "", "all": "6"}).status_code == 302
    assert caps() == {"": 6}
    assert AuditEntry.objects.filter(action="frequency.cap").count() == 3


def test_a_number_that_is_no_cap_is_told_beside_its_field(signed_in: Callable[..., Client]) -> None:
    answer = signed_in(Role.ADMINISTRATOR).post(PAGE, {"email": "0", "sms": "", "all": ""})
    assert answer.status_code == 422
    assert answer.context["form"].errors["email"]
    assert caps() == {}


def test_readers_see_figures_and_cannot_change_caps(signed_in: Callable[..., Client]) -> None:
    client = signed_in(Role.READ_ONLY)
    assert client.get(PAGE).status_code == 200
    assert client.post(PAGE, {"email": "5"}).status_code == 403
