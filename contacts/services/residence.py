"""Where whoever works in a territory may say that people live."""

from __future__ import annotations

from campaign_crm.platform.walls import contents, current_scope
from contacts.models import Contact, Territory


def may_live_at(place: Territory | None, *, known: Contact | None = None) -> bool:
    """Whoever works in a territory writes down people who live or vote there, and nobody else."""
    scope = current_scope()
    if scope is None:
        return True
    inside = contents(scope)
    votes_here = known is not None and known.votes_in_id in inside
    return votes_here or (place is not None and place.pk in inside)
