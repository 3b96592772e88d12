"""Lists of people by the API: what a browser session may read of them, how often, and the count of it."""

from __future__ import annotations

from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied, Throttled
from rest_framework.request import Request

from campaign_crm.platform import proportion, reads
from campaign_crm.platform.asking_again import is_fresh
from campaign_crm.platform.limits import is_within
from campaign_crm.platform.models import ApiKey, User
from campaign_crm.platform.rights import Right
from campaign_crm.platform.typed import number_of

MINUTE = 60
BY_ONE_KEY, BY_ONE_MEMBER = 120, 30  # requests a minute
PAGE_OF_A_SESSION = 50  # people, as on a page


def check_reading(request: Request) -> None:
    """Count one request for people; raises Throttled, or PermissionDenied for more than a page shows.

    A browser session reads the first page. To go on is to take people out: it asks what an export asks.
    """
    key = request.auth if isinstance(request.auth, ApiKey) else None
    name, of, at_most = ("key", key.pk, BY_ONE_KEY) if key else ("member", request.user.pk, BY_ONE_MEMBER)
    if not is_within(f"people-by-{name}", str(of), at_most=at_most, seconds=MINUTE):
        raise Throttled(wait=MINUTE)
    asked = number_of(request.query_params.get("page_size", "")) or 0
    goes_on = "cursor" in request.query_params or asked > PAGE_OF_A_SESSION
    if key is None and goes_on and not _may_take_out(request):
        raise PermissionDenied(
            _(
                "A browser session reads one page of 50 people here. To read on you need the right to take "
                "people out, a second step, and to have signed in just now. Or ask for an export."
            )
        )


def count_read(request: Request, people: int) -> None:
    """Count the people of an answer, for the journal."""
    key, user = request.auth, request.user
    reads.tally(
        people=people,
        key=key if isinstance(key, ApiKey) else None,
        member=user if isinstance(user, User) else None,
    )


def _may_take_out(request: Request) -> bool:
    user = request.user
    return (
        isinstance(user, User)
        and user.has_right(Right.EXPORT_PEOPLE)
        and not proportion.is_missing(user, Right.EXPORT_PEOPLE)
        and is_fresh(request._request)
    )
