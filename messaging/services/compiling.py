"""A campaign's content compiled with the organisation's look, as it would leave now."""

from __future__ import annotations

from django.conf import settings

from campaign_crm.platform.models import Organisation
from contacts.models import CustomField
from messaging.content.brand import Brand
from messaging.content.compile import CompiledMessage, compile_message
from messaging.content.recipients import OrganisationData
from messaging.models import Campaign


def compile_campaign(campaign: Campaign, *, extra: tuple[str, ...] = ()) -> CompiledMessage:
    """Compile blocks, subject and preview text; raises ContentError with every fault found.

    `extra`: names of the values that a service message brings, besides the custom fields.
    """
    organisation = Organisation.current()
    return compile_message(
        campaign.blocks,
        subject=campaign.subject,
        preheader=campaign.preview_text,
        brand=brand_of(organisation),
        languages=(organisation.default_language,),
        extra=(*custom_field_keys(), *extra),
        tracking=campaign.tracking,
    )


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
        logo_url=f"{settings.PUBLIC_URL}{organisation.logo.url}" if organisation.logo else "",
        privacy_url=organisation.privacy_url,
    )


def organisation_data(organisation: Organisation, *, sender_name: str) -> OrganisationData:
    """Who writes, for merge fields."""
    return OrganisationData(
        name=organisation.name,
        address=organisation.postal_address,
        email=organisation.contact_email,
        sender_name=sender_name,
    )
