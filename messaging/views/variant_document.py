"""A version of a test, as the composer edits it: a whole message that begins as the mailing's."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from campaign_crm.platform.models import User
from messaging.models import Campaign
from messaging.services.compiling import words_of_variant
from messaging.services.experiments import save_variant
from messaging.services.previewing import Draft, DraftPreview, draft_of, preview_sent
from messaging.views.documents import PartDocument, Unreadable, read_blocks
from messaging.views.version_document import line_of, sender_of


class VariantDocument(PartDocument):
    """Version B or another one; A is the mailing and has its own composer. Raises Http404."""

    def __init__(self, campaign: Campaign, number: int) -> None:
        self.campaign = campaign
        found = campaign.variants.tested().select_related("sender").filter(number=number).first()
        if found is None:
            raise Http404
        self.variant = found

    @property
    def name(self) -> str:
        return _("Version %(version)s") % {"version": self.variant.label}

    @property
    def revision(self) -> int:
        return self.variant.revision

    def content(self) -> dict[str, Any]:
        variant = self.variant
        return {
            "sender": str(variant.sender_id or ""),
            "subject": variant.subject,
            "preview_text": variant.preview_text,
            "blocks": _closed(words_of_variant(self.campaign, variant).blocks),
        }

    def limits(self) -> dict[str, Any]:
        """It is no mailing by itself, and no territory writes in it; of a local kit, every block stays."""
        return {"version": True, **({"fixed": True} if self.campaign.from_kit else {})}

    def draft(self) -> Draft:
        return draft_of(self.campaign, self.variant)

    def preview(self, reader: str) -> DraftPreview:
        if self.campaign.is_editable or not self.campaign.compiled:
            return super().preview(reader)
        return preview_sent(self.campaign, variant=self.variant, reader=reader)

    def save(self, content: dict[str, Any], *, revision: int, by: User) -> None:
        if not isinstance(content, dict):
            raise Unreadable(_("The message must be an object."))
        words: dict[str, Any] = {} if self.campaign.from_kit else {"blocks": self._blocks(content)}
        self.variant = save_variant(
            campaign=self.campaign,
            number=self.variant.number,
            revision=revision,
            by=by,
            subject=line_of(content, "subject"),
            preview_text=line_of(content, "preview_text"),
            sender=sender_of(content),
            **words,
        )

    def url(self, page: str) -> str:
        return reverse(f"messaging:variant_{page}", args=[self.campaign.pk, self.variant.number])

    def _blocks(self, content: dict[str, Any]) -> list[Any]:
        """What the author sees, as it is kept: a block that the mailing opens for territories stays open."""
        opened = {block.get("id") for block in self.campaign.blocks if block.get("open")}
        blocks = read_blocks(content.get("blocks"))
        return [{**block, "open": True} if block["id"] in opened else block for block in blocks]


def _closed(blocks: list[Any]) -> list[Any]:
    return [{name: value for name, value in block.items() if name != "open"} for block in blocks]
