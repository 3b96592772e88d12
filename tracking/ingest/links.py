"""Where a click goes: from the database once, then from this process's memory."""

from __future__ import annotations

from functools import lru_cache

from campaign_crm.platform.database import acting_as
from messaging.models import Link

LINKS_KEPT = 20_000


class NoSuchLink(Exception):
    """The campaign has no link of this number any more."""


@lru_cache(maxsize=LINKS_KEPT)
def link_target(campaign_id: int, number: int) -> str:
    """The address behind a link. Links of a sent message never change, so the answer may be kept."""
    with acting_as("crm_national"):
        url = (
            Link.objects.filter(campaign_id=campaign_id, number=number).values_list("url", flat=True).first()
        )
    if url is None:
        raise NoSuchLink
    return url
