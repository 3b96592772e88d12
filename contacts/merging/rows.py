"""Moving the rows of one record to another, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypedDict

from django.db import IntegrityError, connection, transaction

from contacts.merging.belongings import OWN, Belonging
from contacts.models import Import
from contacts.registry import registry

Row = dict[str, Any]


class TableMoves(TypedDict):
    """The rows of one table: keys of those that moved (and `is_primary`), whole rows of those left out."""

    moved: list[Row]
    left: list[Row]


Moves = dict[str, TableMoves]


def all_belongings() -> tuple[Belonging, ...]:
    """Every table that holds rows about a person, this app's and those registered from above."""
    return (*OWN, *registry.belongings.values())


def move_rows(*, kept: int, absorbed: int) -> Moves:
    """Give the rows of `absorbed` to `kept`; rows that both have are taken out and returned."""
    moves: Moves = {}
    for belonging in all_belongings():
        moved = _move(belonging, to=kept, of=absorbed)
        left = [] if belonging.stays else _take_out(belonging, absorbed)
        if moved or left:
            moves[belonging.table] = {"moved": moved, "left": left}
    return moves


def return_rows(moves: Moves, *, kept: int, absorbed: int) -> None:
    """Give rows back to a restored record: those that are still there, and those that both had."""
    for belonging in all_belongings():
        done = moves.get(belonging.table)
        if done is not None:
            _give_back(belonging, done["moved"], kept=kept, absorbed=absorbed)
            restore(belonging, _without_undone(done["left"]), owner=absorbed)


def restore(
    belonging: Belonging, rows: Iterable[Row], *, owner: int, as_main: bool = True
) -> tuple[list[Row], list[Row]]:
    """Write taken-out rows again; returns (written, not written).

    A row is not written when the owner has an equal one, or when what it refers to (a tag, a list) is gone.
    Without `as_main` it is never the main one of its kind.
    """
    written: list[Row] = []
    refused: list[Row] = []
    demoted = {"is_primary": False} if belonging.has_main and not as_main else {}
    for row in rows:
        values = {**row, belonging.person: owner, **demoted}
        (written if _write_again(belonging, values) else refused).append(row)
    return written, refused


def _write_again(belonging: Belonging, values: Row) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_insert(belonging), [json.dumps(values)])
            written = bool(cursor.rowcount)
            cursor.execute(
                "SET CONSTRAINTS ALL IMMEDIATE"
            )  # a reference to what is gone shows here, not later
    except IntegrityError:
        return False
    return written


def claim_left_rows(moves: Moves, *, brought: Moves, owner: int) -> None:
    """Take over rows that an earlier merge brought to `owner` and that a later one, of `owner`, left out.

    `brought` is what the earlier merge moved: such a row is no longer looked for at the record of today,
    whose equal row is another one, and is written again as it was.
    """
    for belonging in all_belongings():
        later, own = moves.get(belonging.table), brought.get(belonging.table)
        if later is None or own is None:
            continue
        keys = [_key(belonging, row) for row in own["moved"]]
        claimed = [
            row for row in later["left"] if row[belonging.person] == owner and _key(belonging, row) in keys
        ]
        claimed_keys = [_key(belonging, row) for row in claimed]
        later["left"] = [row for row in later["left"] if row not in claimed]
        own["moved"] = [row for row in own["moved"] if _key(belonging, row) not in claimed_keys]
        own["left"] += claimed


def share_left_rows(moves: Moves, *, kept: int) -> None:
    """Write for the kept record what a merge left out and nothing hides any more; `moves` follows."""
    for belonging in all_belongings():
        done = moves.get(belonging.table)
        if done is None or not done["left"]:
            continue
        left = _without_undone(done["left"])
        written, done["left"] = restore(belonging, left, owner=kept, as_main=False)
        main = ("is_primary",) if belonging.has_main else ()
        done["moved"] += [{name: row[name] for name in (*belonging.key, *main)} for row in written]


def _without_undone(rows: list[Row]) -> list[Row]:
    """Those that no import brought which was undone since."""
    imports = [row["created_by_import_id"] for row in rows if row.get("created_by_import_id")]
    states = (Import.State.UNDOING, Import.State.UNDONE)
    undone = set(Import.objects.filter(pk__in=imports, state__in=states).values_list("pk", flat=True))
    return [row for row in rows if row.get("created_by_import_id") not in undone]


def keep_one_main(*owners: int) -> None:
    """Where no contact point is the main one, the oldest becomes it."""
    with connection.cursor() as cursor:
        for belonging in all_belongings():
            if belonging.has_main:
                cursor.execute(_PROMOTE.format(table=belonging.table), [list(owners)])


