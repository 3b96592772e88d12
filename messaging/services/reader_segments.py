"""Blocks for readers of a segment: who they are, by the same conditions as an audience.

Membership is worked out when a mailing is frozen, for everybody at once, and kept in each row (`context`): a
segment that is edited meanwhile changes no message. Where its conditions are criteria (Regulation (EU)
2024/900), only those who agreed to targeting read such a block, at the freeze and again at the hand-over; the
others read its alternative. What may choose nobody online is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.utils.translation import gettext as _

from campaign_crm.platform.models import User
from contacts.enums import Channel
from contacts.errors import ContactsError
from contacts.models import Contact, Segment
from contacts.models.contact import ContactQuerySet
from contacts.segments.audience import resolve_audience
from messaging.content.blocks import Block
from messaging.content.conditions import SEGMENT, segments_in
from messaging.content.errors import Problem
from messaging.errors import NotAllowed
from messaging.models import Campaign
from messaging.services.compiling import words_of_variant

IN_SEGMENTS = "segments"
"""In the context of a row: numbers of the segments its reader is in, each with whether it asks agreement."""


class ReaderSegment(NamedTuple):
    """`needs_agreement`: one of its conditions says who people are, or what they did."""

    number: int
    people: ContactQuerySet
    needs_agreement: bool


def documents_of(campaign: Campaign) -> list[Any]:
    """What a mailing and its versions say, as block documents."""
    versions = [words_of_variant(campaign, variant).blocks for variant in campaign.variants.sent()]
    return [campaign.blocks, *versions]


def reader_segments(documents: Iterable[Any]) -> list[ReaderSegment]:
    """Those that blocks name; raises a ContactsError for one that may choose no reader of an e-mail."""
    numbers = frozenset[int]().union(*map(segments_in, documents))
    return [_reader_segment(number) for number in sorted(numbers)]


def segment_problems(blocks: Iterable[Block]) -> list[Problem]:
    """What is wrong with the segments that blocks name, each at its block."""
    return [
        Problem(fault, "only_if", block.id, block.position)
        for block in blocks
        if block.only_if is not None
        and block.only_if.segment is not None
        and (fault := _fault_of(block.only_if.segment))
    ]


def check_named(before: Any, after: Any, *, by: User | None) -> None:
    """Raise NotAllowed for a segment that an edit names and its author may not see."""
    named = segments_in(after) - segments_in(before)
    if by is None or not named:
        return
    seen = set(Segment.objects.visible_to(by).filter(pk__in=named).values_list("pk", flat=True))
    if named - seen:
        raise NotAllowed(_("“Only for”: this segment does not exist, or is not shared with you."))


def joins_of(segments: Iterable[ReaderSegment]) -> tuple[str, list[Any]]:
    """SQL that joins each segment's people to `c`, with its parameters; `r` says who agreed."""
    joins, parameters = [], list[Any]()
    for one in segments:
        try:
            sql, values = one.people.order_by().values("pk").distinct().query.sql_with_params()
        except EmptyResultSet:
            sql, values = "SELECT NULL::bigint AS id", ()
        agreed = " AND r.targeting" if one.needs_agreement else ""
        joins.append(f"LEFT JOIN ({sql}) in_{one.number} (id) ON in_{one.number}.id = c.id{agreed}")
        parameters += values
    return "\n".join(joins), parameters


def kept_of(segments: Iterable[ReaderSegment]) -> str:
    """SQL of the context of a row, from what `joins_of` joins; null for whoever is in none of them."""
    pairs = ", ".join(
        f"'{one.number}', CASE WHEN in_{one.number}.id IS NOT NULL"
        f" THEN {'true' if one.needs_agreement else 'false'} END"
        for one in segments
    )
    if not pairs:
        return "NULL::jsonb"
    found = f"nullif(jsonb_strip_nulls(jsonb_build_object({pairs})), '{{}}')"
    return f"CASE WHEN {found} IS NOT NULL THEN jsonb_build_object('{IN_SEGMENTS}', {found}) END"


def kept_for(contact: Contact, document: Any) -> dict[str, Any]:
    """The same for one person as they are now, for a preview or a test."""
    found = {}
    for number in sorted(segments_in(document)):
        try:
            segment = _reader_segment(number)
        except ContactsError:  # gone, or refused: nobody reads such a block
            continue
        if segment.people.filter(pk=contact.pk).exists():
            found[str(number)] = segment.needs_agreement
    return {IN_SEGMENTS: found} if found else {}


def values_of(context: Mapping[str, Any], *, agrees: bool) -> dict[str, object]:
    """What templates read of the segments that a row keeps; `agrees`: to targeting, now."""
    kept = context.get(IN_SEGMENTS) or {}
    return {f"{SEGMENT}{number}": True for number, needs in kept.items() if agrees or not needs}


def _reader_segment(number: int) -> ReaderSegment:
    audience = resolve_audience({"type": "segment", "id": number}, channel=Channel.EMAIL)
    return ReaderSegment(number, audience.queryset, audience.targeted_on(Channel.EMAIL))


def _fault_of(number: int) -> str:
    try:
        _reader_segment(number)
    except ContactsError as error:
        return str(error)
    return ""
