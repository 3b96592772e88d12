"""Webhooks made, changed, given another secret; what was told, told again."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.jobs import tick
from campaign_crm.platform.models import User, Webhook, WebhookDelivery
from campaign_crm.platform.webhooks.delivering import TRIED_FOR
from campaign_crm.platform.webhooks.events import OF_PEOPLE, TEST
from campaign_crm.platform.webhooks.signing import new_secret


class WebhookRefused(ValueError):
    """A webhook that may not be so; the message is for whoever asked."""


@transaction.atomic
def create_webhook(
    *,
    name: str,
    url: str,
    events: Sequence[str],
    tells_people: bool = False,
    territory: int | None = None,
    by: User,
) -> Webhook:
    """Have an address told of events; its secret is shown once. Raises WebhookRefused."""
    _check(url, events, territory)
    webhook = Webhook.objects.create(
        name=name,
        url=url,
        events=list(events),
        tells_people=tells_people,
        territory=territory,
        secret=new_secret(),
        created_by=by,
    )
    audit.record(
        action="webhook.create", on=webhook, by=by, detail={"events": list(events), "people": tells_people}
    )
    return webhook


@transaction.atomic
def update_webhook(
    *,
    webhook: Webhook,
    name: str,
    url: str,
    events: Sequence[str],
    tells_people: bool,
    territory: int | None,
    is_active: bool,
    by: User,
) -> list[str]:
    """Write what differs; gives the names of the changed fields. Raises WebhookRefused."""
    _check(url, events, territory)
    webhook = Webhook.objects.select_for_update(of=("self",)).get(pk=webhook.pk)
    values = {
        "name": name,
        "url": url,
        "events": list(events),
        "tells_people": tells_people,
        "territory": territory,
        "is_active": is_active,
    }
    changed = [field for field, value in values.items() if getattr(webhook, field) != value]
    for field in changed:
        setattr(webhook, field, values[field])
    if changed:
        webhook.save(update_fields=changed)
        audit.record(action="webhook.update", on=webhook, by=by, fields=changed)
    return changed


@transaction.atomic
def rotate_secret(*, webhook: Webhook, overlap: timedelta, by: User) -> str:
    """Give it another secret, which is returned; the one before signs beside it for `overlap`."""
    webhook = Webhook.objects.select_for_update(of=("self",)).get(pk=webhook.pk)
    webhook.earlier_secret, webhook.secret = webhook.secret, new_secret()
    webhook.earlier_until = timezone.now() + overlap
    webhook.save(update_fields=["secret", "earlier_secret", "earlier_until"])
    audit.record(action="webhook.rotate", on=webhook, by=by, detail={"days": overlap.days})
    return str(webhook.secret)


@transaction.atomic
def delete_webhook(*, webhook: Webhook, by: User) -> None:
    """Tell it nothing more; what it was told is forgotten with it."""
    audit.record(action="webhook.delete", on=webhook, by=by)
    webhook.delete()


def send_test(*, webhook: Webhook, by: User) -> WebhookDelivery:
    """Tell it that nothing happened, so that its program can be tried."""
    return _told_again(webhook, event=TEST, data={"by": by.pk}, person=None, by=by)


def replay(*, delivery: WebhookDelivery, by: User) -> WebhookDelivery:
    """Tell the same again, under the same id: a program that took it before knows it."""
    return _told_again(
        delivery.webhook,
        event=delivery.event,
        data=delivery.data,
        person=delivery.person,
        uid=delivery.uid,
        at=delivery.at,
        by=by,
    )


@transaction.atomic
def _told_again(webhook: Webhook, *, by: User, **values: object) -> WebhookDelivery:
    from campaign_crm.platform.tasks import deliver_webhooks  # tasks import this package

    if not webhook.is_active:
        raise WebhookRefused(_("This webhook is not active."))
    give_up_at = timezone.now() + TRIED_FOR
    values = {"uid": uuid.uuid4(), "at": timezone.now()} | values
    made = WebhookDelivery.objects.create(webhook=webhook, give_up_at=give_up_at, **values)
    audit.record(action="webhook.replay", on=webhook, by=by, detail={"event": made.event})
    transaction.on_commit(lambda: tick(deliver_webhooks))
    return made


def _check(url: str, events: Sequence[str], territory: int | None) -> None:
    parts = urlsplit(url)
    if parts.username is not None or not parts.hostname:
        raise WebhookRefused(_("Write an address that begins with https://, without a password."))
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.PRIVATE_NETWORKS):
        raise WebhookRefused(_("Write an address that begins with https://, without a password."))
    if not events:
        raise WebhookRefused(_("Choose what it is told of."))
    if territory is not None and set(events) - OF_PEOPLE:
        raise WebhookRefused(_("In a territory it is told of people, and of nothing else."))
