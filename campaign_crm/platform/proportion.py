"""Who must have a second step of signing in, and from when (design: “Proportion”).

At once, on every page, for those who run the installation or answer for the data; at once, at the act, for
taking addresses out, agreeing to it, or letting somebody in; for senders after seven days, and then above 500
recipients.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.utils import timezone

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right

AT_ONCE = (Right.MANAGE_SETTINGS, Right.CHANGE_RULES, Right.HANDLE_REQUESTS)
AT_THE_ACT = (Right.EXPORT_PEOPLE, Right.APPROVE_EXPORT, Right.MANAGE_TEAM)
GRACE = timedelta(days=7)
SENDS_WITHOUT = 500
STEPS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # recovery codes alone are no second step


def has_second_step(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type__in=STEPS).exists())


def is_missing(user: User, right: str | None = None) -> bool:
    """True when this person must set up a second step before anything else, or before using `right`."""
    if not settings.SECOND_STEP_REQUIRED:
        return False
    needed = right in AT_THE_ACT or any(user.holds(each) for each in AT_ONCE)
    return needed and not _had_second_step(user)


def _had_second_step(user: User) -> bool:
    """The same, asked once a request of those who have it: their account is read anew for the next."""
    if not getattr(user, "_second_step_seen", False):
        user._second_step_seen = has_second_step(user)  # type: ignore[attr-defined]
    return bool(user._second_step_seen)  # type: ignore[attr-defined]


def grace_ends(user: User) -> datetime | None:
    """Until when a sender without a second step sends as they like; None when nothing is asked of them."""
    if not settings.SECOND_STEP_REQUIRED or not user.holds(Right.SEND_CAMPAIGN) or has_second_step(user):
        return None
    return (user.second_step_asked_at or timezone.now()) + GRACE


def may_send_to(user: User, recipients: int) -> bool:
    """False for a large mailing of a sender whose days of grace are over."""
    if recipients <= SENDS_WITHOUT:
        return True
    ends = grace_ends(user)
    return ends is None or timezone.now() < ends


def begin_grace(user: User) -> None:
    """The seven days run from the first sign-in at which a sender was asked."""
    if user.second_step_asked_at is None and grace_ends(user) is not None:
        user.second_step_asked_at = timezone.now()
        user.save(update_fields=["second_step_asked_at"])
