from tracking.models.address_list import AddressList
from tracking.models.counter import CampaignCounter
from tracking.models.donation import Donation, DonationRule
from tracking.models.figures import Figures
from tracking.models.form import Form, FormVersion
from tracking.models.inbox import CannedAnswer, Conversation, ConversationMessage, DropAddress
from tracking.models.interaction import Interaction
from tracking.models.scenario import Scenario, ScenarioDone, ScenarioPerson, ScenarioStep
from tracking.models.submission import Submission
from tracking.models.task import Task, TaskBatch

__all__ = [
    "AddressList",
    "CampaignCounter",
    "CannedAnswer",
    "Conversation",
    "ConversationMessage",
    "Donation",
    "DonationRule",
    "DropAddress",
    "Figures",
    "Form",
    "FormVersion",
    "Interaction",
    "Scenario",
    "ScenarioDone",
    "ScenarioPerson",
    "ScenarioStep",
    "Submission",
    "Task",
    "TaskBatch",
]
