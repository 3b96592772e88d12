"""`manage.py verify_ledger` says whether every campaign adds up, and what does not."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from messaging.dispatch import lifecycle
from messaging.models import Campaign, Delivery
from messaging.services.service_messages import send_service_message
from tests.messaging.dispatch.conftest import start
from tests.messaging.people import make_campaign, make_people

pytestmark = pytest.mark.django_db(transaction=True)


def verify(*options: str) -> str:
    out = io.StringIO()
    call_command("verify_ledger", *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def campaign() -> Campaign:
    make_people(5)
    return start(make_campaign())


def test_books_that_add_up(campaign: Campaign) -> None:
    make_campaign(name="A draft")
    send_service_message(
        standing_for="confirmation", address="a@example.com", occasion="1", subject="S", paragraphs=["P"]
    )
    assert "3 campaigns, 6 recipients checked." in verify()
    shown = verify("--campaign", str(campaign.pk))
    assert "audience 5" in shown
    assert "queued" in shown


def test_a_missing_row_is_found(campaign: Campaign) -> None:
    first = Delivery.objects.first()
    assert first is not None
    Delivery.objects.filter(contact_id=first.contact_id).delete()
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 of 1"):
        call_command("verify_ledger", "--json", stdout=out)
    (books,) = json.loads(out.getvalue())["campaigns"]
    assert books["problems"] == ["4 rows for a frozen audience of 5"]


def test_unfinished_rows_of_a_sent_campaign_are_found(campaign: Campaign) -> None:
    Campaign.objects.update(state="sent")
    with pytest.raises(CommandError):
        verify()


def test_leases_that_nobody_takes_back_are_found(campaign: Campaign) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_delivery SET state = 'claimed', lease_until = now() - interval '1 hour'"
        )
    with pytest.raises(CommandError):
        verify("--campaign", str(campaign.pk))


def test_rows_of_no_campaign_are_found(campaign: Campaign) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE messaging_delivery SET campaign_id = 999")
    with pytest.raises(CommandError, match="2 of 2"):
        verify()


def test_a_freeze_cancelled_half_way_adds_up_before_and_after_it_is_closed(campaign: Campaign) -> None:
    last = list(Delivery.objects.order_by("contact_id").values_list("contact_id", flat=True))[3:]
    Delivery.objects.filter(contact_id__in=last).delete()
    Campaign.objects.update(state="cancelled", freeze_cursor=3)
    assert "audience 3" in verify("--campaign", str(campaign.pk))
    lifecycle.sweep_cancelled()
    assert lifecycle.finish() == 1
    assert "audience 3" in verify("--campaign", str(campaign.pk))
