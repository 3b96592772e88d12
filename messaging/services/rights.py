"""Asking for a right before an act."""

from __future__ import annotations

from django.utils.translation import gettext as _

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from messaging.errors import NotAllowed


def ask_right(by: User, right: Right) -> None:
    """Raise NotAllowed when the person's role lacks the right."""
    if not by.has_right(right):
        raise NotAllowed(_("Your role does not allow this: %(right)s.") % {"right": right.label})
