"""What pages say of signing in (`{% load sign_in %}`)."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django import template

from campaign_crm.platform import proportion, single_sign_on
from campaign_crm.platform.models import User
from campaign_crm.platform.oidc_settings import PROVIDER_ID
from campaign_crm.platform.second_step import are_passkeys_offered

register = template.Library()


@register.simple_tag
def passkeys_offered() -> bool:
    return are_passkeys_offered()


@register.simple_tag
def single_sign_on_name() -> str:
    """What its button says; empty when the settings name no server."""
    if not single_sign_on.is_offered():
        return ""
    return str(single_sign_on.server_name())


@register.simple_tag
def single_sign_on_id() -> str:
    return PROVIDER_ID


@register.simple_tag
def is_linked(user: User) -> bool:
    return bool(SocialAccount.objects.filter(user=user).exists())


@register.inclusion_tag("account/second_step_due.html")
def second_step_due(user: User) -> dict[str, Any]:
    """The notice above a page: a second step is needed now, or will be for large mailings."""
    if proportion.is_missing(user):
        return {"now": True}
    return {"ends": proportion.grace_ends(user), "number": proportion.SENDS_WITHOUT}
