"""What a send can be told besides its audience, each with its targeting class (Regulation (EU) 2024/900).

An option that chooses whom a message reaches, or when each person gets it, by what is known of them makes the
mailing targeted, as a condition of its audience does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from contacts.enums import Channel, TargetingClass
from contacts.segments.audience import TARGETING, Audience
from messaging.models import Campaign

SEND_OPTIONS: Mapping[str, TargetingClass] = {
    "when": TargetingClass.TECHNICAL,  # at once, or all at one moment
    "at": TargetingClass.TECHNICAL,
    "send_until": TargetingClass.TECHNICAL,
    "typed": TargetingClass.TECHNICAL,  # the number of recipients, typed out to confirm
    "one_per_address": TargetingClass.TECHNICAL,  # of people who share an address, the first of the base
    "engaged_first": TargetingClass.CRITERION,
    "moment": TargetingClass.CRITERION,  # the place or the habits of each person
}
ONLY_FOR_THOSE_WHO_AGREED = frozenset({"engaged_first", "moment"})
"""Options that decide by what is known of a person only for those who agreed to be targeted: the others get
the message all the same, at the moment of the mailing. They choose nobody, so that the mailing itself needs
no agreement; it stands in the register and owes the notice as a targeted one does."""


def is_targeted(campaign: Campaign, audience: Audience) -> bool:
    """Whether its audience, its territory or one of its options chooses people by what is known of them."""
    chosen = audience.targeted_on(Channel(campaign.channel), campaign.scope)
    choosing = set(options_of(campaign)) - ONLY_FOR_THOSE_WHO_AGREED
    return chosen or bool({SEND_OPTIONS[name] for name in choosing} & TARGETING)


def sorts_people(campaign: Campaign) -> bool:
    """Whether one of its options decides something by what is known of a person."""
    return bool({SEND_OPTIONS[name] for name in options_of(campaign)} & TARGETING)


def options_of(campaign: Campaign) -> Iterable[str]:
    """Names of the options that a mailing uses."""
    yield "one_per_address"
    yield "at" if campaign.scheduled_at is not None else "when"
    if campaign.send_until is not None:
        yield "send_until"
    if campaign.engaged_first:
        yield "engaged_first"
    if campaign.moment:
        yield "moment"
