"""What follows a sign-in, and a second step set up or taken away."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, password_reset
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.signals import social_account_added
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from campaign_crm.platform import audit
from campaign_crm.platform.api.keys import revoke_tokens_of
from campaign_crm.platform.asking_again import remember_sign_in
from campaign_crm.platform.models import User
from campaign_crm.platform.proportion import STEPS, begin_grace
from campaign_crm.platform.services.sessions import end_sessions
from campaign_crm.platform.sign_in_mail import Change, tell_soon


@receiver(user_logged_in)
def after_sign_in(request: Any, user: User, **_signal: Any) -> None:
    if request is not None:
        remember_sign_in(request)
    begin_grace(user)


@receiver(social_account_added)
def after_link(sociallogin: SocialLogin, **_signal: Any) -> None:
    """By the person, or at their first sign-in with an address that the server had verified."""
    user = sociallogin.user
    audit.record(action="team.single_sign_on", on=user, by=user)
    tell_soon(user, Change.LINKED)


@receiver(password_reset)
def after_reset(user: User, **_signal: Any) -> None:
    """Whoever had the old password is signed out; their cookies open nothing already."""
    end_sessions(user=user, by=user)
    revoke_tokens_of(user)
    if (
        user.last_login is not None
    ):  # the first password, of an invitation, is no news to who has just chosen it
        tell_soon(user, Change.PASSWORD)


@receiver(password_changed)
def after_change(request: Any, user: User, **_signal: Any) -> None:
    """The other sessions are dead by the new password: they leave the list too."""
    end_sessions(user=user, by=user, keep=request.session.session_key)
    revoke_tokens_of(user)
    tell_soon(user, Change.PASSWORD)


@receiver(authenticator_added)
def after_set_up(user: User, authenticator: Authenticator, **_signal: Any) -> None:
    audit.record(action="team.second_step_set_up", on=user, by=user, detail={"kind": authenticator.type})
    if authenticator.type in STEPS:
        tell_soon(user, Change.SECOND_STEP_SET_UP)


@receiver(authenticator_removed)
def after_taken_away(user: User, authenticator: Authenticator, **_signal: Any) -> None:
    audit.record(action="team.second_step_taken_away", on=user, by=user, detail={"kind": authenticator.type})
    if authenticator.type in STEPS:
        tell_soon(user, Change.SECOND_STEP_GONE)
