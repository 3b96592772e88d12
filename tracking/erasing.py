"""What becomes of opens and clicks when a person is erased: each stays one visitor of one mailing."""

from __future__ import annotations

import secrets

from django.db import connection


def make_anonymous(ids: list[int]) -> None:
    """Give what they did a random number a mailing, kept nowhere: people stay distinct, and nobody's.

    Answers to forms that named no person yet, but came from their address, are emptied too.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TO_VISITORS, {"ids": ids, "salt": secrets.randbits(62)})
        cursor.execute(_EMPTY_SUBMISSIONS, {"ids": ids})


_TO_VISITORS = """
UPDATE tracking_interaction
SET visitor = hashtextextended(contact_id || ':' || coalesce(campaign_id, 0), %(salt)s)
WHERE contact_id = ANY(%(ids)s)
"""
_EMPTY_SUBMISSIONS = """
UPDATE tracking_submission AS own SET data = '{}', ip = NULL, address_hash = NULL
WHERE own.contact_id IS NULL AND own.address_hash IN (
    SELECT address_hash FROM contacts_emailaddress WHERE contact_id = ANY(%(ids)s))
"""
