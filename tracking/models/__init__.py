from tracking.models.address_list import AddressList
from tracking.models.counter import CampaignCounter
from tracking.models.figures import Figures
from tracking.models.form import Form, Submission
from tracking.models.inbox import CannedAnswer, Conversation, ConversationMessage, DropAddress
from tracking.models.interaction import Interaction

__all__ = [
    "AddressList",
    "CampaignCounter",
    "CannedAnswer",
    "Conversation",
    "ConversationMessage",
    "DropAddress",
    "Figures",
    "Form",
    "Interaction",
    "Submission",
]
