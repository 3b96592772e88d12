"""What a person chose on the page of a merge: which record stays, and whose value of each field."""

from __future__ import annotations

from django.http import HttpRequest

from contacts.merging.fields import EXTRA, FIELDS, Side
from contacts.models import Contact


def chosen_sides(request: HttpRequest) -> dict[str, Side]:
    """Fields for which a side was chosen: {"first_name": "absorbed", "extra_size": "kept", …}.

    The others follow the rule.
    """
    chosen: dict[str, Side] = {}
    for posted, side in request.POST.items():
        name = posted.removeprefix("side_")
        known = name in FIELDS or name.startswith(EXTRA)
        if posted.startswith("side_") and known and side in ("kept", "absorbed"):
            chosen[name] = "kept" if side == "kept" else "absorbed"
    return chosen


def in_chosen_order(request: HttpRequest, first: Contact, second: Contact) -> tuple[Contact, Contact]:
    """(kept, absorbed): the first record stays, unless the page was asked to swap them."""
    return (second, first) if request.GET.get("swap") == "1" else (first, second)
