"""Test mailboxes: asked once, they take tests when somebody there has agreed, until they leave."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from campaign_crm.platform.models import AuditEntry, User
from campaign_crm.platform.rights import Role
from messaging.errors import NotAllowed
from messaging.models import Delivery, SeedMailbox
from messaging.services import seed_mailboxes
from messaging.services.addresses_for_tests import unknown_addresses
from messaging.services.seed_mailboxes import CannotAdd, add_seed_mailbox, ask_again, link_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> User:
    return User.objects.create_user(email="boss@example.org", role=Role.ADMINISTRATOR, language="en")


@pytest.fixture
def seed(boss: User) -> SeedMailbox:
    return add_seed_mailbox(address="Temoin@Example.com", label="Orange", by=boss)


def page_of(seed: SeedMailbox) -> str:
    return link_of(seed).partition("/t/")[1] + link_of(seed).partition("/t/")[2]


def test_a_mailbox_is_asked_and_takes_tests_once_it_agreed(seed: SeedMailbox) -> None:
    asked = Delivery.objects.get()
    assert (asked.address, asked.state) == ("temoin@example.com", "queued")
    assert asked.context["action_url"] == link_of(seed)
    assert unknown_addresses(["temoin@example.com"]) == ["temoin@example.com"]
    page = page_of(seed)
    for _look in range(2):  # a scanner follows every link
        assert Client().get(page).status_code == 200
    assert unknown_addresses(["temoin@example.com"]) == ["temoin@example.com"]
    for _time in range(2):
        assert Client().post(page, {"answer": "yes"}).status_code == 200
    assert unknown_addresses(["Temoin@example.com"]) == []
    assert AuditEntry.objects.filter(action="seed_mailbox.confirm").count() == 1


@pytest.mark.parametrize("before", ["asked", "agreed"])
def test_whoever_reads_it_may_say_no_at_any_time(seed: SeedMailbox, before: str) -> None:
    page = page_of(seed)
    if before == "agreed":
        Client().post(page, {"answer": "yes"})
    assert Client().post(page, {"answer": "no"}).status_code == 200
    assert not SeedMailbox.objects.exists()
    assert unknown_addresses(["temoin@example.com"]) == ["temoin@example.com"]
    assert Client().get(page).status_code == 410
    assert Client().post(page, {"answer": "yes"}).status_code == 410


def test_a_link_that_is_wrong_or_old_changes_nothing(seed: SeedMailbox, monkeypatch) -> None:
    page = page_of(seed)
    assert Client().post(page[:-1] + ("A" if page[-1] != "A" else "B")).status_code == 404
    monkeypatch.setattr(seed_mailboxes, "LINK_LASTS", timedelta(0))
    assert Client().post(page, {"answer": "yes"}).status_code == 410
    assert SeedMailbox.objects.get().confirmed_at is None


def test_it_is_asked_again_but_not_at_once(seed: SeedMailbox, boss: User, monkeypatch) -> None:
    with pytest.raises(CannotAdd), override("en"):
        ask_again(seed=seed, by=boss)
    monkeypatch.setattr(seed_mailboxes, "BETWEEN_QUESTIONS", timedelta(0))
    ask_again(seed=seed, by=boss)
    assert Delivery.objects.count() == 2


def test_the_list_has_no_mailbox_twice_and_an_end(seed: SeedMailbox, boss: User, monkeypatch) -> None:
    with pytest.raises(CannotAdd):
        add_seed_mailbox(address="temoin@example.com", label="", by=boss)
    monkeypatch.setattr(seed_mailboxes, "MOST", 1)
    with pytest.raises(CannotAdd):
        add_seed_mailbox(address="other@example.com", label="", by=boss)
    assert SeedMailbox.objects.count() == 1


def test_only_whoever_changes_settings_adds_and_removes(seed: SeedMailbox) -> None:
    digital = User.objects.create_user(email="digital@example.org", role=Role.DIGITAL_OFFICER)
    with pytest.raises(NotAllowed):
        add_seed_mailbox(address="other@example.com", label="", by=digital)


def test_the_page_adds_tells_faults_and_takes_away(boss: User) -> None:
    client = Client()
    client.force_login(boss)
    url = reverse("messaging:seed_mailboxes")
    assert client.post(url, {"address": "a@example.com", "label": "Gmail"}).status_code == 302
    assert client.post(url, {"address": "a@example.com"}).status_code == 422
    assert client.post(url, {"address": "not one"}).status_code == 422
    seed = SeedMailbox.objects.get()
    assert "a@example.com" in client.get(url).text
    assert client.post(url, {"remove": seed.pk}).status_code == 302
    assert not SeedMailbox.objects.exists()
    assert client.post(url, {"remove": seed.pk}).status_code == 404
