"""What the rules answered for one message when it left: passed, or not asked, and why not.

A message that was handed over passed whatever was asked of it. What was asked is kept by
`contacts.rules.asked`; what a message is exempt from follows from what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.enums import Channel, MessageKind
from contacts.models import RulesAsked
from contacts.rules.asked import asked_at, everything_asked, was_asked
from contacts.rules.channels import DIGITAL
from messaging.models import Delivery

WORDS: Mapping[str, Promise] = {
    "campaign_cancelled": gettext_lazy("the mailing was not cancelled"),
    "campaign_held": gettext_lazy("the mailing was not paused"),
    "sending_off": gettext_lazy("sending was allowed"),
    "silence": gettext_lazy("no election silence where the person lives"),
    "silence_service": gettext_lazy("in an election silence, it was approved before it began"),
    "hours": gettext_lazy("it was an hour for text messages and calls where the person lives"),
    "expired": gettext_lazy("it was not too late"),
    "family_held": gettext_lazy("messages to this mailbox provider were not held"),
    "suppressed": gettext_lazy("the address was not on the do-not-contact list"),
    "address_unusable": gettext_lazy("the address was still theirs and in use"),
    "consent_withdrawn": gettext_lazy("the person had not withdrawn their consent"),
    "source_closed": gettext_lazy("the source still allowed it"),
    "targeting_withdrawn": gettext_lazy("the person agreed to targeted messages"),
    "left_newsletter": gettext_lazy("the person had not left the newsletter"),
    "chosen_frequency": gettext_lazy("the person had not asked for fewer messages"),
    "frequency_cap": gettext_lazy("the person had not received enough messages that week"),
    "version_by_place": gettext_lazy("the person agreed to read the words of their place"),
}
# Rules that cannot be switched off: their checks do not look whether they stand.
RULE_OF_CHECK: Mapping[str, str] = {
    "suppressed": "opt-out",
    "consent_withdrawn": "consent-withdrawn",
    "source_closed": "licence",
}
_SERVICE = gettext_lazy("it is a service message")
_POLITICAL = gettext_lazy("it is a political message")
_CHANNEL = gettext_lazy("it is not for this channel")


@dataclass(frozen=True)
class Answer:
    """One question in words, the rule of law that it holds (empty: none), and `why` it was not asked."""

    words: str
    rule: str = ""
    why: str = ""


@dataclass(frozen=True)
class Answered:
    """`passed`: questions that were asked; `not_asked`: the others; `kept` False: it was not kept."""

    passed: list[Answer] = field(default_factory=list)
    not_asked: list[Answer] = field(default_factory=list)
    kept: bool = True


def answers_for(rows: list[Delivery]) -> list[Answered]:
    """What was answered for each message; one that did not leave has nothing here."""
    kept = everything_asked()  # a row a change: few
    return [
        _answered(row, asked_at(kept, row.handed_at)) if row.handed_at is not None else Answered()
        for row in rows
    ]


def _answered(row: Delivery, asked: RulesAsked | None) -> Answered:
    if asked is None:
        return Answered(kept=False)
    passed: list[Answer] = []
    not_asked: list[Answer] = []
    for name, rule in asked.checks:
        if name not in WORDS:  # of a program that asked something else
            continue
        why = _exempt(name, row) or ("" if was_asked(asked, rule) else _rule_off(asked, rule))
        answer = Answer(str(WORDS[name]), rule or RULE_OF_CHECK.get(name, ""), str(why))
        (not_asked if why else passed).append(answer)
    return Answered(passed, not_asked)


def _rule_off(asked: RulesAsked, rule: str) -> str:
    if asked.rules.get(rule) == "warn":
        return _("the rule only warned on that day")
    return _("the rule was not asked on that day")


def _political_only(row: Delivery) -> Promise | str:
    return _SERVICE if row.campaign.kind == MessageKind.SERVICE else ""


def _service_only(row: Delivery) -> Promise | str:
    if row.campaign.kind == MessageKind.POLITICAL:
        return _POLITICAL
    return gettext_lazy("it answers something the person did") if row.campaign.standing_for else ""


def _hours(row: Delivery) -> Promise | str:
    by_voice = row.campaign.channel in (Channel.SMS, Channel.CALL)
    return _political_only(row) or ("" if by_voice else _CHANNEL)


def _source(row: Delivery) -> Promise | str:
    own = gettext_lazy("their own agreement allows it")
    return _political_only(row) or (own if row.consent_id or not row.source_id else "")


def _targeting(row: Delivery) -> Promise | str:
    if not row.campaign.targeted:
        return gettext_lazy("it was not targeted")
    return _political_only(row) or ("" if row.campaign.channel in DIGITAL else _CHANNEL)


def _version(row: Delivery) -> Promise | str:
    versions = row.campaign.variants.filter(number=row.variant, territory__isnull=False)
    return "" if row.variant and versions.exists() else gettext_lazy("it was the same in every place")


def _newsletter(row: Delivery) -> Promise | str:
    return "" if row.subscription_id else gettext_lazy("it is no newsletter")


def _address(row: Delivery) -> Promise | str:
    if row.campaign.channel != Channel.EMAIL:
        return _CHANNEL
    return "" if row.contact_id else gettext_lazy("the address was still to be confirmed")


_EXEMPT: Mapping[str, Callable[[Delivery], Promise | str]] = {
    "silence": _political_only,
    "silence_service": _service_only,
    "hours": _hours,
    "address_unusable": _address,
    "consent_withdrawn": _political_only,
    "source_closed": _source,
    "targeting_withdrawn": _targeting,
    "left_newsletter": _newsletter,
    "chosen_frequency": _political_only,
    "frequency_cap": _political_only,
    "version_by_place": _version,
}


def _exempt(name: str, row: Delivery) -> Promise | str:
    """Why this question is not asked of such a message; empty when it is."""
    exempt = _EXEMPT.get(name)
    return exempt(row) if exempt is not None else ""
