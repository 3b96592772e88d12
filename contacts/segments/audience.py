"""From what a mailing says about its recipients to people, with what that choice costs in law.

An audience is {"type": "segment" | "list" | "newsletter" | "source" | "everyone" | "incident", "id": n}. A
whole source may be cut in two by chance: {"part": "slice" | "rest", "below": b} takes the people whose
fixed random bucket is below b, or the others; that chooses nobody by what is known of them. Whether an
audience is *targeted* follows from the classes of its conditions and from the territories of its mailing
(Regulation (EU) 2024/900), never from a view: where somebody lives is a criterion as any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import ceil
from typing import Any, TypeVar

from django.db.models import Model, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.enums import Channel, MessageKind, SourceKind, TargetingClass
from contacts.models import Contact, Incident, List, Newsletter, Segment, Source, TerritoryAncestor
from contacts.models.contact import BUCKETS, ContactQuerySet
from contacts.registers.concerned import people_concerned
from contacts.rules.channels import DIGITAL, whole_file_only
from contacts.segments.compile import compile_node
from contacts.segments.conditions import Context
from contacts.segments.errors import AudienceRefused
from contacts.segments.nesting import all_take_part, classes_of, every_rule, named_segments, read_segment
from contacts.segments.reachability import Counts, Terms, count_reachable, reachable
from contacts.segments.scope import Scope
from contacts.segments.tree import Group

# Classes that make a digital political mailing a targeted one. Taking part in something opens the service
# messages about it, and nothing else: a political mailing to participants chooses them by a criterion.
TARGETING = frozenset({TargetingClass.CRITERION, TargetingClass.REGISTRANT, TargetingClass.FORBIDDEN})
FOR_SERVICE = frozenset({TargetingClass.REGISTRANT, TargetingClass.TECHNICAL})
SLICE, REST = "slice", "rest"
PARTS = (SLICE, REST)
LARGEST_SLICE = BUCKETS // 4
"""A slice is there to stop the rest: nearly all of a file is no slice of it."""
AnyModel = TypeVar("AnyModel", bound=Model)


@dataclass(frozen=True)
class Audience:
    """People, before anybody is left out.

    `classes` are those of its conditions, `classes_by` those in a mailing on one channel; `takes_part` when
    everybody holds a registrant's record, which is what service messages need; `source` is set when it is a
    whole source, `newsletter` when it is one; `segment`, its version and `tree` (JSON) when it is a segment;
    `label` is for screens.
    `refusals` says, by channel, why a mailing on it may not use this audience.
    """

    queryset: ContactQuerySet
    classes: frozenset[TargetingClass]
    label: str
    source: Source | None = None
    segment: Segment | None = None
    segment_version: int | None = None
    tree: dict[str, Any] | None = None
    refusals: Mapping[Channel, str] | None = None
    takes_part: bool = False
    classes_by: Mapping[Channel, frozenset[TargetingClass]] = field(default_factory=dict)
    newsletter: Newsletter | None = None

    def classes_on(self, channel: Channel, scope: Scope = None) -> frozenset[TargetingClass]:
        """What the choice of people is in a mailing on this channel, of these territories."""
        classes = self.classes_by.get(channel, self.classes)
        narrowed = self.narrowed_by(scope) is not None
        return classes | {TargetingClass.CRITERION} if narrowed else classes

    def targeted_on(self, channel: Channel, scope: Scope = None) -> bool:
        """Whether a mailing on this channel chooses people by what is known of them."""
        return bool(self.classes_on(channel, scope) & TARGETING)

    def narrowed_by(self, scope: Scope) -> Scope:
        """The territories outside which nobody of it is written to; None when they leave nobody out.

        Whoever chose the newsletter of a place inside them chose it: where they live is not asked.
        """
        newsletter = self.newsletter
        if scope is None or newsletter is None or newsletter.territory_id is None:
            return scope
        inside = TerritoryAncestor.objects.filter(ancestor__in=scope, descendant=newsletter.territory_id)
        return None if inside.exists() else scope

    def check_scope(self, channel: Channel, scope: Scope) -> None:
        """Raise AudienceRefused when territories would choose among the people of a broker's file."""
        if scope is not None and self.source is not None and whole_file_only(self.source.kind, channel):
            raise AudienceRefused(
                _(
                    "A broker’s file is written to as a whole: a mailing of one territory would choose among"
                    " its people. Send it from a mailing of the whole country, or write letters."
                ),
                rule="whole-broker-file",
            )

    def check_channel(self, channel: Channel) -> None:
        """Raise AudienceRefused when no mailing on this channel may use it."""
        reason = (self.refusals or {}).get(Channel(channel))
        if reason:
            raise AudienceRefused(reason, rule=self._refusing_rule())

    def _refusing_rule(self) -> str:
        """Which rule of law stands behind a channel that is refused."""
        if self.source is None:
            return "forbidden-criteria"
        return "roll-offline" if self.source.kind == SourceKind.ROLL else "whole-broker-file"

    def check_kind(self, kind: MessageKind) -> None:
        """Raise AudienceRefused for service messages to people who take part in nothing, or to some of them.

        Who they are is no reason to tell one participant and not another: that chooses readers for a text.
        """
        if kind != MessageKind.SERVICE:
            return
        if not self.takes_part:
            raise AudienceRefused(
                _(
                    "A service message goes to people who take part in something, about it: choose a"
                    " segment with a condition such as “Takes part by the form”. Anything else is political."
                )
            )
        if not self.classes <= FOR_SERVICE:
            raise AudienceRefused(
                _(
                    "A service message goes to everybody who takes part: take out the conditions about who"
                    " they are or what they did. A message for some of them only is political."
                )
            )

    def reachable(
        self, *, channel: Channel, kind: MessageKind, scope: Scope = None, at: datetime | None = None
    ) -> ContactQuerySet:
        """The people of the audience who may be written to, within `scope`; raises AudienceRefused."""
        return reachable(self.queryset, **self._terms(channel, kind, scope, at))

    def counts(
        self,
        *,
        channel: Channel,
        kind: MessageKind,
        scope: Scope = None,
        at: datetime | None = None,
        one_per_address: bool = False,
    ) -> Counts:
        """Who of the audience is reached and why the others are not; raises AudienceRefused."""
        terms = self._terms(channel, kind, scope, at)
        return count_reachable(self.queryset, one_per_address=one_per_address, **terms)

    def _terms(self, channel: Channel, kind: MessageKind, scope: Scope, at: datetime | None) -> Terms:
        """What its mailing is to everybody; raises AudienceRefused."""
        self.check_channel(channel)
        self.check_kind(kind)
        self.check_scope(channel, scope)
        return Terms(
            channel=channel,
            kind=kind,
            targeted=self.targeted_on(channel, scope),
            source=self.source,
            scope=self.narrowed_by(scope),
            at=at,
        )


