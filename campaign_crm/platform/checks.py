"""System checks that need the database: is this database the one of these keys?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connections

from campaign_crm.platform.crypto import hash_key_fingerprint


@register(Tags.database)
def check_hash_key(
    app_configs: Any = None, databases: Sequence[str] | None = None, **_options: Any
) -> list[CheckMessage]:
    """Refuse another HASH_KEY than the one this database began with.

    With another key the do-not-contact list would recognise nobody, and people who left would be written to.
    """
    if not databases or "default" not in databases:
        return []
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT hash_key_fingerprint FROM platform_organisation")
            row = cursor.fetchone()
    except DatabaseError:
        return []  # not migrated yet, or not readable as this role: nothing to compare
    if row is None or row[0] in ("", hash_key_fingerprint()):
        return []
    return [
        Error(
            "HASH_KEY is not the one this database was made with.",
            hint="Put the original HASH_KEY back (it is part of every backup). It is never rotated.",
            id="platform.E001",
        )
    ]
