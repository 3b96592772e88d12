"""How long data stays, as shipped and as the data-protection role changed it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.enums import Relationship, RetentionRuleName, SourceKind
from contacts.errors import ContactsError
from contacts.models import RetentionRule

# Days after the vote: CNIL, 21 October 2025, list data goes after the election; 30 leave time for appeals.
# Months without a sign of life: 36 is the commercial doctrine of the CNIL, for want of a political one.
SHIPPED = {RetentionRuleName.ROLL: 30, RetentionRuleName.RENTAL: 0, RetentionRuleName.LAST_SIGN: 36}
# A member belongs to the organisation until they leave it, whatever they open.
SHIPPED_EXCEPTIONS: dict[tuple[str, str], int | None] = {("", Relationship.MEMBER.value): None}
LONGEST = {RetentionRuleName.ROLL: 400, RetentionRuleName.RENTAL: 0, RetentionRuleName.LAST_SIGN: 120}
LAST_SIGN = RetentionRuleName.LAST_SIGN


class RuleRefused(ContactsError):
    """A rule cannot be what is asked of it; the message says why."""


@dataclass(frozen=True)
class Term:
    """How long people of one kind of source and relationship stay without a sign of life; empty: any."""

    kind: str
    relationship: str
    months: int | None
    is_shipped: bool = True


def days_after(rule: RetentionRuleName) -> int | None:
    """Days after the vote, or after the licence, at which data goes; None: never by itself."""
    own = RetentionRule.objects.filter(rule=rule).first()
    return SHIPPED[rule] if own is None else own.amount


def exceptions() -> list[Term]:
    """The rule of the last sign of life and its exceptions, the rule itself first."""
    terms: dict[tuple[str, str], Term] = {("", ""): Term("", "", SHIPPED[LAST_SIGN])}
    terms |= {key: Term(*key, months) for key, months in SHIPPED_EXCEPTIONS.items()}
    for own in RetentionRule.objects.filter(rule=LAST_SIGN):
        terms[own.kind, own.relationship] = Term(own.kind, own.relationship, own.amount, is_shipped=False)
    return sorted(
        terms.values(), key=lambda term: (bool(term.kind or term.relationship), term.kind, term.relationship)
    )


def months_by_kind_and_relationship() -> list[Term]:
    """Every kind of source (empty: no source) with every relationship, each with its months.

    The narrowest exception holds: kind and relationship, then the relationship, then the kind.
    """
    said = {(term.kind, term.relationship): term.months for term in exceptions()}
    every = []
    for kind in ("", *SourceKind.values):
        for relationship in Relationship.values:
            narrowest = next(
                key for key in ((kind, relationship), ("", relationship), (kind, ""), ("", "")) if key in said
            )
            every.append(Term(kind, relationship, said[narrowest]))
    return every


@transaction.atomic
def change_rule(
    *,
    rule: RetentionRuleName,
    amount: int | None,
    reason: str,
    by: User | None,
    kind: str = "",
    relationship: str = "",
) -> RetentionRule:
    """Have data stay for another time; asks for a reason, which stays in the journal with both values."""
    if not reason.strip():
        raise RuleRefused(_("Say why: the reason stays in the journal."))
    if rule == RetentionRuleName.RENTAL and amount != 0:
        raise RuleRefused(_("A rented file goes at the end of its licence: change the end on the source."))
    if amount is not None and amount > LONGEST[rule]:
        raise RuleRefused(_("At most %(most)s.") % {"most": LONGEST[rule]})
    if rule == LAST_SIGN and amount == 0:
        raise RuleRefused(_("Write at least one month, or choose that they stay."))
    before = _amount_now(rule, kind, relationship)
    written, _created = RetentionRule.objects.update_or_create(
        rule=rule,
        kind=kind,
        relationship=relationship,
        defaults={"amount": amount, "changed_by": by, "changed_at": Now()},
    )
    audit.record(
        action="retention.change_rule",
        on=written,
        by=by,
        fields=["amount"],
        detail={"rule": rule.value, "before": before, "after": amount}
        | ({"kind": kind} if kind else {})
        | ({"relationship": relationship} if relationship else {}),
        reason=reason.strip(),
    )
    return written


@transaction.atomic
def remove_exception(*, exception: RetentionRule, reason: str, by: User | None) -> None:
    """Have the rule itself hold again where an exception stood."""
    if not reason.strip():
        raise RuleRefused(_("Say why: the reason stays in the journal."))
    audit.record(
        action="retention.remove_exception",
        on=exception,
        by=by,
        detail={"kind": exception.kind, "relationship": exception.relationship, "before": exception.amount},
        reason=reason.strip(),
    )
    exception.delete()


def _amount_now(rule: RetentionRuleName, kind: str, relationship: str) -> int | None:
    if rule != LAST_SIGN:
        return days_after(rule)
    return next(
        (term.months for term in exceptions() if (term.kind, term.relationship) == (kind, relationship)), None
    )
