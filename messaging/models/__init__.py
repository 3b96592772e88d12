from messaging.models.campaign import Campaign, Operation
from messaging.models.delivery import Delivery
from messaging.models.image import Image
from messaging.models.link import Link
from messaging.models.provider_account import ProviderAccount
from messaging.models.sender_identity import SenderIdentity
from messaging.models.template import Template

__all__ = [
    "Campaign",
    "Delivery",
    "Image",
    "Link",
    "Operation",
    "ProviderAccount",
    "SenderIdentity",
    "Template",
]
