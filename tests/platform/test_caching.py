"""The cache's server may be lost at any moment: pages, signing in and its limits go on."""

import pytest
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.test import Client

from campaign_crm.platform.caching import remembered
from campaign_crm.platform.models import User

PASSWORD = "correct horse battery"


@pytest.fixture
def away(settings):
    """No server answers."""
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    LocMemCache("while-away", {}).clear()
    yield
    LocMemCache("while-away", {}).clear()


def test_what_was_computed_is_kept() -> None:
    calls: list[int] = []
    for _time in range(2):
        assert remembered("x", seconds=60, compute=lambda: calls.append(1) or 7) == 7
    assert calls == [1]


def test_without_the_server_this_process_remembers(away) -> None:
    assert cache.get("x", 1) == 1
    assert cache.add("x", 2)
    assert not cache.add("x", 3)
    assert cache.incr("x") == 3
    cache.set_many({"y": 1, "z": 2})
    assert cache.get_many(["y", "z"]) == {"y": 1, "z": 2}
    assert "y" in cache
    cache.delete("y")
    assert cache.get("y") is None


@pytest.mark.django_db
def test_people_sign_in_without_the_server(away) -> None:
    User.objects.create_user(email="a@example.org", password=PASSWORD, language="en")
    assert (
        Client().post("/accounts/login/", {"login": "a@example.org", "password": PASSWORD}).status_code == 302
    )


@pytest.mark.django_db
def test_guessing_passwords_is_limited_without_the_server_too(away) -> None:
    User.objects.create_user(email="a@example.org", password=PASSWORD, language="en")
    wrong = {"login": "a@example.org", "password": "wrong"}
    for _time in range(15):
        Client().post("/accounts/login/", wrong)
    good = Client().post("/accounts/login/", {"login": "a@example.org", "password": PASSWORD})
    assert good.status_code != 302
