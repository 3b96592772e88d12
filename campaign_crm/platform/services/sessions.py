"""Where somebody is signed in, and signing them out there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User

# In this order: Edge and Opera also say that they are Chrome, Chrome that it is Safari.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Place:
    """One browser that is signed in."""

    pk: int
    device: str
    address: str
    since: datetime
    is_here: bool


def places_of(user: User, *, here: str | None = None) -> list[Place]:
    """Open sessions, this one first, then the newest; rows of sessions that ended are passed over."""
    found = list(UserSession.objects.filter(user=user))
    alive = Session.objects.filter(
        session_key__in=[one.session_key for one in found], expire_date__gt=timezone.now()
    )
    keys = set(alive.values_list("session_key", flat=True))
    places = [
        Place(one.pk, device_of(one.user_agent), one.ip, one.created_at, one.session_key == here)
        for one in found
        if one.session_key in keys
    ]
    return sorted(places, key=lambda place: (not place.is_here, -place.since.timestamp()))


@transaction.atomic
def end_sessions(*, user: User, by: User, only: int | None = None, keep: str | None = None) -> int:
    """Sign somebody out: of the session `only`, else everywhere but in the session of key `keep`."""
    found = UserSession.objects.filter(user=user).exclude(session_key=keep or "")
    found = found if only is None else found.filter(pk=only)
    keys = list(found.select_for_update().values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
    if keys:
        audit.record(action="team.sign_out", on=user, by=by, detail={"sessions": len(keys)})
    return len(keys)


def device_of(user_agent: str) -> str:
    """“Firefox, Windows”: what a person recognises of what a browser says of itself."""
    browser = next((name for sign, name in BROWSERS if re.search(rf"{sign}\w*/", user_agent)), "")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    return ", ".join(part for part in (browser, system) if part) or _("A device that does not say what it is")
