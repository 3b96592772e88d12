"""Working as `crm_owner`, the owner of the tables: migrations, backups and restores, nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from campaign_crm.platform.env import database_settings

LOGIN = ("USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
# Read by `platform.database`: the owner's connections take no application role.
AS_OWNER = "CRM_AS_OWNER"


@contextmanager
def log_in_as_owner(alias: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Let the connection `alias` log in as DATABASE_OWNER_URL says, to the same database, for a block."""
    connection = connections[alias]
    owner = database_settings(settings.DATABASE_OWNER_URL, name_of_variable="DATABASE_OWNER_URL")
    before = {name: connection.settings_dict[name] for name in LOGIN}
    connection.close()
    connection.settings_dict.update({name: owner[name] for name in LOGIN})
    os.environ[AS_OWNER] = "1"
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)
        os.environ.pop(AS_OWNER, None)
