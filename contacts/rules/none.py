"""The rulebook for elsewhere: what no country does without. The law of the place is yours to add.

Rules of France that have no counterpart here are not asked at all.
"""

from __future__ import annotations

from contacts.rules import fr

NAME = "none"
EDITION = "1"

_EVERYWHERE = frozenset(
    {
        *("opt-out", "consent-withdrawn", "lawful-basis", "roll-offline", "whole-broker-file", "licence"),
        *("forbidden-criteria", "first-information", "way-out", "measurement-consent", "opt-out-file"),
    }
)
RULES = tuple(rule for rule in fr.RULES if rule.key in _EVERYWHERE)
