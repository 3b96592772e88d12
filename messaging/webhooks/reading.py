"""From kept bodies to states, addresses and answers: in batches, in order, each body once.

One transaction reads a batch and draws its consequences. What PostgreSQL refuses is halved until the body
that it refuses is alone: that one is called unreadable, with the reason, and holds up nobody else's.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import DataError, IntegrityError, connection, transaction
from django.db.models.functions import Length
from django.utils.translation import gettext_noop

from campaign_crm.platform.logs import plain
from contacts.registry import registry
from messaging.dispatch.reported import find_rows, move_rows
from messaging.models import ProviderEvent
from messaging.providers.base import Event
from messaging.providers.errors import ProviderError
from messaging.providers.hooks import hook_kind
from messaging.returns.replies import keep_replies
from messaging.returns.sorting import DroppedMail, NewReply, sort_message
from messaging.webhooks import effects
from messaging.webhooks.receiving import MAIL, drain_spool

logger = logging.getLogger(__name__)

BATCH = 200  # bodies; SendGrid's hold up to a thousand events
BATCH_BYTES = 16 * 1024 * 1024
KEPT = timedelta(days=30)
"""How long the digest of a body is kept: longer than any provider tries again, so that it is known when it
comes twice. The body, which holds addresses, goes once it was read; one that nobody could read stays."""

PURGED_AT_ONCE = 10_000
BROKEN = gettext_noop("The program cannot read it; the log says why")

_PURGE = """
DELETE FROM messaging_providerevent WHERE id IN (
    SELECT id FROM messaging_providerevent WHERE received_at < now() - make_interval(secs => %(kept)s)
        AND state <> 'waiting'
    ORDER BY received_at LIMIT %(limit)s)
"""


@dataclass
class _Understood:
    """What a batch of bodies says."""

    events: list[tuple[int, Event]] = field(default_factory=list)
    replies: list[NewReply] = field(default_factory=list)
    dropped: list[DroppedMail] = field(default_factory=list)
    done: list[ProviderEvent] = field(default_factory=list)


def read_events(*, limit: int = 100 * BATCH) -> int:
    """Read what waits, at most `limit` bodies; returns how many. One at a time: the caller holds the lock."""
    drain_spool()
    count, campaigns = 0, set[int]()
    while count < limit:
        ids = _next_batch()
        if not ids:
            break
        campaigns |= _read(ids)
        count += len(ids)
    effects.look_at(campaigns)
    return count


def purge() -> int:
    """Delete bodies that are old enough and were read; returns how many."""
    count = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_PURGE, {"kept": KEPT.total_seconds(), "limit": PURGED_AT_ONCE})
            deleted = int(cursor.rowcount)
        count += deleted
        if deleted < PURGED_AT_ONCE:
            return count


def _next_batch() -> list[int]:
    """The oldest bodies that wait: at most `BATCH`, and no more at once than memory should hold."""
    waiting = ProviderEvent.objects.waiting().annotate(size=Length("body"))
    ids: list[int] = []
    held = 0
    for pk, size in waiting.values_list("pk", "size")[:BATCH]:
        held += size
        if ids and held > BATCH_BYTES:
            break
        ids.append(pk)
    return ids


def _read(ids: Sequence[int]) -> set[int]:
    """Read these bodies in one transaction, or in halves; returns the campaigns to look at."""
    try:
        return _read_together(ids)
    except (DataError, IntegrityError) as error:
        if len(ids) == 1:
            logger.error("Event %s cannot be applied (%s)", ids[0], type(error).__name__)
            ProviderEvent.objects.filter(pk=ids[0]).update(
                state=ProviderEvent.State.UNREADABLE, error=plain(error)[:300]
            )
            return set()
        middle = len(ids) // 2
        return _read(ids[:middle]) | _read(ids[middle:])


@transaction.atomic
def _read_together(ids: Sequence[int]) -> set[int]:
    rows = ProviderEvent.objects.waiting().filter(pk__in=ids).select_for_update()
    understood = _Understood()
    for row in rows:
        _understand(row, understood)
    found = find_rows(understood.events)
    move_rows(found)
    campaigns = effects.draw(found)
    keep_replies(understood.replies)
    if understood.dropped:
        for file in registry.dropped_mail.values():
            file(understood.dropped)
    ProviderEvent.objects.bulk_update(understood.done, ["state", "events", "error"])
    read = [row.pk for row in understood.done if row.state == ProviderEvent.State.DONE]
    ProviderEvent.objects.filter(pk__in=read).update(body=b"")
    return campaigns


def _understand(row: ProviderEvent, understood: _Understood) -> None:
    raw = bytes(row.body)
    try:
        if row.form == MAIL:
            sorted_mail = sort_message(raw, account=row.account_id, received_at=row.received_at)
            events, replies, dropped = sorted_mail.events, sorted_mail.replies, sorted_mail.dropped
        else:
            events, replies, dropped = list(hook_kind(row.form).parse(raw)), [], []
    except ProviderError as error:
        row.state, row.error = ProviderEvent.State.UNREADABLE, error.text[:300]
    except Exception:  # somebody else's odd body: kept, shown, and in nobody's way
        logger.exception("Event %s (%s) cannot be read", row.pk, row.form)
        row.state, row.error = ProviderEvent.State.UNREADABLE, BROKEN
    else:
        understood.events += [(row.account_id, event) for event in events]
        understood.replies += replies
        understood.dropped += dropped
        row.state, row.events = ProviderEvent.State.DONE, len(events) + len(replies) + len(dropped)
    understood.done.append(row)
