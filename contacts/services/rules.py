"""Changing the rulebook: by the data-protection role, with a reason, and never while it would be abused."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from contacts.enums import Severity
from contacts.errors import ContactsError
from contacts.models import RuleChange, SilenceWindow
from contacts.rules.asked import note_rules_asked
from contacts.rules.rulebook import in_force
from contacts.rules.silence import MARGIN

SHORTEST_REASON = 10  # characters: "ok" tells nobody why


class RuleChangeRefused(ContactsError):
    """A rule cannot be changed so; the message says why."""


@transaction.atomic
def change_rule(
    *, key: str, severity: Severity, reason: str, figure: int | None = None, by: User
) -> RuleChange:
    """Give a rule another severity or figure, from now on and for what is being sent already.

    Raises RuleChangeRefused: for a person without the right, a rule that is not open to it, no reason, no
    change, or the silence while it holds.
    """
    if not by.has_right(Right.CHANGE_RULES):
        raise RuleChangeRefused(_("Only the data-protection role changes a rule."))
    found = in_force(key)
    if found is None:
        raise RuleChangeRefused(_("The rulebook has no rule of this name."))
    if found.rule.fixed:
        raise RuleChangeRefused(_("This rule holds everywhere: it cannot be changed."))
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise RuleChangeRefused(_("Say why, in a sentence: it is kept with the change."))
    if found.rule.figure is None:
        figure = None
    elif figure is None or not found.rule.figure.least <= figure <= found.rule.figure.most:
        words = {"least": found.rule.figure.least, "most": found.rule.figure.most}
        raise RuleChangeRefused(_("Choose a number from %(least)s to %(most)s.") % words)
    if (severity, figure) == (found.severity, found.figure):
        raise RuleChangeRefused(_("This is how the rule stands already."))
    if severity not in found.rule.severities:
        raise RuleChangeRefused(
            _("Nobody would read a warning: this rule refuses each message, or is not asked.")
        )
    if key == "silence" and severity != Severity.BLOCK and _silence_is_near():
        raise RuleChangeRefused(
            _("The silence has begun: this rule can be changed once the polls have closed.")
        )
    change = RuleChange.objects.create(
        rule=key, severity=severity, figure=figure, reason=reason, changed_by=by
    )
    detail: dict[str, Any] = {"rule": key, "from": found.severity.value, "to": severity.value}
    if figure is not None:
        detail |= {"figure_from": found.figure, "figure_to": figure}
    note_rules_asked()
    audit.record(action="rule.change", on=change, by=by, detail=detail, reason=reason)
    return change


def _silence_is_near() -> bool:
    now = timezone.now()
    return SilenceWindow.objects.filter(begins_at__lte=now + MARGIN, ends_at__gt=now).exists()
