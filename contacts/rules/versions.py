"""Versions kept with every message, so that a later reader knows which words it left under.

The rulebook has its own: `contacts.rules.rulebook.version`.
"""

NOTICE_VERSION = "1"  # the words that tell people where their data came from (messaging.services.origins)
