"""Asking for a right before an act."""

from __future__ import annotations

from django.utils.translation import gettext as _

from campaign_crm.platform.models import User
from campaign_crm.platform.proportion import SENDS_WITHOUT, may_send_to
from campaign_crm.platform.rights import Right
from campaign_crm.platform.walls import contents, covers, current_scope
from contacts.models import Territory
from messaging.errors import NotAllowed


def ask_right(by: User, right: Right) -> None:
    """Raise NotAllowed when the person's role lacks the right."""
    if not by.has_right(right):
        raise NotAllowed(_("Your role does not allow this: %(right)s.") % {"right": right.label})


def may_write_in(user: User, territory: Territory) -> bool:
    """Whether a member may write mailings of this territory."""
    return covers(user.scope_of(Right.EDIT_CAMPAIGN), frozenset({territory.pk}))


def place_of_mailing(territory: Territory | None) -> int | None:
    """The territory of a new mailing: a member who works in territories writes to one of them.

    Raises NotAllowed when it is outside theirs, or when several are possible and none was chosen.
    """
    scope = current_scope()
    if scope is None:
        return territory.pk if territory is not None else None
    if territory is None and len(scope) == 1:
        return next(iter(scope))
    if territory is None or territory.pk not in contents(scope):
        raise NotAllowed(_("Choose the territory of this mailing, among yours."))
    return territory.pk


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