def resolve_audience(
    audience: Mapping[str, Any], *, channel: Channel | None = None, at: datetime | None = None
) -> Audience:
    """Return the people that `audience` means.

    With `channel`, what no mailing on it may use is refused. Raises AudienceRefused, or SegmentInvalid when a
    segment can no longer be read; both are ContactsErrors whose message is for people.
    """
    if not audience:
        raise AudienceRefused(_("Choose who receives this mailing."))
    resolve = _TYPES.get(str(audience.get("type")))
    if resolve is None:
        raise AudienceRefused(
            _("There is no audience “%(type)s”.") % {"type": str(audience.get("type"))[:40]}
        )
    found = resolve(audience.get("id"), at or timezone.now())
    if "part" in audience:
        found = _part_of(found, audience)
    if channel is not None:
        found.check_channel(channel)
    return found


def bucket_for(people: int, size: int) -> int:
    """Below which bucket about `size` of some people are; at least one bucket, and a quarter at most."""
    return min(max(ceil(BUCKETS * size / max(people, 1)), 1), LARGEST_SLICE)


def _part_of(audience: Audience, choice: Mapping[str, Any]) -> Audience:
    """A random part of a whole source."""
    part, below = choice.get("part"), choice.get("below")
    known = part in PARTS and isinstance(below, int) and 0 < below < BUCKETS
    if audience.source is None or not known:
        raise AudienceRefused(_("Only a whole source can be cut into a test slice and the rest."))
    is_slice = part == SLICE
    if is_slice and int(choice["below"]) > LARGEST_SLICE:
        raise AudienceRefused(_("A test slice is a quarter of the file at most: choose a smaller one."))
    bucket = Q(bucket__lt=below) if is_slice else Q(bucket__gte=below)
    label = _("%(name)s: test slice") if is_slice else _("%(name)s: the rest, after the test slice")
    return replace(
        audience,
        queryset=audience.queryset.filter(bucket),
        classes=audience.classes | {TargetingClass.TECHNICAL},
        label=label % {"name": audience.label},
    )


