"""Lists of people by the API: what a browser session may read of them, how often, and the count of it."""

from __future__ import annotations

from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from campaign_crm.platform import proportion, reads
from campaign_crm.platform.api.access import key_of, member_of
from campaign_crm.platform.api.counts import count_request
from campaign_crm.platform.asking_again import is_fresh
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from campaign_crm.platform.typed import number_of

BY_ONE_KEY, BY_ONE_MEMBER = 120, 30  # requests a minute
PAGE_OF_A_SESSION = 50  # people, as on a page


def check_reading(request: Request) -> None:
    """Count one request for people; raises Throttled, or PermissionDenied for more than a page shows.

    A member reads the first page, by a browser or a personal token. To go on is to take people out: a browser
    session needs what an export needs, a token asks for an export.
    """
    key, member = key_of(request), member_of(request)
    if member is not None:
        count_request(request, "people-by-member", str(member.pk), at_most=BY_ONE_MEMBER)
    elif key is not None:
        count_request(request, "people-by-key", str(key.pk), at_most=BY_ONE_KEY)
    asked = number_of(request.query_params.get("page_size", "")) or 0
    goes_on = "cursor" in request.query_params or asked > PAGE_OF_A_SESSION
    if member is not None and goes_on and (key is not None or not _may_take_out(request)):
        raise PermissionDenied(
            _(
                "A browser session reads one page of 50 people here. To read on you need the right to take "
                "people out, a second step, and to have signed in just now. Or ask for an export."
            )
        )


def count_read(request: Request, people: int) -> None:
    """Count the people of an answer, for the journal."""
    reads.tally(people=people, key=key_of(request), member=member_of(request))


def _may_take_out(request: Request) -> bool:
    user = request.user
    return (
        isinstance(user, User)
        and user.has_right(Right.EXPORT_PEOPLE)
        and not proportion.is_missing(user, Right.EXPORT_PEOPLE)
        and is_fresh(request._request)
    )
