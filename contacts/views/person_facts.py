"""What the page of one person shows, read in a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils import timezone

from contacts.enums import Channel, UnreachableReason
from contacts.models import (
    Consent,
    Contact,
    ContactSource,
    DuplicatePair,
    ElectoralRegistration,
    EmailAddress,
    HouseholdMember,
    ListMembership,
    Membership,
    Merge,
    Newsletter,
    Note,
    PhoneNumber,
    PostalAddress,
    Reach,
    RegistrationMatch,
    Subscription,
    Tag,
)
from contacts.views.extra_field_forms import shown_values

NOTES_SHOWN = 20
DUPLICATES_COUNTED = 100  # pairs of one person


@dataclass(frozen=True)
class ChannelReach:
    """One channel: whether political and service messages may be sent, and why not."""

    channel: Channel
    political: bool
    service: bool
    targeting: bool
    reason: str
    source: str


@dataclass(frozen=True)
class Said:
    """What one row of a file says of an agreement: cells by channel as written, words, proof, day."""

    cells: list[tuple[str, str]]
    words: str
    proof: str
    day: date | None


@dataclass(frozen=True)
class Origin:
    """A source of the person, and what its newest file says of their agreement."""

    link: ContactSource
    said: list[Said]


@dataclass(frozen=True)
class PersonFacts:
    reach: list[ChannelReach]
    emails: list[EmailAddress]
    phones: list[PhoneNumber]
    postal: list[PostalAddress]
    registrations: list[ElectoralRegistration]
    matches: list[RegistrationMatch]
    consents: list[Consent]
    subscriptions: list[Subscription]
    memberships: list[Membership]
    sources: list[Origin]
    tags: list[Tag]
    lists: list[ListMembership]
    notes: list[Note]
    merges: list[Merge]
    housemates: list[HouseholdMember]
    duplicates: list[int]  # ids of the pairs to review, the surest first
    extra: list[tuple[str, str]]


@dataclass(frozen=True)
class NewsletterBox:
    """A newsletter that the person may be put on or taken off."""

    id: int
    name: str
    chosen: bool


def person_facts(contact: Contact) -> PersonFacts:
    """Facts of one person, each with its source."""
    newest_words = Consent.objects.filter(contact=contact).order_by("channel", "purpose", "-at", "-id")
    return PersonFacts(
        reach=_reach(contact),
        emails=_points(EmailAddress, contact),
        phones=_points(PhoneNumber, contact),
        postal=_points(PostalAddress, contact, "commune"),
        registrations=list(
            ElectoralRegistration.objects.filter(contact=contact).select_related("commune", "polling_station")
        ),
        matches=list(
            RegistrationMatch.objects.filter(contact=contact, state=RegistrationMatch.State.PENDING)
        ),
        consents=list(newest_words.distinct("channel", "purpose").select_related("source", "wording")),
        subscriptions=list(
            Subscription.objects.filter(contact=contact, ended_at=None).select_related("newsletter")
        ),
        memberships=list(Membership.objects.filter(contact=contact).order_by("-pk")),
        sources=_origins(contact),
        tags=list(Tag.objects.filter(contact_links__contact=contact).order_by("name")),
        lists=list(ListMembership.objects.filter(contact=contact).select_related("list")),
        notes=list(
            Note.objects.filter(contact=contact)
            .select_related("author")
            .order_by("-created_at")[:NOTES_SHOWN]
        ),
        merges=list(
            Merge.objects.filter(kept=contact, undone_at=None).select_related("merged_by").order_by("-pk")
        ),
        housemates=list(
            HouseholdMember.objects.filter(household__members__contact=contact)
            .select_related("contact")
            .order_by("contact_id")
        ),
        duplicates=list(
            DuplicatePair.objects.filter(
                Q(first=contact) | Q(second=contact), state=DuplicatePair.State.PENDING
            )
            .order_by("-score", "pk")
            .values_list("pk", flat=True)[:DUPLICATES_COUNTED]
        ),
        extra=shown_values(contact),
    )


def newsletter_boxes(facts: PersonFacts) -> list[NewsletterBox]:
    """Newsletters that are offered, and those that the person has, each once."""
    chosen = {subscription.newsletter_id: subscription.newsletter for subscription in facts.subscriptions}
    offered = {newsletter.pk: newsletter for newsletter in Newsletter.objects.filter(is_open=True)}
    every = sorted((offered | chosen).values(), key=lambda newsletter: newsletter.name)
    return [NewsletterBox(one.pk, one.name, one.pk in chosen) for one in every]


def _points(model, contact, *related):  # type: ignore[no-untyped-def]  # three models, one shape
    points = model.objects.filter(contact=contact).select_related("source", *related)
    return list(points.order_by("-is_primary", "pk"))


def _origins(contact: Contact) -> list[Origin]:
    links = ContactSource.objects.filter(contact=contact).select_related("source").order_by("first_seen_at")
    return [Origin(link, [_said(row) for row in (link.said or [{"rows": []}])[-1]["rows"]]) for link in links]


def _said(row: dict[str, Any]) -> Said:
    cells = [(str(Channel(channel).label), text) for channel, text in row.get("cells", {}).items()]
    day = date.fromisoformat(row["on"]) if "on" in row else None
    return Said(cells, row.get("words", ""), row.get("proof", ""), day)


def _reach(contact: Contact) -> list[ChannelReach]:
    """All four channels, in their order; a channel without a row has no address at all."""
    rows = {row.channel: row for row in Reach.objects.filter(contact=contact).select_related("source")}
    today = timezone.localdate()
    lines = []
    for channel in Channel:
        row = rows.get(channel)
        reason = _reason(row, today)
        lines.append(
            ChannelReach(
                channel=channel,
                political=not reason,
                service=bool(row and row.service),
                targeting=bool(row and row.targeting),
                reason=str(reason.label) if reason else "",
                source=str(row.source) if row is not None and row.source is not None else "",
            )
        )
    return lines


def _reason(row: Reach | None, today: date) -> UnreachableReason | None:
    """Why the channel is closed to political messages today; None when it is open."""
    return UnreachableReason.NO_ADDRESS if row is None else row.closed_because(today)
