"""What people did follows them when two records of one person are merged."""

from __future__ import annotations

from contacts.merging.belongings import Belonging

INTERACTIONS = Belonging("tracking_interaction", ("at", "event_id"))
SUBMISSIONS = Belonging("tracking_submission")
CONVERSATIONS = Belonging("tracking_conversation")
CONVERSATION_MESSAGES = Belonging("tracking_conversationmessage")
