"""A campaign's content compiled with the organisation's look, as it would leave now."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.urls import reverse

from campaign_crm.platform.models import Organisation
from contacts.models import CustomField
from messaging.content.brand import Brand
from messaging.content.compile import CompiledMessage, compile_message
from messaging.content.conditions import LANGUAGES
from messaging.content.links import Link
from messaging.content.recipients import OrganisationData
from messaging.content.utm import utm_tags
from messaging.models import Campaign, CampaignVariant
from messaging.services.targeting import notice_of

# A variable or test that reads the reader's language, or a block for readers of some languages only.
_BY_LANGUAGE = re.compile(r'\{[{%][^}]*\blanguage\b|"languages": \["')


def compile_campaign(campaign: Campaign, *, numbered: Sequence[Link] = ()) -> CompiledMessage:
    """Compile blocks, subject and preview text; raises ContentError with every fault found.

    `numbered`: links of messages that left already, whose numbers stay theirs.
    """
    words = Words(campaign.blocks, campaign.subject, campaign.preview_text)
    return _compile(campaign, words, numbered=numbered)


def compile_variant(
    campaign: Campaign, variant: CampaignVariant, *, numbered: Sequence[Link] = ()
) -> CompiledMessage:
    """Compile one version of a mailing; raises ContentError. `numbered`: links of its other versions."""
    return _compile(campaign, words_of_variant(campaign, variant), numbered=numbered)


class Words(NamedTuple):
    """What a message says."""

    blocks: Any
    subject: str
    preview_text: str


def words_of_variant(campaign: Campaign, variant: CampaignVariant) -> Words:
    """What one version says: the mailing's words where it has none of its own.

    A block that stands in for another keeps its place and its id, so that clicks are compared like with like.
    A territory's stands in only where the mailing leaves room for it: a block closed since is national again.
    Nor does any version change what a local kit locks.
    """
    whole = None if campaign.from_kit else variant.blocks
    document = campaign.blocks if whole is None else whole
    only_open = campaign.from_kit or variant.territory_id is not None
    blocks = [
        variant.replaced.get(block.get("id"), block) if block.get("open") or not only_open else block
        for block in document
    ]
    return Words(blocks, variant.subject or campaign.subject, variant.preview_text or campaign.preview_text)


def _compile(campaign: Campaign, words: Words, *, numbered: Sequence[Link] = ()) -> CompiledMessage:
    organisation = Organisation.current()
    return compile_message(
        words.blocks,
        subject=words.subject,
        preheader=words.preview_text,
        brand=brand_of(organisation),
        languages=languages_of(*words, default=organisation.default_language),
        extra=custom_field_keys(),
        tracking=campaign.tracking,
        numbered=numbered,
        utm=utm_tags(campaign.utm_campaign, organisation=organisation.name),
        notice=notice_of(campaign),
    )


def languages_of(blocks: Any, *texts: str, default: str) -> tuple[str, ...]:
    """The languages that a message speaks, its own first: others only where its author wrote for them.

    Everything that is said to a reader (greeting, places, foot) is in one of these, so that no message mixes
    a French text with an English greeting.
    """
    written = json.dumps([blocks, *texts], ensure_ascii=False)
    if not _BY_LANGUAGE.search(written):
        return (default,)
    return (default, *(language for language in LANGUAGES if language != default))


def custom_field_keys() -> tuple[str, ...]:
    """Names of the organisation's own fields, usable in a message as `extra_<name>`."""
    return tuple(CustomField.objects.order_by("key").values_list("key", flat=True))


def brand_of(organisation: Organisation) -> Brand:
    """The organisation's look; its logo by a whole address, as a message needs it."""
    return Brand(
        name=organisation.name,
        address=organisation.postal_address,
        legal_name=organisation.legal_name,
        primary_colour=organisation.primary_colour,
        logo_url=_logo_url(organisation),
        privacy_url=organisation.privacy_url,
    )


def _logo_url(organisation: Organisation) -> str:
    name = (organisation.logo.name or "").rpartition("/")[2]
    return f"{settings.PUBLIC_URL}{reverse('shell:logo', args=[name])}" if name else ""


def organisation_data(organisation: Organisation, *, sender_name: str) -> OrganisationData:
    """Who writes, for merge fields."""
    return OrganisationData(
        name=organisation.name,
        address=organisation.postal_address,
        email=organisation.contact_email,
        sender_name=sender_name,
    )
