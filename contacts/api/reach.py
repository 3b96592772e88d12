"""How a person may be reached, channel by channel, and which rule says no: for the API."""

from __future__ import annotations

from typing import TypedDict

from django.utils import timezone

from contacts.enums import Channel, UnreachableReason
from contacts.models import Contact, Reach
from contacts.rules.channels import DIGITAL, latest_birth_of_age
from contacts.rules.reasons import RULE_OF
from contacts.rules.rulebook import refuses


class Refusal(TypedDict):
    """Why a message may not leave: a code, the rule of law (empty: none refuses it), and words."""

    reason: str
    rule: str
    sentence: str


class ReachOn(TypedDict):
    """One channel: `political` and `service` are null when such messages may leave."""

    channel: str
    political: Refusal | None
    service: Refusal | None
    targeting: Refusal | None


class Asked:
    """What is the same for everybody of one answer: the day, and how the rules stand."""

    def __init__(self) -> None:
        self.day = timezone.localdate()
        self._needs_consent = refuses("targeting-consent")

    def why_not_targeted(self, channel: Channel, row: Reach, contact: Contact) -> UnreachableReason | None:
        """Why nobody may choose this person by a criterion, where the channel is open to them."""
        if channel not in DIGITAL:
            return None
        if self._needs_consent and not row.targeting:
            return UnreachableReason.NO_TARGETING_CONSENT
        youngest = latest_birth_of_age(self.day)
        born = contact.birth_date
        young = born > youngest if born is not None else (contact.birth_year or 0) > youngest.year
        return UnreachableReason.UNDER_AGE if young else None


def reach_of(contact: Contact, asked: Asked) -> list[ReachOn]:
    """All four channels, in their order; `contact.reach` is read from what was prefetched."""
    rows = {row.channel: row for row in contact.reach.all()}
    return [_on(channel, rows.get(channel), contact, asked) for channel in Channel]


def refusal(reason: UnreachableReason | None) -> Refusal | None:
    """A reason as the API tells it, in the language of the moment."""
    if reason is None:
        return None
    return {"reason": reason.value, "rule": RULE_OF.get(reason, ""), "sentence": str(reason.label)}


def _on(channel: Channel, row: Reach | None, contact: Contact, asked: Asked) -> ReachOn:
    if row is None:
        missing = refusal(UnreachableReason.NO_ADDRESS)
        return {"channel": channel.value, "political": missing, "service": missing, "targeting": missing}
    political = row.closed_because(asked.day)
    service = None if row.service else UnreachableReason(row.service_reason)
    targeting = political or asked.why_not_targeted(channel, row, contact)
    return {
        "channel": channel.value,
        "political": refusal(political),
        "service": refusal(service),
        "targeting": refusal(targeting),
    }
