"""Who of an audience may be written to, and why the others may not.

`reachable` is the only way to an audience; `why_not` is its twin: both read Reach, the projection of what was
written down, and add what only the moment decides (licences that end, the age of a person, the kind of send).
Each person left out counts once, by the most final reason (the order of `UnreachableReason`; of a targeted
mailing, where somebody lives is asked before their agreement), so that the reasons and the reachable people
add up to the audience.

Querysets given here must not repeat a person: conditions compile to EXISTS, never to joins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NotRequired, TypedDict, Unpack

from django.db.models import Case, CharField, Count, Exists, F, FilteredRelation, OuterRef, Q, Value, When
from django.db.models.expressions import Combinable
from django.utils import timezone

from contacts.enums import Channel, MessageKind, UnreachableReason
from contacts.models import Contact, ContactSource, EmailAddress, PhoneNumber, Reach, Source
from contacts.models.contact import ContactQuerySet
from contacts.rules.channels import DIGITAL, basis_opens, latest_birth_of_age, whole_file_only
from contacts.rules.rulebook import refuses
from contacts.segments.scope import Scope, within

# What no basis and no source outweighs; other reasons fall when a mailing goes to a whole file.
AGAINST = (
    UnreachableReason.ERASED,
    UnreachableReason.SUPPRESSED,
    UnreachableReason.WITHDRAWN,
    UnreachableReason.NO_ADDRESS,
    UnreachableReason.BOUNCED,
)
REACHED = ""


@dataclass(frozen=True)
class Counts:
    """An audience told apart, in people: `audience` = `reachable` + the sum of `left_out`."""

    reachable: int
    left_out: dict[UnreachableReason, int] = field(default_factory=dict)

    @property
    def audience(self) -> int:
        return self.reachable + sum(self.left_out.values())


class Terms(TypedDict):
    """What a message is to everybody: see `reachable`."""

    channel: Channel
    kind: MessageKind
    targeted: bool
    source: NotRequired[Source | None]
    scope: NotRequired[Scope]
    at: NotRequired[datetime | None]


@dataclass(frozen=True)
class Send:
    """What is asked of each person: a message of `kind` on `channel` on `day` (local date)."""

    channel: Channel
    kind: MessageKind
    targeted: bool
    source: Source | None
    day: date
    scope: Scope = None
    consent_is_needed: bool = True  # to targeted messages: the rule "targeting-consent" refuses without

    @property
    def inside(self) -> Q:
        """The people within the scope."""
        return Q() if self.scope is None else within(self.scope, self.channel)

    @property
    def asks_targeting(self) -> bool:
        """Post and calls made one by one, and service messages, are outside Regulation (EU) 2024/900."""
        return self.targeted and self.kind == MessageKind.POLITICAL and self.channel in DIGITAL

    @property
    def whole_file(self) -> Source | None:
        """The broker's file this send goes to as a whole, when the file is open on that day."""
        source = self.source
        if source is None or self.targeted or not whole_file_only(source.kind, self.channel):
            return None
        licensed = source.licence_ends_on is None or source.licence_ends_on >= self.day
        ticked = self.channel in source.channels and basis_opens(source.lawful_basis, self.channel)
        return source if licensed and ticked else None

    @property
    def youngest(self) -> date:
        """Whoever is known to be born after this day is too young to be targeted."""
        return latest_birth_of_age(self.day)


def reachable(queryset: ContactQuerySet, **terms: Unpack[Terms]) -> ContactQuerySet:
    """The people of `queryset` who may be written to.

    `targeted` comes from `audience.resolve_audience`. `source` is given when a whole source is written to,
    which alone opens e-mail and SMS to the people of a broker's file. `scope`: territories outside which
    nobody is written to. `at` is when the message leaves (now).
    """
    send = _send(**terms)
    mine = Reach.objects.filter(contact=OuterRef("pk"), channel=send.channel)
    return queryset.filter(
        Exists(mine.filter(_open(send))), _old_enough(send), send.inside, erased_at__isnull=True
    )


def count_reachable(
    queryset: ContactQuerySet,
    *,
    one_per_address: bool = False,
    **terms: Unpack[Terms],
) -> Counts:
    """Count an audience in one pass: who is reached, and why the others are not.

    With `one_per_address`, people who share the address of another recipient count as SAME_ADDRESS (e-mail,
    SMS and calls).
    """
    send = _send(**terms)
    counted = _with_reason(queryset, send).order_by().values("why").annotate(people=Count("pk"))
    counts = _counts(counted.values_list("why", "people"))
    if not one_per_address or send.channel == Channel.POST:
        return counts
    addresses = count_addresses(reachable(queryset, **terms), send.channel)
    left_out = dict(counts.left_out)
    if counts.reachable > addresses:
        left_out[UnreachableReason.SAME_ADDRESS] = counts.reachable - addresses
    return Counts(addresses, left_out)


def why_not(queryset: ContactQuerySet, **terms: Unpack[Terms]) -> dict[UnreachableReason, int]:
    """Everyone of `queryset` whom `reachable` leaves out, counted once each by the most final reason."""
    return count_reachable(queryset, **terms).left_out


