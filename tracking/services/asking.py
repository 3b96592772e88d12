"""A person asks about their data on the public page: written down, and a link sent to the address typed.

The page says the same whether the address is known or not, and a link leaves in both cases: nobody learns
here whether somebody stands in the base of a political party.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.locks import wait_for_turn
from contacts.enums import Channel
from contacts.models import PersonRequest
from contacts.requests.identity import ask_identity
from contacts.requests.reminders import tell_of_arrival
from contacts.requests.service import open_request
from tracking.services.sign_up_limits import may_get_link

ASKED_AGAIN_AFTER = timedelta(hours=24)
"""The same address asking the same thing twice within this time is one request, and gets one link."""


@transaction.atomic
def receive_request(
    *, kind: str, name: str, email: str, words: str, channels: Sequence[Channel], language: str
) -> PersonRequest | None:
    """Write it down and send the link; None when it stands already. `email` is normalised."""
    digest = keyed_hash("email", email)
    wait_for_turn(f"request {digest.hex()}")
    since = timezone.now() - ASKED_AGAIN_AFTER
    known = PersonRequest.objects.unanswered().filter(address_hash=digest, kind=kind, received_at__gt=since)
    if known.exists():
        return None
    request = open_request(
        kind=kind,
        came_by=PersonRequest.CameBy.PAGE,
        name=name,
        address=email,
        words=words,
        channels=channels if kind == PersonRequest.Kind.OBJECTION else (),
        language=language,
        by=None,
    )
    if may_get_link(email):
        ask_identity(request=request, by=None)
    tell_of_arrival(request)
    return request
