"""Is this database the one of these keys? Asked by system checks, and by every program as it starts."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import OperationalError, connection, transaction

from campaign_crm.platform.crypto import hash_key_fingerprint
from campaign_crm.platform.database import acting_as
from campaign_crm.platform.env import SettingError
from campaign_crm.platform.owner import AS_OWNER

logger = logging.getLogger(__name__)

OTHER_KEY = "HASH_KEY is not the one this database was made with."
FIX = "Put the original HASH_KEY back (it is part of every backup). It is never rotated."


@register(Tags.database)
def check_hash_key(
    app_configs: Any = None, databases: Sequence[str] | None = None, **_options: Any
) -> list[CheckMessage]:
    """Refuse another HASH_KEY than the one this database began with.

    With another key the do-not-contact list would recognise nobody, and people who left would be written to.
    """
    if not databases or "default" not in databases or not has_another_hash_key():
        return []
    return [Error(OTHER_KEY, hint=FIX, id="platform.E001")]


def refuse_another_hash_key() -> None:
    """Raise SettingError when this database belongs to another HASH_KEY; called as a program starts.

    A database that does not answer cannot be asked: the program starts, and finds that out by itself.
    """
    try:
        if has_another_hash_key():
            raise SettingError(f"{OTHER_KEY} {FIX}")
    except OperationalError as error:
        logger.warning("HASH_KEY is not compared: the database is away (%s)", type(error).__name__)
    finally:
        connection.close()


def has_another_hash_key() -> bool:
    """True when the database keeps the fingerprint of another key; False before its first migration."""
    role = transaction.atomic() if os.environ.get(AS_OWNER) else acting_as("crm_system")
    with role, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('platform_organisation') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("SELECT hash_key_fingerprint FROM platform_organisation")
        row = cursor.fetchone()
    return row is not None and row[0] not in ("", hash_key_fingerprint())
