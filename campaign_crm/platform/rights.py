"""Roles and the rights they hold.

A role is a named set of rights, held in the whole country (`User.role`) or where a grant says
(`contacts.models.Grant`). Screens, API operations and services ask for a right, never for a role.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", _("Administrator")
    DIRECTOR = "director", _("Campaign director")
    DATA_OFFICER = "data_officer", _("Data officer")
    DIGITAL_OFFICER = "digital_officer", _("Digital officer")
    APPROVER = "approver", _("Approver")
    LOCAL_COORDINATOR = "local_coordinator", _("Local coordinator")
    EVENT_HOST = "event_host", _("Event host")
    VOLUNTEER = "volunteer", _("Volunteer")
    DATA_PROTECTION_OFFICER = "data_protection_officer", _("Data-protection officer")
    READ_ONLY = "read_only", _("Read only")


class Right(models.TextChoices):
    VIEW_PEOPLE = "view_people", _("See people")
    EDIT_PEOPLE = "edit_people", _("Edit people")
    SEE_SUPPORT_LEVELS = "see_support_levels", _("See support levels")
    IMPORT_PEOPLE = "import_people", _("Import files")
    EXPORT_PEOPLE = "export_people", _("Take people’s addresses out of the product")
    VIEW_SEGMENTS = "view_segments", _("See segments")
    EDIT_SEGMENTS = "edit_segments", _("Edit segments")
    VIEW_CAMPAIGNS = "view_campaigns", _("See mailings and their reports")
    EDIT_CAMPAIGN = "edit_campaign", _("Write mailings")
    APPROVE_CAMPAIGN = "approve_campaign", _("Approve mailings")
    SEND_CAMPAIGN = "send_campaign", _("Send mailings")
    EDIT_FORMS = "edit_forms", _("Edit forms")
    USE_INBOX = "use_inbox", _("Read and answer what people write")
    EDIT_EVENTS = "edit_events", _("Prepare events and see who registered")
    CHECK_IN = "check_in", _("Welcome people at the events they host")
    VIEW_COMPLIANCE = "view_compliance", _("See sources, consents and the do-not-contact list")
    EDIT_COMPLIANCE = "edit_compliance", _("Record consents and objections")
    HANDLE_REQUESTS = "handle_requests", _("Answer what people ask of their data, and erase it")
    CHANGE_RULES = "change_rules", _("Change the rules of the law, elections and data protection")
    APPROVE_EXPORT = "approve_export", _("Approve that people’s data leaves")
    VIEW_JOURNAL = "view_journal", _("Read the journal")
    MANAGE_TEAM = "manage_team", _("Invite people and give roles")
    SEE_DONATIONS = "see_donations", _("See and write down donations")
    MANAGE_ACCOUNTS = "manage_accounts", _("Keep the campaign accounts: costs and invoices")
    MANAGE_SETTINGS = "manage_settings", _("Change settings, senders and accounts")


_READING = {Right.VIEW_PEOPLE, Right.VIEW_SEGMENTS, Right.VIEW_CAMPAIGNS, Right.VIEW_COMPLIANCE}
_WRITING_MAILINGS = {Right.VIEW_SEGMENTS, Right.EDIT_SEGMENTS, Right.VIEW_CAMPAIGNS, Right.EDIT_CAMPAIGN}
_EVENTS = {Right.EDIT_EVENTS, Right.CHECK_IN}
_OF_A_PERSON = {Right.VIEW_PEOPLE, Right.EDIT_PEOPLE, Right.EDIT_COMPLIANCE}

RIGHTS_OF: dict[Role, frozenset[Right]] = {
    Role.ADMINISTRATOR: frozenset(Right),
    Role.DIRECTOR: frozenset(
        set(Right) - {Right.MANAGE_SETTINGS, Right.CHANGE_RULES, Right.HANDLE_REQUESTS, Right.VIEW_JOURNAL}
    ),
    Role.DATA_OFFICER: frozenset(
        _READING
        | _OF_A_PERSON
        | {Right.SEE_SUPPORT_LEVELS, Right.IMPORT_PEOPLE, Right.EXPORT_PEOPLE, Right.EDIT_SEGMENTS}
        | {Right.USE_INBOX}
    ),
    Role.DIGITAL_OFFICER: frozenset(
        _READING | _WRITING_MAILINGS | _EVENTS | {Right.SEND_CAMPAIGN, Right.EDIT_FORMS, Right.USE_INBOX}
    ),
    Role.APPROVER: frozenset(
        {Right.VIEW_SEGMENTS, Right.VIEW_CAMPAIGNS, Right.APPROVE_CAMPAIGN, Right.APPROVE_EXPORT}
    ),
    Role.LOCAL_COORDINATOR: frozenset(
        _READING
        | _OF_A_PERSON
        | _WRITING_MAILINGS
        | _EVENTS
        | {Right.SEE_SUPPORT_LEVELS, Right.SEND_CAMPAIGN, Right.EXPORT_PEOPLE, Right.MANAGE_TEAM}
        | {Right.USE_INBOX}
    ),
    Role.EVENT_HOST: frozenset({Right.CHECK_IN}),  # their events and who comes to them, nobody else
    Role.VOLUNTEER: frozenset({Right.VIEW_PEOPLE, Right.CHECK_IN}),
    Role.DATA_PROTECTION_OFFICER: frozenset(
        _READING
        | {Right.EDIT_COMPLIANCE, Right.HANDLE_REQUESTS, Right.CHANGE_RULES}
        | {Right.APPROVE_EXPORT, Right.VIEW_JOURNAL}
    ),
    Role.READ_ONLY: frozenset(_READING),
}
NATIONAL_ONLY = frozenset({Role.ADMINISTRATOR, Role.DATA_PROTECTION_OFFICER})
"""Roles that mean nothing in one territory: they answer for the whole installation."""

GRANTED: frozenset[Right] = frozenset().union(
    *(RIGHTS_OF[role] for role in Role if role not in NATIONAL_ONLY)
)
"""The rights that a grant may hold: of any other, no grant need be read."""


def rights_of(role: str) -> frozenset[Right]:
    """The rights of a role; none for no role, or one that this version does not know."""
    try:
        return RIGHTS_OF[Role(role)]
    except ValueError:
        return frozenset()


def role_has_right(role: str, right: str) -> bool:
    """True when the role holds the right; an unknown role holds none."""
    return right in rights_of(role)
