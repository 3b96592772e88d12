"""A territory's version of a mailing, as the composer edits it: its local blocks and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _

from campaign_crm.platform.models import User
from contacts.models import Territory
from messaging.models import Campaign, CampaignVariant, SenderIdentity
from messaging.services.compiling import words_of_variant
from messaging.services.previewing import Draft
from messaging.services.variants import open_blocks, save_version
from messaging.views.documents import Document, Unreadable


class VersionDocument(Document):
    """`version` is None until the territory has written something; its revision is 0 then."""

    def __init__(self, campaign: Campaign, territory: Territory) -> None:
        self.campaign, self.territory = campaign, territory
        found = campaign.variants.filter(territory=territory).select_related("sender")
        self.version: CampaignVariant | None = found.first()

    @property
    def name(self) -> str:
        return self.territory.name

    @property
    def revision(self) -> int:
        return self.version.revision if self.version else 0

    def content(self) -> dict[str, Any]:
        own = self.version or CampaignVariant()
        national = open_blocks(self.campaign.blocks)
        return {
            "sender": str(own.sender_id or ""),
            "subject": own.subject,
            "preview_text": own.preview_text,
            "opted_out": own.opted_out,
            "blocks": [own.replaced.get(block_id, block) for block_id, block in national.items()],
        }

    def limits(self) -> dict[str, Any]:
        return {"fixed": True, "national": open_blocks(self.campaign.blocks)}

    def draft(self) -> Draft:
        """The whole message as people of the territory read it."""
        campaign, version = self.campaign, self.version
        blocks, subject, preview_text = campaign.blocks, campaign.subject, campaign.preview_text
        sender = campaign.sender
        if version is not None and not version.opted_out:
            blocks, subject, preview_text = words_of_variant(campaign, version)
            sender = version.sender or sender
        return Draft(
            blocks, subject, preview_text, campaign.kind, sender, campaign.tracking, campaign.audience
        )

    def save(self, content: dict[str, Any], *, revision: int, by: User) -> None:
        if not isinstance(content, dict):
            raise Unreadable(_("The message must be an object."))
        self.version = save_version(
            campaign=self.campaign,
            territory=self.territory,
            revision=revision,
            by=by,
            replaced=_by_id(content.get("blocks")),
            subject=_line(content, "subject"),
            preview_text=_line(content, "preview_text"),
            sender=_sender(content.get("sender")),
            opted_out=content.get("opted_out") is True,
        )

    def url(self, page: str) -> str:
        return reverse(f"messaging:version_{page}", args=[self.campaign.pk, self.territory.pk])


def _by_id(blocks: object) -> dict[str, Mapping[str, Any]]:
    if not isinstance(blocks, list) or not all(isinstance(block, Mapping) for block in blocks):
        raise Unreadable(_("The message must be a list of blocks."))
    return {str(block.get("id")): block for block in blocks}


def _line(content: Mapping[str, Any], name: str) -> str:
    text = content.get(name, "")
    if not isinstance(text, str):
        raise ValidationError(_("This field must be text."))
    return " ".join(text.split())


def _sender(given: object) -> SenderIdentity | None:
    """The sender chosen; None for the mailing's own."""
    if not isinstance(given, str) or not given.isdecimal() or len(given) > 18:
        return None
    return SenderIdentity.objects.filter(pk=int(given)).first()
