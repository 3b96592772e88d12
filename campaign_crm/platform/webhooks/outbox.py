"""Writing down that something is to be told, in the transaction in which it happened."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection, transaction

from campaign_crm.platform.jobs import tick
from campaign_crm.platform.webhooks.events import WebhookEvent


def emit(event: WebhookEvent, data: dict[str, Any], *, person: int | None = None) -> int:
    """One delivery for each webhook that is told of this event; gives how many.

    `data` holds numbers and chosen options, never a person's values: who somebody is, is read when it is
    told, for those webhooks that may know. One function of the owner: a scope sees no webhook, and emits.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT crm_emit(%s, %s::jsonb, %s)", [event.value, json.dumps(data), person])
        written = int(cursor.fetchone()[0])
    if written:
        from campaign_crm.platform.tasks import deliver_webhooks  # tasks import what emits

        transaction.on_commit(lambda: tick(deliver_webhooks))
    return written
