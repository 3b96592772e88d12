"""Which rule of law stands behind a reason for which somebody is not written to."""

from __future__ import annotations

from collections.abc import Mapping

from contacts.enums import UnreachableReason

RULE_OF: Mapping[UnreachableReason, str] = {
    UnreachableReason.SUPPRESSED: "opt-out",
    UnreachableReason.WITHDRAWN: "consent-withdrawn",
    UnreachableReason.ROLL_ONLY: "roll-offline",
    UnreachableReason.LICENCE_ENDED: "licence",
    UnreachableReason.BROKER_ONLY: "whole-broker-file",
    UnreachableReason.NO_BASIS: "lawful-basis",
    UnreachableReason.NO_TARGETING_CONSENT: "targeting-consent",
    UnreachableReason.UNDER_AGE: "minors",
}
"""The others are facts, such as no address: no rule refuses them."""
