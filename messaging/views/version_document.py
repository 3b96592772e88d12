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
from messaging.services.previewing import Draft, DraftPreview, draft_of, preview_sent
from messaging.services.variants import open_blocks, save_version
from messaging.views.documents import PartDocument, Unreadable


class VersionDocument(PartDocument):
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
        return draft_of(self.campaign, self.version)

    def preview(self, reader: str) -> DraftPreview:
        if self.campaign.is_editable or not self.campaign.compiled:
            return super().preview(reader)
        return preview_sent(self.campaign, variant=self.version, reader=reader)

    def save(self, content: dict[str, Any], *, revision: int, by: User) -> None:
        if not isinstance(content, dict):
            raise Unreadable(_("The message must be an object."))
        self.version = save_version(
            campaign=self.campaign,
            territory=self.territory,
            revision=revision,
            by=by,
            replaced=_by_id(content.get("blocks")),
            subject=line_of(content, "subject"),
            preview_text=line_of(content, "preview_text"),
            sender=sender_of(content),
            opted_out=content.get("opted_out") is True,
        )

    def url(self, page: str) -> str:
        return reverse(f"messaging:version_{page}", args=[self.campaign.pk, self.territory.pk])


def _by_id(blocks: object) -> dict[str, Mapping[str, Any]]:
    if not isinstance(blocks, list) or not all(isinstance(block, Mapping) for block in blocks):
        raise Unreadable(_("The message must be a list of blocks."))
    return {str(block.get("id")): block for block in blocks}


def line_of(content: Mapping[str, Any], name: str) -> str:
    """A text of one line that the browser sent; raises ValidationError for anything else."""
    text = content.get(name, "")
    if not isinstance(text, str):
        raise ValidationError(_("This field must be text."))
    return " ".join(text.split())


def sender_of(content: Mapping[str, Any]) -> SenderIdentity | None:
    """The sender chosen; None for the mailing's own."""
    given = content.get("sender")
    if not isinstance(given, str) or not given.isdecimal() or len(given) > 18:
        return None
    return SenderIdentity.objects.filter(pk=int(given)).first()
