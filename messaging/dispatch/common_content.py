"""What the messages of one campaign, or of one version of it, have in common: worked out once a worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from contacts.enums import MessageKind
from messaging.content.compile import CompiledMessage
from messaging.content.dkim import Signer
from messaging.content.mime import MessageBuilder, SenderData
from messaging.content.public_links import addressed, uncounted
from messaging.content.rendering import MessageTemplate, message_template
from messaging.content.slotted import SlottedMessage
from messaging.models import Campaign, CampaignVariant, SenderIdentity
from messaging.providers.base import SharedContent
from messaging.services.sender_trust import SenderTrust, with_pictures_at


@dataclass(frozen=True)
class Content:
    """What is worked out once a campaign and worker. `template`: of messages, whose links are counted;
    `compiled`: with the links' own names."""

    compiled: CompiledMessage
    template: MessageTemplate
    builder: MessageBuilder
    slotted: SlottedMessage
    shared: SharedContent


def content_of(
    campaign: Campaign, sender: SenderIdentity, trust: SenderTrust, variant: int, *, counted: bool
) -> Content:
    """`variant`: the number of a version; 0: the campaign itself. Made anew when one of these has changed.

    `counted`: whether this installation counts opens and clicks at all.
    """
    kind = "service" if campaign.message_kind == MessageKind.SERVICE else "mailing"
    kind = "personal" if campaign.is_personal else kind
    data = SenderData(sender.from_name, sender.address, sender.reply_to)
    frozen_at = campaign.frozen_at
    # A standing campaign reaches the same address again and again: nobody may drop its repeats.
    mailing = f"{campaign.pk}-{frozen_at:%Y%m%d%H%M%S%f}" if frozen_at and not campaign.standing_for else ""
    return _made_once(campaign.pk, variant, frozen_at, data, kind, mailing, trust, counted)


@lru_cache(maxsize=64)
def _made_once(
    campaign: int,
    variant: int,
    _frozen_at: datetime,
    sender: SenderData,
    kind: str,
    mailing: str,
    trust: SenderTrust,
    is_counted: bool,
) -> Content:
    """Parsing and encoding a campaign's content costs as much as hundreds of messages: done once."""
    compiled = with_pictures_at(CompiledMessage.from_json(_compiled(campaign, variant)), trust.public_url)
    if not is_counted:
        compiled = uncounted(compiled)
    counted = addressed(compiled, trust.public_url, campaign=campaign)
    is_service, by_hand = kind == "service", kind == "personal"
    feedback_id = f"{campaign}:{kind}:{sender.domain}"
    slotted = SlottedMessage(counted, sender, service=is_service, by_hand=by_hand, feedback_id=feedback_id)
    return Content(
        compiled,
        message_template(counted),
        MessageBuilder(
            counted,
            sender,
            service=is_service,
            by_hand=by_hand,
            feedback_id=feedback_id,
            signer=Signer(trust.keys) if trust.keys else None,
        ),
        slotted,
        SharedContent(
            from_name=slotted.from_name,
            from_address=slotted.from_address,
            subject=slotted.subject,
            html=slotted.html,
            text=slotted.text,
            reply_to=slotted.reply_to,
            headers=slotted.headers,
            mailing=mailing,
        ),
    )


def _compiled(campaign: int, variant: int) -> dict[str, Any]:
    """The frozen content of a campaign (0) or of one of its versions."""
    if not variant:
        return Campaign.objects.only("compiled").get(pk=campaign).compiled or {}
    return CampaignVariant.objects.only("compiled").get(campaign=campaign, number=variant).compiled or {}
