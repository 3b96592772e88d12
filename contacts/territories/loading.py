"""Load the shipped territories into the database, in seconds, as often as one likes.

COPY into temporary tables, then a few set-based statements: ids never change, a territory that disappeared
stays and points to its successor, and what an installation added itself (polling stations, cantons,
constituencies) is left alone.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from campaign_crm.platform.database import acting_as, analyze
from contacts.errors import ContactsError
from contacts.models import ReferenceData
from contacts.territories import loading_sql
from contacts.territories.aliases import territory_aliases
from contacts.territories.reference import (
    FORMER_KINDS,
    REFERENCE_FILE,
    ReferenceRow,
    read_reference,
    reference_sha256,
    reference_version,
)

NAME = "territories"
ALIAS_RULES = "1"  # another number when `aliases.py` changes: installations then load again


class TerritoriesNotLoaded(ContactsError):
    """The reference file cannot be read."""


@dataclass(frozen=True)
class LoadResult:
    """What a load did, in rows. `loaded` is False when this edition was there already."""

    loaded: bool
    version: str
    created: int = 0
    updated: int = 0
    retired: int = 0
    aliases: int = 0


def load_territories(*, force: bool = False, path: Path = REFERENCE_FILE) -> LoadResult:
    """Bring Territory, TerritoryAncestor and TerritoryAlias to the edition of the reference file.

    Does nothing when that edition is loaded already, unless `force`. One transaction, as `crm_system`; two
    loads at the same moment run one after the other.
    """
    with _readable(path):
        version = reference_version(path)
        digest = reference_sha256(path, salt=ALIAS_RULES)
    with acting_as("crm_system"), connection.cursor() as cursor:
        if not force and _is_loaded(digest):
            return LoadResult(loaded=False, version=version)
        cursor.execute(loading_sql.LOCK)
        if not force and _is_loaded(digest):
            return LoadResult(loaded=False, version=version)
        with _readable(path):
            rows = read_reference(path)
        counts = _load(cursor, rows)
        ReferenceData.objects.update_or_create(name=NAME, defaults={"version": version, "sha256": digest})
        analyze("contacts_territory", "contacts_territoryancestor", "contacts_territoryalias")
    return LoadResult(loaded=True, version=version, **counts)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Say in one message what is wrong with a file that is missing, truncated or not ours."""
    try:
        yield
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, TypeError, StopIteration) as error:
        reason = getattr(error, "strerror", None) or error
        raise TerritoriesNotLoaded(
            _(
                "The reference file %(file)s cannot be read (%(reason)s). Install the product again, or make "
                "the file with: python -m tools.build_territories"
            )
            % {"file": path.name, "reason": reason}
        ) from error


def _is_loaded(digest: str) -> bool:
    return ReferenceData.objects.filter(name=NAME, sha256=digest).exists()


def _load(cursor: Any, rows: list[ReferenceRow]) -> dict[str, int]:
    today = {(row.kind, row.code) for row in rows}
    cursor.execute(loading_sql.MAKE_TEMPORARY_TABLES)
    _copy(
        cursor,
        "incoming_territory",
        (_territory_values(row) for row in rows if _is_own_territory(row, today)),
    )
    _copy(cursor, "incoming_alias", territory_aliases(rows))
    cursor.execute("ANALYZE incoming_territory, incoming_alias")
    cursor.execute(loading_sql.UPSERT)
    created, updated = cursor.fetchone()
    analyze("contacts_territory")  # without it the joins below are planned for an empty table
    cursor.execute(loading_sql.LINK)
    cursor.execute(loading_sql.RETIRE)
    retired = cursor.rowcount
    for statement in loading_sql.REFRESH_CLOSURE:
        cursor.execute(statement)
    cursor.execute(loading_sql.REPLACE_ALIASES)
    aliases = cursor.rowcount
    cursor.execute(loading_sql.DROP_TEMPORARY_TABLES)
    return {"created": created, "updated": updated, "retired": retired, "aliases": aliases}


def _is_own_territory(row: ReferenceRow, today: set[tuple[str, str]]) -> bool:
    """False for a former commune whose code its successor kept: it lives on as an alias only."""
    return row.kind not in FORMER_KINDS or ("commune", row.code) not in today


def _territory_values(row: ReferenceRow) -> tuple[str | None, ...]:
    parent_kind, _, parent_code = row.parent.partition("/")
    is_former = row.kind in FORMER_KINDS
    return (
        "commune" if is_former else row.kind,
        row.code,
        row.name,
        row.article,
        parent_kind or None,
        parent_code or None,
        row.population or None,
        "{" + row.postcodes.replace(" ", ",") + "}",
        "true" if is_former else "false",
    )


def _copy(cursor: Any, table: str, rows: Iterable[Iterable[str | None]]) -> None:
    """COPY rows of text. The reference file's builder refuses tabs, line breaks and backslashes."""
    lines = "\n".join("\t".join("\\N" if value is None else value for value in row) for row in rows)
    cursor.copy_expert(f"COPY {table} FROM STDIN", io.StringIO(lines))
