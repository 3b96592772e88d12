"""A coordinator of one territory writes down what people there ask of their data, and reads no request."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from campaign_crm.platform.models import Notification, User
from campaign_crm.platform.rights import Role
from contacts.models import Contact, Grant, PersonRequest, Source
from contacts.services.people import create_contact
from tests.support.places import Places, make_places

pytestmark = pytest.mark.django_db


@pytest.fixture
def places(db: None) -> Places:
    return make_places()


@pytest.fixture
def lea(places: Places) -> Contact:
    source = Source.objects.create(name="Form", kind="form", lawful_basis="consent", channels=["email"])
    return create_contact(
        source=source, by=None, last_name="Martin", email="lea@example.org", commune=places.beauvais
    )


@pytest.fixture
def coordinator(member: Callable[..., User], places: Places) -> Client:
    user = member("", email="local@example.org")
    Grant.objects.create(user=user, role=Role.LOCAL_COORDINATOR, territory=places.oise)
    found = Client()
    found.force_login(user)
    return found


def test_a_request_is_written_down_in_a_territory(coordinator, lea, member) -> None:
    officer = member(Role.DATA_PROTECTION_OFFICER, email="dpo@example.org")
    day = timezone.localdate().isoformat()
    answer = coordinator.post(f"/requests/new/?person={lea.pk}", {"kind": "erasure", "day": day})
    assert (answer.status_code, answer["Location"]) == (302, f"/people/{lea.pk}/")
    assert PersonRequest.objects.get().contact == lea
    assert [one.user for one in Notification.objects.all()] == [officer]
    assert coordinator.get("/requests/").status_code == 403
    assert "Why did we write to them?" not in coordinator.get(f"/people/{lea.pk}/").content.decode()
