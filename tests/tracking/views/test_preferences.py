"""The preference page: each difference is written down once, with its proof."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from contacts.models import Consent, Newsletter, Subscription
from messaging.content.tokens import PreferencesToken, sign_preferences
from tracking.models import Interaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(person, address_hash) -> str:
    return f"/p/{sign_preferences(PreferencesToken('email', person.pk, address_hash, datetime.now(UTC)))}"


def test_choices_are_shown_and_kept(url, person) -> None:
    letter = Newsletter.objects.create(name="Lettre de l’Oise")
    assert "Lettre de l’Oise" in Client().get(url).text
    assert not Consent.objects.exists()
    page = Client().post(url, {"newsletters": [letter.pk], "messages": "on", "measurement": "on"})
    assert "Your choices are saved" in page.text
    said = {entry.purpose: entry.given for entry in Consent.objects.all()}
    assert said == {"messages": True, "measurement": True}
    assert all(entry.wording is not None for entry in Consent.objects.select_related("wording"))
    assert Subscription.objects.get(ended_at=None).newsletter == letter
    assert page.text.count("checked") == 3


def test_saving_the_same_choices_again_writes_nothing(url) -> None:
    for _time in range(2):
        Client().post(url, {"messages": "on"})
    assert Consent.objects.count() == 1
    assert Interaction.objects.filter(kind="preferences").count() == 1


def test_unticking_withdraws_and_leaves(url) -> None:
    letter = Newsletter.objects.create(name="Letter")
    Client().post(url, {"newsletters": [letter.pk], "targeting": "on"})
    Client().post(url, {})
    assert list(Consent.objects.order_by("pk").values_list("purpose", "given")) == [
        ("targeting", True),
        ("targeting", False),
    ]
    assert Subscription.objects.get().ended_at is not None


def test_a_person_being_erased_has_no_page(url, person) -> None:
    person.delete()
    assert Client().get(url).status_code == 404
