"""Versions kept with every message, so that a later reader knows which rules and words it left under."""

RULEBOOK_VERSION = "1"  # the rules that decide who may be written to (contacts.rules, contacts.segments)
NOTICE_VERSION = "1"  # the words that tell people where their data came from (messaging.services.origins)
