"""Asking for a right before an act."""

from __future__ import annotations

from django.utils.translation import gettext as _

from campaign_crm.platform.models import User
from campaign_crm.platform.proportion import SENDS_WITHOUT, may_send_to
from campaign_crm.platform.rights import Right
from messaging.errors import NotAllowed


def ask_right(by: User, right: Right) -> None:
    """Raise NotAllowed when the person's role lacks the right."""
    if not by.has_right(right):
        raise NotAllowed(_("Your role does not allow this: %(right)s.") % {"right": right.label})


def ask_second_step(by: User, recipients: int) -> None:
    """Raise NotAllowed for a large mailing of somebody who signs in with a password alone."""
    if not may_send_to(by, recipients):
        raise NotAllowed(
            _(
                "A mailing to more than %(number)s people asks for a second step of signing in: set it up "
                "under “Sign-in security”, then send it."
            )
            % {"number": SENDS_WITHOUT}
        )
