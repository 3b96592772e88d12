"""A word to the owner of an account whose ways in have changed, by another process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.core import mail
from django.test import Client

from campaign_crm.platform import sign_in_mail
from campaign_crm.platform.models import User
from campaign_crm.platform.sign_in_mail import Change, send_password_link, send_security_notice, tell_soon

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def user() -> User:
    return User.objects.create_user(email="camille@example.org", password=PASSWORD, language="en")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the workers are given to do."""
    given: list[tuple[Any, ...]] = []

    def take(task: Any, *arguments: Any) -> None:
        given.append((task.name, *arguments))

    monkeypatch.setattr(sign_in_mail, "_hand_over", take)
    return given


@pytest.mark.parametrize("change", list(Change))
def test_it_says_what_changed_in_the_language_of_the_account(user: User, change: Change) -> None:
    send_security_notice(user.pk, change.value)
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["camille@example.org"], "A way into your account has changed")
    assert str(sign_in_mail.CHANGES[change]) != ""
    User.objects.update(language="fr")
    send_security_notice(user.pk, change.value)
    assert mail.outbox[1].subject == "Un accès à votre compte a changé"


def test_every_change_is_told_by_a_number_alone(
    user: User, told: list[tuple[Any, ...]], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    step = Authenticator(user=user, type="totp")
    codes = Authenticator(user=user, type="recovery_codes")
    with django_capture_on_commit_callbacks(execute=True):
        form = {"oldpassword": PASSWORD, "password1": "another long one", "password2": "another long one"}
        client.post("/accounts/password/change/", form)
        authenticator_added.send(Authenticator, request=None, user=user, authenticator=step)
        authenticator_added.send(Authenticator, request=None, user=user, authenticator=codes)
        authenticator_removed.send(Authenticator, request=None, user=user, authenticator=step)
    name = "platform.send_security_notice"
    changes = (Change.PASSWORD, Change.SECOND_STEP_SET_UP, Change.SECOND_STEP_GONE)
    assert told == [(name, user.pk, change.value) for change in changes]


def test_without_a_broker_the_request_sends_it(
    user: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    def away(*_arguments: Any, **_options: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(send_security_notice, "apply_async", away)
    with django_capture_on_commit_callbacks(execute=True):
        tell_soon(user, Change.LINKED)
    assert len(mail.outbox) == 1


def test_a_closed_account_is_written_nothing(user: User) -> None:
    User.objects.update(is_active=False)
    send_security_notice(user.pk, Change.PASSWORD.value)
    send_password_link(user.pk)
    assert mail.outbox == []