def refusals_of(tree: Group, inside: tuple[int, ...] = ()) -> dict[Channel, str]:
    """Channels on which no mailing may use the conditions of a tree, each with the reason."""
    refusals: dict[Channel, str] = {}
    for rule in every_rule(tree, inside):
        if named_segments(rule):  # the conditions of that segment come by themselves
            continue
        for channel in rule.condition.refused_on(rule.operator, rule.value):
            refusals.setdefault(channel, _refusal(rule.condition.label, channel))
    return refusals


def _everyone(_id: Any, _at: datetime) -> Audience:
    return Audience(_people(), frozenset(), _("Everyone"))


def _segment(segment_id: Any, at: datetime) -> Audience:
    segment = _row(Segment, segment_id, _("This segment does not exist any more."))
    tree = read_segment(segment.pk)
    inside = (segment.pk,)
    return Audience(
        queryset=_people().filter(compile_node(tree, Context(at, inside))),
        classes=classes_of(tree, inside),
        classes_by={channel: classes_of(tree, inside, channel=channel) for channel in DIGITAL},
        label=segment.name,
        segment=segment,
        segment_version=segment.version,
        tree=segment.tree,
        refusals=refusals_of(tree, inside),
        takes_part=all_take_part(tree, inside),
    )


def _list(list_id: Any, _at: datetime) -> Audience:
    chosen = _row(List, list_id, _("This fixed list does not exist any more."))
    classes = frozenset({TargetingClass(chosen.targeting_class)})
    people = _people().filter(list_memberships__list=chosen)
    return Audience(people, classes, chosen.name)


def _incident(incident_id: Any, _at: datetime) -> Audience:
    """Whom a breach concerns: told of it as a service, political messages or not (Article 34)."""
    incident = _row(Incident, incident_id, _("This incident is not written down any more."))
    people = _people().filter(pk__in=people_concerned(incident).values("pk"))
    classes = frozenset({TargetingClass.REGISTRANT})
    return Audience(people, classes, _("Whom an incident concerns"), takes_part=True)


def _newsletter(newsletter_id: Any, _at: datetime) -> Audience:
    chosen = _row(Newsletter, newsletter_id, _("This newsletter does not exist any more."))
    running = _people().filter(subscriptions__newsletter=chosen, subscriptions__ended_at__isnull=True)
    return Audience(running, frozenset({TargetingClass.SUBSCRIPTION}), chosen.name, newsletter=chosen)


def _source(source_id: Any, at: datetime) -> Audience:
    source = _row(Source, source_id, _("This source does not exist any more."))
    ends = source.licence_ends_on
    if ends is not None and ends < timezone.localdate(at):
        text = _("The licence of “%(name)s” has ended: its data may not be used any more.")
        raise AudienceRefused(text % {"name": source.name}, rule="licence")
    return Audience(
        queryset=_people().filter(source_links__source=source),
        classes=frozenset({TargetingClass.SUBSCRIPTION}),
        label=source.name,
        source=source,
        refusals=_source_refusals(source),
    )


def _source_refusals(source: Source) -> dict[Channel, str]:
    """Channels on which no mailing may go to a whole source, each with the reason."""
    if source.kind == SourceKind.ROLL:
        text = _("An electoral roll allows letters and door-to-door only: no e-mail, no SMS, no call.")
        return dict.fromkeys(set(Channel) - {Channel.POST}, text)
    if source.is_broker and not source.proof.strip():
        text = _("Write down where the proof of “%(name)s” is kept: a broker’s file may not be used without.")
        return dict.fromkeys(DIGITAL, text % {"name": source.name})
    return {}


def _refusal(label: Any, channel: Channel) -> str:
    text = _("The condition “%(label)s” may not choose who receives a message by this channel: %(channel)s.")
    return text % {"label": label, "channel": channel.label}


def _people() -> ContactQuerySet:
    return Contact.objects.visible()


def _row(model: type[AnyModel], pk: Any, missing: str) -> AnyModel:
    found = model._default_manager.filter(pk=pk).first() if isinstance(pk, int) else None
    if found is None:
        raise AudienceRefused(missing)
    return found


_TYPES: Mapping[str, Callable[[Any, datetime], Audience]] = {
    "incident": _incident,
    "everyone": _everyone,
    "segment": _segment,
    "list": _list,
    "newsletter": _newsletter,
    "source": _source,
}
