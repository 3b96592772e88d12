"""From what people wrote to conversations: each message once, in few queries, whoever is killed meanwhile.

Called in the transaction that keeps answers, and by the beat for what another source brought.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign_crm.platform.locks import wait_for_turn
from campaign_crm.platform.models import Notification
from tracking.inbox.sources import Arrival, ConversationSource, all_sources
from tracking.inbox.threads import thread_of
from tracking.models import Conversation, ConversationMessage

AT_ONCE = 500
LONG_AGO = timedelta(days=30)
"""What came longer ago, before there was an inbox, is history: it waits for nobody."""

Place = tuple[int | None, str, str]
"""(person, or None; address in lower case where there is no person; thread)."""


def file_arrivals() -> int:
    """Put what waits in every source into conversations; returns how many messages."""
    return sum(_file_from(source) for source in all_sources())


@transaction.atomic
def _file_from(source: ConversationSource) -> int:
    wait_for_turn("tracking.inbox.filing")
    arrivals = source.waiting(AT_ONCE)
    if not arrivals:
        return 0
    held = conversations_at({_place(one) for one in arrivals})
    _begin(arrivals, held)
    messages = [
        ConversationMessage(
            conversation=held[_place(one)],
            contact_id=one.contact,
            direction=ConversationMessage.Direction.IN,
            source=source.key,
            source_key=one.key,
            at=one.at,
            address=one.address,
            subject=one.subject,
            text=one.text,
            message_id=one.message_id,
        )
        for one in arrivals
    ]
    ConversationMessage.objects.bulk_create(messages, ignore_conflicts=True)
    _wake_up({held[_place(one)].pk: one.at for one in arrivals})
    return len(arrivals)


def conversations_at(places: Iterable[Place]) -> dict[Place, Conversation]:
    """The newest conversation of each place that has one."""
    wanted = set(places)
    people = {contact for contact, _address, _thread in wanted if contact is not None}
    addresses = {address for contact, address, _thread in wanted if contact is None}
    found = Conversation.objects.filter(
        Q(contact__in=people) | Q(contact=None, address__in=addresses),
        thread__in={thread for _contact, _address, thread in wanted},
    )
    return {
        place: one
        for one in found.order_by("last_at", "pk")
        if (place := place_of(one.contact_id, one.address, one.thread)) in wanted
    }


def place_of(contact: int | None, address: str, thread: str) -> Place:
    return contact, "" if contact is not None else address.lower(), thread


def _place(arrival: Arrival) -> Place:
    return place_of(arrival.contact, arrival.address, thread_of(arrival.subject))


def _begin(arrivals: Sequence[Arrival], held: dict[Place, Conversation]) -> None:
    """Make the conversations that are missing, one a place."""
    fresh: dict[Place, Conversation] = {}
    long_ago = timezone.now() - LONG_AGO
    for one in arrivals:
        place = _place(one)
        if place not in held and place not in fresh:
            fresh[place] = Conversation(
                contact_id=one.contact,
                name=one.name,
                address=one.address.lower(),
                subject=one.subject,
                thread=place[2],
                state=Conversation.State.DONE if one.at < long_ago else Conversation.State.OPEN,
                last_at=one.at,
            )
    Conversation.objects.bulk_create(fresh.values())
    held |= fresh


def _wake_up(last: dict[int, object]) -> None:
    """A word of theirs opens a conversation again, and tells whoever has taken it."""
    long_ago = timezone.now() - LONG_AGO
    for one in Conversation.objects.filter(pk__in=last).select_related("assignee", "contact"):
        at = max(one.last_at, last[one.pk])  # type: ignore[type-var]
        fresh = at >= long_ago
        Conversation.objects.filter(pk=one.pk).update(
            last_at=at,
            awaits=True,
            snoozed_until=None,
            state=Conversation.State.OPEN if fresh else one.state,
        )
        if one.assignee is not None and fresh:
            with override(one.assignee.language or None):
                Notification.objects.create(
                    user=one.assignee,
                    kind="inbox.answered",
                    message=_("%(who)s wrote again.") % {"who": one.who},
                    url=reverse("tracking:conversation", args=[one.pk]),
                )
