"""Messages of a series, sent one by one as each person's turn comes: a standing campaign a month and message.

Political, by a sender of its own, with counted links: to people and reports a mailing like any other. Who
gets it is decided for each person by `one_by_one` and asked again at hand-over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from campaign_crm.platform.database import ensure_partition
from campaign_crm.platform.models import User
from contacts.enums import Channel, MessageKind
from messaging.content.compile import CompiledMessage
from messaging.content.links import Link as NumberedLink
from messaging.enums import CampaignState
from messaging.models import Campaign, Link, SenderIdentity
from messaging.models.campaign import SERIES_PREFIX
from messaging.services.compiling import compile_campaign
from messaging.services.service_messages import last_moment


@dataclass(frozen=True)
class SeriesMessage:
    """One message: `key` tells it from every other. `targeted` and `criteria` (lines by language) say how its
    readers are chosen, as for the register of Regulation (EU) 2024/900."""

    key: str
    name: str
    subject: str
    blocks: Sequence[Mapping[str, Any]]
    preview_text: str
    sender: SenderIdentity
    targeted: bool
    criteria: Mapping[str, Sequence[str]]
    author: User | None = None


@transaction.atomic
def open_series(message: SeriesMessage) -> Campaign:
    """This month's campaign of a message, with its content of now; raises ContentError.

    Its links keep their numbers when the text changes: messages that left carry them.
    """
    month = timezone.localdate().replace(day=1)
    ensure_partition("messaging_delivery", month.isoformat())
    campaign, _new = Campaign.objects.get_or_create(
        standing_for=f"{SERIES_PREFIX}{message.key}"[:64],
        ledger_month=month,
        defaults={
            "name": message.name[:150],
            "channel": Channel.EMAIL,
            "kind": MessageKind.POLITICAL,
            "state": CampaignState.SENDING,
            "frozen_at": timezone.now(),
            "started_at": timezone.now(),
            "send_until": last_moment(month),
            "created_by": message.author,
        },
    )
    campaign.name, campaign.subject = message.name[:150], message.subject
    campaign.preview_text, campaign.blocks = message.preview_text, list(message.blocks)
    campaign.sender, campaign.targeted = message.sender, message.targeted
    campaign.criteria = {language: list(lines) for language, lines in message.criteria.items()}
    known = _numbered(campaign)
    compiled = compile_campaign(campaign, numbered=known)
    if (campaign.compiled or {}).get("version") != compiled.version:
        campaign.compiled, campaign.frozen_at = compiled.as_json(), timezone.now()
        _keep_links(campaign, compiled, {link.number for link in known})
    campaign.save()
    return campaign


def _numbered(campaign: Campaign) -> list[NumberedLink]:
    """The links of its text until now, and the numbers of earlier ones: nothing else may have them."""
    held = [NumberedLink(one.number, one.url, one.label, "") for one in campaign.links.all()]
    if not campaign.compiled:
        return held
    return [*CompiledMessage.from_json(campaign.compiled).tracked_links, *held]


def _keep_links(campaign: Campaign, compiled: CompiledMessage, known: set[int]) -> None:
    Link.objects.bulk_create(
        Link(campaign=campaign, number=link.number, url=link.url, label=link.label[:200])
        for link in compiled.tracked_links
        if link.number not in known
    )