def _move(belonging: Belonging, *, to: int, of: int) -> list[Row]:
    if belonging.append_only:
        return _rewrite(belonging, to=to, of=of)
    with connection.cursor() as cursor:
        cursor.execute(_move_sql(belonging), {"to": to, "of": of})
        return [_loaded(row) for (row,) in cursor.fetchall()]


def _move_sql(belonging: Belonging) -> str:
    table, person = belonging.table, belonging.person
    held = (
        f"EXISTS (SELECT FROM {table} AS held WHERE held.{person} = %(to)s AND {belonging.same or 'false'})"
    )
    main = (
        f", is_primary = own.is_primary AND NOT EXISTS"
        f" (SELECT FROM {table} AS held WHERE held.{person} = %(to)s AND held.is_primary)"
    )
    keys = ", ".join(f"'{column}', own.{column}" for column in belonging.key)
    was = ", 'is_primary', was.is_primary" if belonging.has_main else ""
    return f"""
        WITH was AS MATERIALIZED (SELECT * FROM {table} AS own WHERE own.{person} = %(of)s)
        UPDATE {table} AS own SET {person} = %(to)s{main if belonging.has_main else ""}
        FROM was
        WHERE own.{person} = %(of)s AND {_same_key(belonging, "own", "was")}
          AND ({belonging.movable}) AND NOT {held}
        RETURNING jsonb_build_object({keys}{was})
    """


def _rewrite(belonging: Belonging, *, to: int, of: int) -> list[Row]:
    """Take rows out and write them under the other owner, each with its own id."""
    written, _refused = restore(belonging, _take_out(belonging, of), owner=to)
    return [{column: row[column] for column in belonging.key} for row in written]


def _take_out(belonging: Belonging, owner: int) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {belonging.table} AS own WHERE {belonging.person} = %s RETURNING to_jsonb(own)",
            [owner],
        )
        return [_loaded(row) for (row,) in cursor.fetchall()]


def _give_back(belonging: Belonging, keys: list[Row], *, kept: int, absorbed: int) -> None:
    """Those of the rows that the kept record still has go back to their first owner."""
    if not keys:
        return
    table = belonging.table
    mine = f"jsonb_populate_recordset(NULL::{table}, %(keys)s)"
    parameters: dict[str, Any] = {"keys": json.dumps(keys), "kept": kept, "absorbed": absorbed}
    with connection.cursor() as cursor:
        if belonging.append_only:
            cursor.execute(
                f"DELETE FROM {table} AS own USING {mine} AS was"
                f" WHERE own.{belonging.person} = %(kept)s AND {_same_key(belonging, 'own', 'was')}"
                " RETURNING to_jsonb(own)",
                parameters,
            )
            restore(belonging, [_loaded(row) for (row,) in cursor.fetchall()], owner=absorbed)
            return
        main = ", is_primary = was.is_primary" if belonging.has_main else ""
        cursor.execute(
            f"UPDATE {table} AS own SET {belonging.person} = %(absorbed)s{main} FROM {mine} AS was"
            f" WHERE own.{belonging.person} = %(kept)s AND {_same_key(belonging, 'own', 'was')}"
            f" AND ({belonging.movable})",
            parameters,
        )


def _insert(belonging: Belonging) -> str:
    """INSERT of one row given as JSON; generated columns write themselves."""
    with connection.cursor() as cursor:
        columns = ", ".join(stored_columns(belonging.table, cursor))
    return (
        f"INSERT INTO {belonging.table} ({columns})"
        f" SELECT {columns} FROM jsonb_populate_record(NULL::{belonging.table}, %s) ON CONFLICT DO NOTHING"
    )


def stored_columns(table: str, cursor: Any) -> list[str]:
    """The columns of a table that are written, not computed by the database."""
    cursor.execute(
        "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
        " AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
        [table],
    )
    return [name for (name,) in cursor.fetchall()]


def _key(belonging: Belonging, row: Row) -> list[Any]:
    return [row[column] for column in belonging.key]


def _same_key(belonging: Belonging, one: str, other: str) -> str:
    return " AND ".join(f"{one}.{column} = {other}.{column}" for column in belonging.key)


def _loaded(row: Any) -> Row:
    loaded: Row = json.loads(row) if isinstance(row, str) else row
    return loaded


_PROMOTE = """
UPDATE {table} AS point SET is_primary = true
FROM (
    SELECT contact_id, min(id) AS id FROM {table} WHERE contact_id = ANY(%s)
    GROUP BY contact_id HAVING NOT bool_or(is_primary)
) AS oldest
WHERE point.id = oldest.id
"""
