"""What is projected of everybody, to compare."""

from __future__ import annotations

from typing import Any

from contacts.models import Contact, Reach


def projected() -> tuple[list[Any], list[Any]]:
    """Every Reach row and every search text, in a fixed order."""
    rows = Reach.objects.order_by("contact_id", "channel").values()
    return list(rows), list(Contact.objects.order_by("pk").values_list("pk", "search_text"))
