"""The rulebook in force: the rules of the country, and what the installation changed of them.

`settings.RULEBOOK` names the country's: a module of this package with NAME, EDITION and RULES.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from contacts.enums import Severity
from contacts.models import RuleChange
from contacts.rules import fr, none
from contacts.rules.rule import Finding, Planned, Rule

RULEBOOKS: dict[str, tuple[ModuleType, object]] = {
    fr.NAME: (fr, _("France")),
    none.NAME: (none, _("No country’s rules")),
}


@dataclass(frozen=True)
class InForce:
    """How a rule stands on this installation; `change` is the newest, if there was one."""

    rule: Rule
    change: RuleChange | None = None

    @property
    def severity(self) -> Severity:
        if self.change is None or self.rule.fixed:
            return self.rule.default
        chosen = Severity(self.change.severity)
        return chosen if chosen in self.rule.severities else Severity.BLOCK

    @property
    def figure(self) -> int | None:
        if self.rule.figure is None:
            return None
        changed = self.change.figure if self.change is not None else None
        return changed if changed is not None else self.rule.figure.default


def rules() -> tuple[Rule, ...]:
    """Every rule of the country's rulebook, in the order in which they are read."""
    return _by_key(settings.RULEBOOK)[0]


def rule_named(key: str) -> Rule | None:
    """A rule of the rulebook; None when the country has no such rule."""
    return _by_key(settings.RULEBOOK)[1].get(key)


def in_force(key: str) -> InForce | None:
    """How one rule stands; None when the rulebook does not have it."""
    rule = rule_named(key)
    if rule is None:
        return None
    return InForce(rule, RuleChange.objects.filter(rule=key).order_by("-id").first())


def all_in_force() -> list[InForce]:
    """How every rule stands, in one query."""
    newest = RuleChange.objects.order_by("rule", "-id").distinct("rule").select_related("changed_by")
    changes = {change.rule: change for change in newest}
    return [InForce(rule, changes.get(rule.key)) for rule in rules()]


def refuses(key: str) -> bool:
    """Whether a rule keeps messages from leaving, as things stand."""
    rule = rule_named(key)
    if rule is None or rule.fixed:  # nothing to read: no change bears on it
        return rule is not None and rule.default == Severity.BLOCK
    found = in_force(key)
    return found is not None and found.severity == Severity.BLOCK


def findings(planned: Planned) -> list[Finding]:
    """The rules that a planned mailing breaks, those that refuse it first."""
    found = [
        Finding(one.rule, one.severity)
        for one in all_in_force()
        if one.severity != Severity.OFF and one.rule.broken is not None and one.rule.broken(planned)
    ]
    return sorted(found, key=lambda finding: not finding.refuses)


def version() -> str:
    """What is kept with each message: the rulebook, its edition and the number of the newest change."""
    module, _label = RULEBOOKS[settings.RULEBOOK]
    newest = RuleChange.objects.order_by("-id").values_list("id", flat=True).first()
    return f"{module.NAME}-{module.EDITION}" + (f".{newest}" if newest else "")


def refuses_sql(key: str) -> str:
    """SQL, true when the rule refuses: for the checks at hand-over, which obey a change at once."""
    rule = rule_named(key)
    if rule is None:
        return "false"
    if rule.fixed:
        return "true" if rule.default == Severity.BLOCK else "false"
    softer = "', '".join(one for one in rule.severities if one != Severity.BLOCK)
    return f"coalesce({_newest('severity', key)}, '{rule.default}') NOT IN ('{softer}')"


def figure_sql(key: str) -> str:
    """SQL: the figure of a rule, as the installation set it; null when the rulebook has none."""
    rule = rule_named(key)
    if rule is None or rule.figure is None:
        return "NULL"
    return f"coalesce({_newest('figure', key)}, {rule.figure.default})"


def _newest(column: str, key: str) -> str:
    return f"(SELECT x.{column} FROM contacts_rulechange x WHERE x.rule = '{key}' ORDER BY x.id DESC LIMIT 1)"  # noqa: S608


@lru_cache(maxsize=len(RULEBOOKS))
def _by_key(name: str) -> tuple[tuple[Rule, ...], dict[str, Rule]]:
    module, _label = RULEBOOKS[name]
    found: tuple[Rule, ...] = module.RULES
    return found, dict(_unique(found))


def _unique(found: tuple[Rule, ...]) -> Iterator[tuple[str, Rule]]:
    seen = set[str]()
    for rule in found:
        if rule.key in seen:
            raise ValueError(f"Two rules are named {rule.key!r}.")
        seen.add(rule.key)
        yield rule.key, rule
