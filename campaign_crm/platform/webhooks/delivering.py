"""What is due: claimed under a lease, called outside any transaction, noted, tried again for a day.

At least once: a worker that dies between the call and the note leaves a lease that runs out. What is told has
the same id then.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from campaign_crm.platform import walls
from campaign_crm.platform.models import Webhook, WebhookDelivery
from campaign_crm.platform.webhooks.calling import Called, call
from campaign_crm.platform.webhooks.events import person_told
from campaign_crm.platform.webhooks.signing import signed_headers

AT_ONCE = 8
OF_ONE = 2  # at once to one webhook: a slow one holds nobody else up
LEASE = timedelta(minutes=2)
TRIED_FOR = timedelta(hours=24)
KEPT = timedelta(days=30)
WAITS = [timedelta(seconds=10), *(timedelta(minutes=m) for m in (1, 5, 15, 60, 120, 240))]
State = WebhookDelivery.State

_CLAIM = """
WITH due AS (
    SELECT id, row_number() OVER (PARTITION BY webhook_id ORDER BY due_at, id) AS place
      FROM platform_webhookdelivery WHERE state = 'waiting' AND due_at <= statement_timestamp()
), chosen AS (
    SELECT delivery.id FROM platform_webhookdelivery AS delivery JOIN due USING (id)
     WHERE place <= %s AND delivery.state = 'waiting' AND delivery.due_at <= statement_timestamp()
     ORDER BY delivery.due_at LIMIT %s FOR UPDATE OF delivery SKIP LOCKED
)
UPDATE platform_webhookdelivery
   SET due_at = statement_timestamp() + make_interval(secs => %s), attempts = attempts + 1
 WHERE id IN (SELECT id FROM chosen) RETURNING id
"""


@dataclass(frozen=True)
class Letter:
    """One call that is ready to be made."""

    delivery: WebhookDelivery
    body: bytes
    headers: dict[str, str]


def deliver_due() -> int:
    """Make one round of calls; gives how many deliveries were looked at."""
    claimed = _claim()
    letters = [letter for one in claimed if (letter := _letter(one)) is not None]
    if letters:
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            calls = pool.map(lambda one: call(one.delivery.webhook.url, one.body, one.headers), letters)
            for letter, called in zip(letters, calls, strict=True):
                _note(letter.delivery, called)
    return len(claimed)


def forget_old() -> int:
    """Delete what was told, or given up, long ago; returns how many."""
    return WebhookDelivery.objects.filter(ended_at__lt=timezone.now() - KEPT).delete()[0]


def _claim() -> list[WebhookDelivery]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, [OF_ONE, AT_ONCE, LEASE.total_seconds()])
        ids = [row[0] for row in cursor.fetchall()]
    found = WebhookDelivery.objects.select_related("webhook").filter(pk__in=ids)
    return list(found.order_by("pk"))


def _letter(delivery: WebhookDelivery) -> Letter | None:
    """What to send; None for what this webhook may not know, or no longer wants."""
    webhook = delivery.webhook
    told = _data(delivery)
    if not webhook.is_active or told is None:
        _end(delivery, State.SKIPPED)
        return None
    sent = {"type": delivery.event, "timestamp": delivery.at.isoformat(), "data": told}
    body = json.dumps(sent, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "Campaign CRM"}
    timestamp = round(timezone.now().timestamp())
    signed = signed_headers(uid=str(delivery.uid), timestamp=timestamp, body=body, secrets=webhook.secrets)
    return Letter(delivery, body, headers | signed)


def _data(delivery: WebhookDelivery) -> dict[str, Any] | None:
    """The data of an event, with who somebody is for those who may know; None for people of elsewhere."""
    webhook, person = delivery.webhook, delivery.person
    data: dict[str, Any] = delivery.data
    if person is None:
        return None if webhook.territory is not None else data
    data = data | {"person": {"id": person}}
    if not webhook.tells_people and webhook.territory is None:
        return data
    with walls.acting_within(None if webhook.territory is None else frozenset({webhook.territory})):
        told = person_told(person)
    if told is None:  # erased meanwhile, or of elsewhere
        return None if webhook.territory is not None else data
    return data | {"person": told} if webhook.tells_people else data


def _note(delivery: WebhookDelivery, called: Called) -> None:
    now = timezone.now()
    if called.is_taken:
        _end(delivery, State.DELIVERED, called)
    elif called.is_gone:
        Webhook.objects.filter(pk=delivery.webhook_id).update(is_active=False)
        _end(delivery, State.FAILED, called)
    elif now + (wait := WAITS[min(delivery.attempts, len(WAITS)) - 1]) >= delivery.give_up_at:
        _end(delivery, State.FAILED, called)
    else:
        _write(delivery, called, due_at=now + wait)


def _end(delivery: WebhookDelivery, state: State, called: Called | None = None) -> None:
    _write(delivery, called, state=state, ended_at=timezone.now())


def _write(delivery: WebhookDelivery, called: Called | None, **values: Any) -> None:
    """Only while the claim holds: another worker may have taken it over."""
    if called is not None:
        values |= {"status": called.status, "error": called.error[:300], "took_ms": called.took_ms}
    mine = WebhookDelivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, state=State.WAITING)
    mine.update(**values)
