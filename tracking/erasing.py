"""What becomes of opens and clicks when a person is erased: each stays one visitor of one mailing."""

from __future__ import annotations

import secrets

from django.db import connection


def make_anonymous(ids: list[int]) -> None:
    """Give what they did a random number a mailing, kept nowhere: people stay distinct, and nobody's.

    Answers to forms that named no person yet, but came from their address, are emptied too, and conversations
    with nobody known from there go.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TO_VISITORS, {"ids": ids, "salt": secrets.randbits(62)})
        cursor.execute(_EMPTY_SUBMISSIONS, {"ids": ids})
        cursor.execute(_FORGET_CONVERSATIONS, {"ids": ids})
        cursor.execute(_FORGET_COPIES, {"ids": ids})


_TO_VISITORS = """
UPDATE tracking_interaction
SET visitor = hashtextextended(contact_id || ':' || coalesce(campaign_id, 0), %(salt)s)
WHERE contact_id = ANY(%(ids)s)
"""
_EMPTY_SUBMISSIONS = """
UPDATE tracking_submission AS own SET data = '{}', ip = NULL, address_hash = NULL, state = 'refused'
WHERE own.contact_id IS NULL AND own.address_hash IN (
    SELECT address_hash FROM contacts_emailaddress WHERE contact_id = ANY(%(ids)s))
"""
_NOBODYS = """
SELECT c.id FROM tracking_conversation AS c
JOIN contacts_emailaddress AS e ON e.normalised = c.address
WHERE c.contact_id IS NULL AND e.contact_id = ANY(%(ids)s)
"""
_FORGET_CONVERSATIONS = f"""
WITH gone AS ({_NOBODYS}), said AS (
    DELETE FROM tracking_conversationmessage WHERE conversation_id IN (SELECT id FROM gone)
)
DELETE FROM tracking_conversation WHERE id IN (SELECT id FROM gone)
"""  # noqa: S608 - our own text
# Copies that were filed nowhere name people by their addresses alone.
_FORGET_COPIES = """
DELETE FROM tracking_conversationmessage AS own
WHERE own.conversation_id IS NULL AND own.contact_id IS NULL AND EXISTS (
    SELECT FROM contacts_emailaddress AS e
    WHERE e.contact_id = ANY(%(ids)s) AND position(e.normalised IN lower(own.address)) > 0)
"""
