"""Who comes in by single sign-on: whoever the server calls by the `sub` that we know.

The first time, an account is found by the address, and only where the server says outright that it has
verified it. The second step is asked as at every sign-in.
"""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.asking_again import server_said
from campaign_crm.platform.models import User


class CannotUnlink(Exception):
    """The account keeps its link: it has no other way in."""


class SingleSignOn(DefaultSocialAccountAdapter):
    """No account is made here: an administrator invites people, the server only says who they are."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: SocialAccount) -> str:
        return reverse("mfa_index")

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        claims = _claims(sociallogin.account.extra_data)
        server_said(request, sociallogin.account.extra_data.get("id_token") or {})
        _forget_claims(sociallogin.account)
        if claims is None:
            raise ImmediateHttpResponse(_refused(request))
        if sociallogin.is_existing or sociallogin.state.get("process") == AuthProcess.CONNECT:
            return
        user = _owner_of(claims, sociallogin.account.provider)
        if user is None:
            raise ImmediateHttpResponse(_refused(request))
        sociallogin.connect(request, user)


def is_offered() -> bool:
    """Whether the settings name a server."""
    return bool(settings.SOCIALACCOUNT_PROVIDERS)


@transaction.atomic
def unlink(*, user: User) -> None:
    """Take one's own link away; raises CannotUnlink where nothing else would open the account."""
    if not user.has_usable_password():
        raise CannotUnlink(_("Choose a password first: without it nothing would open your account."))
    gone, _by_type = SocialAccount.objects.filter(user=user).delete()
    if gone:
        audit.record(action="team.single_sign_on_unlinked", on=user, by=user)


def server_name() -> str:
    """What the settings call it, such as “The party’s account”."""
    return str(settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["name"])


def _claims(answered: dict[str, Any]) -> dict[str, Any] | None:
    """What the server says of the person; None when its two answers are about different people.

    OpenID Connect Core 1.0, 5.3.2: the `sub` of the user information must be that of the ID token.
    """
    told, token = answered.get("userinfo"), answered.get("id_token")
    if told and token and told.get("sub") != token.get("sub"):
        return None
    return told or token or answered


def _forget_claims(account: SocialAccount) -> None:
    """Name, picture and the rest of what a server tells are not ours to keep."""
    account.extra_data = {}
    if account.pk is not None:
        SocialAccount.objects.filter(pk=account.pk).update(extra_data={})


def _owner_of(claims: dict[str, Any], provider: str) -> User | None:
    """The open account of an address that the server has verified, unless it has an identity there already.

    An address given to somebody else since does not open the account of who had it before.
    """
    if claims.get("email_verified") is not True:
        return None
    user = User.objects.filter(email__iexact=str(claims.get("email", "")), is_active=True).first()
    if user is None or SocialAccount.objects.filter(user=user, provider=provider).exists():
        return None
    return user


def _refused(request: HttpRequest) -> Any:
    return render(request, "socialaccount/unknown.html", status=403)
