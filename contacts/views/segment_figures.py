"""The figures of a segment: how many, a few names, who can be reached how and why the others cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise

from contacts.enums import Channel, MessageKind, TargetingClass
from contacts.models import Contact
from contacts.models.contact import BUCKETS, ContactQuerySet
from contacts.rules.channels import DIGITAL
from contacts.segments.audience import TARGETING, refusals_of
from contacts.segments.compile import people_matching
from contacts.segments.counting import (
    EXACT_ANSWER,
    Estimate,
    TooSlow,
    count_estimate,
    count_exactly,
    sample,
    scaled,
    timed,
)
from contacts.segments.explanations import WHAT_A_CLASS_MEANS, WHAT_TO_DO
from contacts.segments.nesting import STRICTNESS, classes_of
from contacts.segments.reachability import Counts, count_reachable
from contacts.segments.tree import Group, rules_of

NAMES = 6
SMALL = 50_000  # people whose reach is counted to the last one while the page is being built
CHANNEL_SECONDS = 4.0
Text = str | Promise


@dataclass(frozen=True)
class Line:
    """Why some people are left out. `people` is exact or about, as its channel is."""

    label: Text
    people: int
    advice: Text


@dataclass(frozen=True)
class ChannelFigures:
    """One channel. `refusal` instead of figures where no mailing may use the conditions."""

    channel: Channel
    reachable: int = 0
    exact: bool = True
    left_out: tuple[Line, ...] = ()
    untargeted: int | None = None  # who could be reached if nobody were chosen by a criterion
    refusal: str = ""
    too_slow: bool = False


@dataclass(frozen=True)
class Meaning:
    """The conditions of one class in words, and what the class costs."""

    targeting_class: TargetingClass
    texts: list[str]
    meaning: Text


@dataclass(frozen=True)
class Picture:
    """A tree worked out: `estimate` people, some of them by name."""

    people: ContactQuerySet
    estimate: Estimate
    names: list[Contact]
    meanings: list[Meaning]
    refusals: Mapping[Channel, str]


def picture_of(tree: Group, *, inside: tuple[int, ...] = ()) -> Picture:
    """The first answer, within a fraction of a second; raises SegmentInvalid."""
    people = people_matching(tree, inside=inside)
    estimate = count_estimate(people)
    return Picture(
        people=people,
        estimate=estimate,
        names=list(sample(people, estimate.buckets or 1).select_related("commune")[:NAMES]),
        meanings=meanings_of(tree),
        refusals=refusals_of(tree, inside),
    )


def meanings_of(tree: Group) -> list[Meaning]:
    """The conditions by class, the strictest first."""
    texts: dict[TargetingClass, list[str]] = {}
    for rule in rules_of(tree):
        texts.setdefault(rule.targeting_class, []).append(str(rule))
    order = sorted(texts, key=STRICTNESS.index, reverse=True)
    return [Meaning(used, texts[used], WHAT_A_CLASS_MEANS[used]) for used in order]


def exact_count(people: ContactQuerySet, *, seconds: float = EXACT_ANSWER) -> Estimate:
    """Everybody counted; the estimate again when that takes too long."""
    try:
        return count_exactly(people, seconds=seconds)
    except TooSlow:
        return count_estimate(people)


def channels_of(
    tree: Group, count: Estimate, *, inside: tuple[int, ...] = (), exactly: bool = False
) -> list[ChannelFigures]:
    """Figures of the four channels for a political message: exact for small segments or when asked."""
    people = people_matching(tree, inside=inside)
    refusals = refusals_of(tree, inside)
    everybody = exactly or (count.exact and count.value <= SMALL)
    buckets = BUCKETS if everybody else min(BUCKETS, max(1, BUCKETS * SMALL // max(count.value, 1)))
    return [
        _channel(
            people,
            channel,
            bool(classes_of(tree, inside, channel=channel) & TARGETING),
            refusals.get(channel, ""),
            buckets,
        )
        for channel in Channel
    ]


def _channel(
    people: ContactQuerySet, channel: Channel, targeted: bool, refusal: str, buckets: int
) -> ChannelFigures:
    if refusal:
        return ChannelFigures(channel, refusal=refusal)

    def counted(chosen: bool) -> Counts:
        return timed(
            lambda: count_reachable(
                sample(people, buckets), channel=channel, kind=MessageKind.POLITICAL, targeted=chosen
            ),
            seconds=CHANNEL_SECONDS,
        )

    try:
        counts = counted(targeted)
        untargeted = counted(False).reachable if targeted and channel in DIGITAL else None
    except TooSlow:
        return ChannelFigures(channel, too_slow=True)
    lines = [
        Line(reason.label, scaled(number, buckets).value, WHAT_TO_DO.get(reason, ""))
        for reason, number in sorted(counts.left_out.items(), key=lambda item: -item[1])
    ]
    reached = scaled(counts.reachable, buckets)
    return ChannelFigures(
        channel=channel,
        reachable=reached.value,
        exact=reached.exact,
        left_out=tuple(lines),
        untargeted=None if untargeted is None else scaled(untargeted, buckets).value,
    )
