"""Answers of people, kept for their timeline: found by the message they answer, else by their address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext as _

from campaign_crm.platform.walls import current_scope
from contacts.models import Contact, EmailAddress, Merge
from contacts.registry import TimelineEntry, registry
from contacts.services.addresses import InvalidAddress, normalise_email
from contacts.services.relationships import refresh_relationships
from messaging.content.keyring import BadToken
from messaging.content.return_keys import ReturnToken, read_return
from messaging.models import Campaign, Reply
from messaging.returns.sorting import NewReply

SHOWN = 160  # characters of an answer on the timeline


@dataclass(frozen=True)
class _Known:
    """Who is who, for one batch."""

    people: set[int]
    now: dict[int, int]  # absorbed → kept
    by_address: dict[str, int]
    campaigns: set[int]


def keep_replies(replies: Sequence[NewReply]) -> None:
    """Write answers down, in a few queries, however many they are; known ones change nothing."""
    if not replies:
        return
    tokens = [_token(reply.key) for reply in replies]
    addresses = [_normalised(reply.from_address) for reply in replies]
    known = _known(tokens, addresses)
    Reply.objects.bulk_create(
        [
            Reply(
                account_id=reply.account,
                contact_id=_contact(token, address, known),
                campaign_id=token.campaign if token and token.campaign in known.campaigns else None,
                digest=reply.digest,
                at=reply.at,
                from_name=reply.from_name,
                from_address=reply.from_address,
                subject=reply.subject,
                message_id=reply.message_id,
                text=reply.text,
                is_automatic=reply.is_automatic,
            )
            for reply, token, address in zip(replies, tokens, addresses, strict=True)
        ],
        ignore_conflicts=True,
    )
    wrote = zip(replies, tokens, addresses, strict=True)
    people = {_contact(token, address, known) for reply, token, address in wrote if not reply.is_automatic}
    refresh_relationships(sorted(one for one in people if one is not None))
    for tell in registry.answers_kept.values():
        tell()


def timeline(contact_id: int, before: datetime | None, limit: int) -> list[TimelineEntry]:
    """A person's answers; automatic ones say so."""
    found = Reply.objects.filter(contact_id=contact_id)
    if before is not None:
        found = found.filter(at__lt=before)
    return [
        TimelineEntry(
            at=reply.at,
            kind="automatic_reply" if reply.is_automatic else "reply",
            title=_title(reply),
            detail=" ".join(reply.text.split())[:SHOWN],
            # The page of an answer is read in the whole country only.
            url=reverse("messaging:reply", args=[reply.pk]) if current_scope() is None else "",
            icon="clock" if reply.is_automatic else "reply",
        )
        for reply in found.order_by("-at")[:limit]
    ]


def with_replies(contact_ids: list[int]) -> set[int]:
    """Those of some people who answered."""
    return set(
        Reply.objects.filter(contact_id__in=contact_ids).values_list("contact_id", flat=True).distinct()
    )


def _title(reply: Reply) -> str:
    words = {"subject": reply.subject or _("no subject")}
    if reply.is_automatic:
        return _("Automatic answer: “%(subject)s”") % words
    return _("Answer: “%(subject)s”") % words


def _known(tokens: Sequence[ReturnToken | None], addresses: Sequence[str]) -> _Known:
    ids = {token.contact for token in tokens if token}
    now = dict(
        Merge.objects.filter(absorbed_id__in=ids, undone_at__isnull=True).values_list(
            "absorbed_id", "kept_id"
        )
    )
    # An address that several people share says who of them answered no more than a name does.
    alone = (
        EmailAddress.objects.filter(normalised__in=[one for one in addresses if one])
        .values("normalised")
        .annotate(people=Count("contact", distinct=True), contact=Min("contact"))
        .filter(people=1)
    )
    by_address = dict(alone.values_list("normalised", "contact"))
    wanted = ids | set(now.values()) | set(by_address.values())
    return _Known(
        set(Contact.objects.visible().filter(pk__in=wanted).values_list("pk", flat=True)),
        now,
        by_address,
        set(
            Campaign.objects.filter(pk__in={token.campaign for token in tokens if token}).values_list(
                "pk", flat=True
            )
        ),
    )


def _contact(token: ReturnToken | None, address: str, known: _Known) -> int | None:
    for candidate in (
        token.contact if token else None,
        known.now.get(token.contact) if token else None,
        known.by_address.get(address),
    ):
        if candidate in known.people:
            return candidate
    return None


def _token(key: str) -> ReturnToken | None:
    try:
        return read_return(key) if key else None
    except BadToken:
        return None


def _normalised(address: str) -> str:
    try:
        return normalise_email(address) if address else ""
    except InvalidAddress:
        return ""
