from messaging.models.account_doubt import AccountDoubt
from messaging.models.approval import Approval, SendingRule
from messaging.models.broker_mailing import BrokerMailing, OptOutHandOver
from messaging.models.campaign import Campaign, Operation
from messaging.models.costs import CampaignCost, Invoice, UnitCost
from messaging.models.delivery import Delivery
from messaging.models.domain_record import DomainRecord
from messaging.models.experiment import Experiment
from messaging.models.frequency_cap import FrequencyCap
from messaging.models.image import Image
from messaging.models.link import Link
from messaging.models.mailbox import Mailbox, Reply
from messaging.models.pace import (
    CampaignPace,
    CampaignWatch,
    FamilyLimit,
    FamilyPause,
    HandOver,
    ReceivingDomain,
)
from messaging.models.provider_account import ProviderAccount
from messaging.models.provider_event import Feedback, ProviderEvent
from messaging.models.seed_mailbox import SeedMailbox
from messaging.models.sender_domain import DomainKey, SenderDomain
from messaging.models.sender_identity import SenderIdentity
from messaging.models.sender_route import SenderRoute
from messaging.models.template import Template
from messaging.models.variant import CampaignVariant
from messaging.models.warm_up import WarmUp

__all__ = [
    "AccountDoubt",
    "Approval",
    "BrokerMailing",
    "Campaign",
    "CampaignCost",
    "CampaignPace",
    "CampaignVariant",
    "CampaignWatch",
    "Delivery",
    "DomainKey",
    "DomainRecord",
    "Experiment",
    "FamilyLimit",
    "FamilyPause",
    "Feedback",
    "FrequencyCap",
    "HandOver",
    "Image",
    "Invoice",
    "Link",
    "Mailbox",
    "Operation",
    "OptOutHandOver",
    "ProviderAccount",
    "ProviderEvent",
    "ReceivingDomain",
    "Reply",
    "SeedMailbox",
    "SenderDomain",
    "SenderIdentity",
    "SenderRoute",
    "SendingRule",
    "Template",
    "UnitCost",
    "WarmUp",
]
