from messaging.models.campaign import Campaign, Operation
from messaging.models.delivery import Delivery
from messaging.models.image import Image
from messaging.models.link import Link
from messaging.models.provider_account import ProviderAccount
from messaging.models.sender_identity import SenderIdentity
from messaging.models.template import Template
from messaging.models.variant import CampaignVariant

__all__ = [
    "Campaign",
    "CampaignVariant",
    "Delivery",
    "Image",
    "Link",
    "Operation",
    "ProviderAccount",
    "SenderIdentity",
    "Template",
]
