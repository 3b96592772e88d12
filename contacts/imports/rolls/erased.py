"""Whoever was erased as an elector is left out of every roll that comes."""

from __future__ import annotations

from django.db import connection, transaction

from campaign_crm.platform.database import lend_hash_key
from contacts.imports.rolls.prepare import SETTINGS
from contacts.imports.staging import Staging
from contacts.models import ErasedElector
from contacts.services.elector_keys import bucket, hashes


def leave_out_erased(staging: Staging) -> None:
    """Mark their rows in `special` as rows that are not written; nothing is read when nobody was erased."""
    buckets = list(ErasedElector.objects.values_list("bucket", flat=True).distinct())
    if not buckets:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        lend_hash_key()
        cursor.execute(SETTINGS)
        cursor.execute(staging.sql(_MARK), {"buckets": buckets})
        if not cursor.rowcount:
            return
    staging.analyze("special")


_NAME = "fold(own.birth_name || ' ' || own.first_names)"
_MARK = f"""
WITH looked_at AS MATERIALIZED (
    SELECT own.*, {_NAME} AS name, {bucket("own", name=_NAME)} AS bucket
    FROM {{rows}} AS own WHERE {bucket("own", name=_NAME)} = ANY(%(buckets)s)
), hashed AS MATERIALIZED (
    SELECT own.line, own.identity, own.bucket, {
    hashes(
        "own",
        name="own.name",
        identity="coalesce(special.identity, own.identity)",
        commune="place.territory_id",
    )
} AS hashes
    FROM looked_at AS own
    JOIN {{places}} AS place ON place.id = own.place
    LEFT JOIN {{special}} AS special ON special.line = own.line
)
INSERT INTO {{special}} AS known (line, identity, duplicate)
SELECT hashed.line, hashed.identity, true FROM hashed
WHERE EXISTS (
    SELECT FROM contacts_erasedelector AS gone
    WHERE gone.bucket = hashed.bucket AND gone.hashes::text[] && hashed.hashes)
ON CONFLICT (line) DO UPDATE SET duplicate = true
"""
