"""Where two records of one person disagree, the refusal holds: of an agreement, and of a newsletter."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection

from campaign_crm.platform.models import User
from contacts.enums import Channel, ConsentPurpose
from contacts.models import Consent, Contact, Merge, Newsletter, Subscription
from contacts.services.consents import record_consent

Word = tuple[str, str]
"""A channel and a purpose of the consent ledger."""


def disagreements(kept: Contact, absorbed: Contact) -> list[Word]:
    """Channels and purposes on which one record agrees and the other refuses: the refusal will hold."""
    mine, other = _words(kept), _words(absorbed)
    return sorted(word for word in mine.keys() & other.keys() if mine[word] != other[word])


def newsletters_left(kept: Contact, absorbed: Contact) -> list[Newsletter]:
    """Newsletters that one record left and the other still receives: the merged record will not."""
    rows = Subscription.objects.filter(contact__in=[kept, absorbed]).values_list(
        "newsletter_id", "contact_id", "ended_at"
    )
    received = {(newsletter, person) for newsletter, person, ended in rows if ended is None}
    left = {(newsletter, person) for newsletter, person, _ended in rows} - received
    ids = {newsletter for newsletter, _person in received} & {newsletter for newsletter, _person in left}
    return list(Newsletter.objects.filter(pk__in=ids).order_by("name"))


def refuse_again(kept: Contact, contradicted: list[Word], merge: Merge, by: User | None) -> list[int]:
    """Write the refusal that holds after records that disagree became one; returns ids of the entries."""
    return [
        record_consent(
            contact=kept,
            channel=Channel(channel),
            purpose=ConsentPurpose(purpose),
            given=False,
            proof={"merge": merge.pk},
            by=by,
        ).pk
        for channel, purpose in contradicted
    ]


def end_left_newsletters(kept: Contact, absorbed: Contact) -> list[dict[str, Any]]:
    """End what one record still receives and the other left; returns {"id", "ended_at"} of each ended row."""
    with connection.cursor() as cursor:
        cursor.execute(_END_LEFT, {"pair": [kept.pk, absorbed.pk]})
        return [json.loads(row) for (row,) in cursor.fetchall()]


def _words(contact: Contact) -> dict[Word, bool]:
    """What holds for a person, by channel and purpose: the newest entry of the ledger."""
    newest = Consent.objects.filter(contact=contact).order_by("channel", "purpose", "-at", "-pk")
    return {(entry.channel, entry.purpose): entry.given for entry in newest.distinct("channel", "purpose")}


_END_LEFT = """
UPDATE contacts_subscription AS own SET ended_at = now()
WHERE own.contact_id = ANY(%(pair)s) AND own.ended_at IS NULL AND EXISTS (
    SELECT FROM contacts_subscription AS other
    WHERE other.contact_id = ANY(%(pair)s) AND other.contact_id <> own.contact_id
      AND other.newsletter_id = own.newsletter_id
    HAVING count(*) > 0 AND bool_and(other.ended_at IS NOT NULL))
RETURNING jsonb_build_object('id', own.id, 'ended_at', own.ended_at)::text
"""
