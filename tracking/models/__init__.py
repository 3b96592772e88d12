from tracking.models.counter import CampaignCounter
from tracking.models.form import Form, Submission
from tracking.models.interaction import Interaction

__all__ = ["CampaignCounter", "Form", "Interaction", "Submission"]
