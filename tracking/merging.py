"""What people did follows them when two records of one person are merged."""

from __future__ import annotations

from contacts.merging.belongings import Belonging

INTERACTIONS = Belonging("tracking_interaction", ("at", "event_id"))
SUBMISSIONS = Belonging("tracking_submission")
CONVERSATIONS = Belonging("tracking_conversation")
TASKS = Belonging(
    "tracking_task",
    same="held.batch_id = own.batch_id OR (own.origin <> '' AND held.origin = own.origin)",
)
SCENARIOS = Belonging("tracking_scenarioperson", same="held.scenario_id = own.scenario_id")
STEPS_DONE = Belonging("tracking_scenariodone", same="held.step_id = own.step_id")
DONATIONS = Belonging("tracking_donation")
CONVERSATION_MESSAGES = Belonging("tracking_conversationmessage")
