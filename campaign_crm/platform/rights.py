"""Roles and the rights they hold.

A role is a named set of rights. Screens, API operations and services ask for a right, never for a role.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", _("Administrator")
    NATIONAL_OFFICER = "national_officer", _("National officer")
    READ_ONLY = "read_only", _("Read only")


class Right(models.TextChoices):
    VIEW_PEOPLE = "view_people", _("See people")
    EDIT_PEOPLE = "edit_people", _("Edit people")
    IMPORT_PEOPLE = "import_people", _("Import files")
    EXPORT_PEOPLE = "export_people", _("Take people’s addresses out of the product")
    VIEW_SEGMENTS = "view_segments", _("See segments")
    EDIT_SEGMENTS = "edit_segments", _("Edit segments")
    VIEW_CAMPAIGNS = "view_campaigns", _("See mailings and their reports")
    EDIT_CAMPAIGN = "edit_campaign", _("Write mailings")
    APPROVE_CAMPAIGN = "approve_campaign", _("Approve mailings")
    SEND_CAMPAIGN = "send_campaign", _("Send mailings")
    EDIT_FORMS = "edit_forms", _("Edit forms")
    VIEW_COMPLIANCE = "view_compliance", _("See sources, consents and the do-not-contact list")
    EDIT_COMPLIANCE = "edit_compliance", _("Record consents and objections")
    CHANGE_RULES = "change_rules", _("Change the rules of the law, elections and data protection")
    MANAGE_SETTINGS = "manage_settings", _("Change settings, senders and the team")


_READING = {Right.VIEW_PEOPLE, Right.VIEW_SEGMENTS, Right.VIEW_CAMPAIGNS, Right.VIEW_COMPLIANCE}

RIGHTS_OF: dict[Role, frozenset[Right]] = {
    Role.READ_ONLY: frozenset(_READING),
    Role.NATIONAL_OFFICER: frozenset(set(Right) - {Right.MANAGE_SETTINGS, Right.CHANGE_RULES}),
    Role.ADMINISTRATOR: frozenset(Right),
}


def role_has_right(role: str, right: str) -> bool:
    """True when the role holds the right; an unknown role holds none."""
    try:
        return Right(right) in RIGHTS_OF[Role(role)]
    except ValueError:
        return False
