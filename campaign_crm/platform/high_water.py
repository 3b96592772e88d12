"""How far this installation has come, kept outside its database: a copy of an earlier hour is known by it.

A base backup, a snapshot or a dump that is put back brings the ledger of that hour with it, and what has left
since would leave once more. So a mark is kept in `VAR_DIR` of each machine that sends and on the server of
`INGEST_REDIS_URL`: which PostgreSQL, on which timeline, how much of its log was on disk. A database that is
another, or behind its mark, is a copy. `Organisation.lineage` numbers the marks: a person who allows sending
again begins new ones, whose number is above every mark found, and older ones count no more.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import redis
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_noop

from campaign_crm.platform.models import Organisation

logger = logging.getLogger(__name__)

KEY = "crm:high-water"
PATIENCE = 2  # seconds for the server that keeps a mark

ANOTHER = gettext_noop("the database is on another server, or its tables were made anew")
BRANCHED = gettext_noop("the database was put back to an earlier moment, or a standby took over")
BEHIND = gettext_noop("the database is as it was at an earlier hour")
UNMARKED = gettext_noop("nothing outside the database says how far it had come")

# What is on disk, not what is written: a crash may lose the difference, and would leave the database behind.
_PRESENT = """
SELECT coalesce((SELECT lineage FROM platform_organisation), 0),
    (SELECT system_identifier::text FROM pg_control_system()),
    left(pg_walfile_name(flushed), 8), 'platform_organisation'::regclass::oid::bigint,
    pg_wal_lsn_diff(flushed, '0/0')::bigint
FROM pg_current_wal_flush_lsn() AS flushed
"""


class DatabaseReplaced(Exception):
    """The database is not the one that was sending; the message is the reason, an English msgid."""


class MarksAway(Exception):
    """No mark can be read now: nobody knows whether the database is the same."""


class Mark(NamedTuple):
    """Where a database was. `table`: the number of a table, another one after any load of a dump."""

    lineage: int
    system: str
    timeline: str
    table: int
    position: int  # bytes of log


def check() -> None:
    """Move the marks on; raises DatabaseReplaced, or MarksAway.

    Marks are read before the database: what others write meanwhile must not seem to be ahead of it.
    """
    marks, complete = _read_marks()
    present = _present()
    if not present.lineage:
        _begin(marks)
        return
    if not any(mark.lineage >= present.lineage for mark in marks):
        marks, complete = _read_marks()  # perhaps they began while they were read
    _compare(present, marks, complete=complete)
    _keep(present)


def _compare(present: Mark, marks: list[Mark], *, complete: bool) -> None:
    current = [mark for mark in marks if mark.lineage >= present.lineage]
    if not current:
        raise DatabaseReplaced(UNMARKED) if complete else MarksAway
    for mark in current:
        if (mark.system, mark.table) != (present.system, present.table):
            raise DatabaseReplaced(ANOTHER)
        if mark.timeline != present.timeline:
            raise DatabaseReplaced(BRANCHED)
        if mark.lineage > present.lineage or mark.position > present.position:
            raise DatabaseReplaced(BEHIND)


def _begin(marks: Iterable[Mark]) -> None:
    """The first mark, or the first since a person allowed sending again."""
    Organisation.current()
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update().get()
        if organisation.lineage is None:
            organisation.lineage = 1 + max((mark.lineage for mark in marks), default=0)
            organisation.save(update_fields=["lineage"])
            _keep(_present())  # before the commit: whoever sees the number finds its mark


def _present() -> Mark:
    with connection.cursor() as cursor:
        cursor.execute(_PRESENT)
        return Mark(*cursor.fetchone())


def _read_marks() -> tuple[list[Mark], bool]:
    """Marks found, and whether every place could be read."""
    texts: list[str | bytes | None] = []
    complete = True
    try:
        texts.append(_path().read_text(encoding="utf-8"))
    except FileNotFoundError:
        pass
    except OSError as error:
        logger.warning("The mark in VAR_DIR cannot be read (%s)", type(error).__name__)
        complete = False
    try:
        with _client() as client:
            texts.append(client.get(KEY))
    except redis.RedisError:
        complete = False
    return [Mark(**json.loads(text)) for text in texts if text], complete


def _keep(mark: Mark) -> None:
    """Write it in both places; where one cannot take it, the mark before stays, which is true as well."""
    text = json.dumps(mark._asdict())
    try:
        _replace(_path(), text)
    except OSError:
        logger.exception("The mark in VAR_DIR cannot be written")
    try:
        with _client() as client:
            client.set(KEY, text)
    except redis.RedisError as error:
        logger.warning("The mark behind INGEST_REDIS_URL cannot be written (%s)", type(error).__name__)


def _replace(path: Path, text: str) -> None:
    """The file as a whole, on disk, or as it was."""
    beside = path.with_suffix(f".{os.getpid()}")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _path() -> Path:
    return Path(settings.VAR_DIR) / "high-water.json"


def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.INGEST_REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
    )