def why_not_person(contact: Contact, **terms: Unpack[Terms]) -> UnreachableReason | None:
    """Why one person would be left out; None when they would be written to."""
    one = Contact.objects.filter(pk=contact.pk)
    reason: str = _with_reason(one, _send(**terms)).values_list("why", flat=True).get()
    return UnreachableReason(reason) if reason else None


def count_addresses(people: ContactQuerySet, channel: Channel) -> int:
    """How many different addresses or numbers a reachable audience has."""
    points = Reach.objects.filter(channel=channel, contact__in=people.order_by().values("pk")).values(
        "point_id"
    )
    model: type[EmailAddress] | type[PhoneNumber] = EmailAddress if channel == Channel.EMAIL else PhoneNumber
    counted = model._default_manager.filter(pk__in=points).aggregate(n=Count("address_hash", distinct=True))
    return int(counted["n"])


def _send(**terms: Unpack[Terms]) -> Send:
    return Send(
        channel=terms["channel"],
        kind=terms["kind"],
        targeted=terms["targeted"],
        source=terms.get("source"),
        day=timezone.localdate(terms.get("at") or timezone.now()),
        scope=terms.get("scope"),
        consent_is_needed=not terms["targeted"] or refuses("targeting-consent"),
    )


def _open(send: Send) -> Q:
    """The Reach rows of people who are reached."""
    if send.kind == MessageKind.SERVICE:
        return Q(service=True)
    usual = Q(political=True, political_until__gte=send.day)
    if send.asks_targeting:
        return usual & Q(targeting=True) if send.consent_is_needed else usual
    if send.whole_file is None:
        return usual
    opened = ContactSource.objects.opening(send.whole_file, send.channel)
    in_file = opened.filter(contact=OuterRef("contact_id"))
    return usual | (~Q(reason__in=AGAINST) & Q(Exists(in_file)))


def _old_enough(send: Send) -> Q:
    if not send.asks_targeting:
        return Q()
    return ~_too_young(send)


def _too_young(send: Send) -> Q:
    """Known to be under age: by the day of birth, or by a year alone that leaves no doubt."""
    by_year = Q(birth_date__isnull=True, birth_year__isnull=False, birth_year__gt=send.youngest.year)
    return Q(birth_date__isnull=False, birth_date__gt=send.youngest) | by_year


def _with_reason(queryset: ContactQuerySet, send: Send) -> Any:
    """The people, each with `why`: an UnreachableReason, or REACHED."""
    joined = queryset.alias(mine=FilteredRelation("reach", condition=Q(reach__channel=send.channel)))
    return joined.annotate(why=Case(*_cases(send), default=Value(REACHED), output_field=CharField()))


def _cases(send: Send) -> Iterable[When]:
    """The reasons from the most final one; the first that holds is the person's."""
    yield _when(UnreachableReason.ERASED, erased_at__isnull=False)
    yield _when(UnreachableReason.NO_ADDRESS, mine__contact_id__isnull=True)
    if send.kind == MessageKind.SERVICE:
        yield When(mine__service=False, then=F("mine__service_reason"))
        yield from _out_of_scope(send)
        return
    yield When(mine__reason__in=AGAINST, then=F("mine__reason"))
    if send.whole_file is not None:
        opened = ContactSource.objects.opening(send.whole_file, send.channel)
        in_file = opened.filter(contact=OuterRef("pk"))
        yield from _out_of_scope(send, Q(Exists(in_file)))
        yield When(Exists(in_file), then=Value(REACHED))
    live_broker = Q(mine__broker_until__gte=send.day)
    ended = Q(mine__political=True, mine__political_until__lt=send.day)
    yield _when(UnreachableReason.BROKER_ONLY, ended & live_broker)
    yield _when(UnreachableReason.LICENCE_ENDED, ended)
    gone = Q(mine__reason=UnreachableReason.BROKER_ONLY, mine__broker_until__lt=send.day)
    yield _when(UnreachableReason.LICENCE_ENDED, gone)
    yield When(~Q(mine__reason=REACHED), then=F("mine__reason"))
    if send.asks_targeting:
        yield from _out_of_scope(send)  # whoever lives elsewhere was not chosen: no agreement is missed
        if send.consent_is_needed:
            yield _when(UnreachableReason.NO_TARGETING_CONSENT, mine__targeting=False)
        yield _when(UnreachableReason.UNDER_AGE, _too_young(send))
    yield from _out_of_scope(send)


def _out_of_scope(send: Send, among: Q | None = None) -> Iterable[When]:
    if send.scope is not None:
        yield _when(UnreachableReason.OUT_OF_SCOPE, (among or Q()) & ~send.inside)


def _when(reason: UnreachableReason, condition: Q | Combinable | None = None, **lookups: Any) -> When:
    return When(condition, then=Value(reason.value), **lookups)


def _counts(rows: Iterable[tuple[str, int]]) -> Counts:
    found = dict(rows)
    reached = found.pop(REACHED, 0)
    order = list(UnreachableReason)
    reasons = sorted((UnreachableReason(reason) for reason in found), key=order.index)
    return Counts(reached, {reason: found[reason.value] for reason in reasons})
