from tracking.models.address_list import AddressList
from tracking.models.counter import CampaignCounter
from tracking.models.donation import Donation, DonationRule
from tracking.models.event import Event, EventSeries
from tracking.models.event_rsvp import CheckIn, Rsvp
from tracking.models.event_slot import EventSlot
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
    "CheckIn",
    "Conversation",
    "ConversationMessage",
    "Donation",
    "DonationRule",
    "DropAddress",
    "Event",
    "EventSeries",
    "EventSlot",
    "Figures",
    "Form",
    "FormVersion",
    "Interaction",
    "Rsvp",
    "Scenario",
    "ScenarioDone",
    "ScenarioPerson",
    "ScenarioStep",
    "Submission",
    "Task",
    "TaskBatch",
]
