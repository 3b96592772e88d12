"""Sealing every kept secret again under the newest of `ENCRYPTION_KEYS`, so that an older one can go.

What is sealed is found, not listed: every `SealedText` and every column called `sealed_…` of our apps,
the second steps of django-allauth, and what an application adds with `also_reseals`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import connection, models, transaction
from psycopg2 import sql

from campaign_crm.platform.crypto import SealBroken, resealed
from campaign_crm.platform.sealed import SealedText

OURS = ("platform", "contacts", "messaging", "tracking")
ROWS_AT_A_TIME = 2_000
SECRETS_OF_A_STEP = ("secret", "seed")  # of an authenticator app; of recovery codes


@dataclass
class Resealed:
    """How many values of one place were sealed anew, were so already, and by no key (their row ids)."""

    place: str
    anew: int = 0
    already: int = 0
    broken: list[int] = field(default_factory=list)

    def take(self, pk: int, sealed: str) -> str | None:
        """Count one value; returns it under the newest key when it must be written."""
        try:
            fresh = resealed(sealed)
        except SealBroken:
            self.broken.append(pk)
            return None
        if fresh is None:
            self.already += 1
        else:
            self.anew += 1
        return fresh


_others: list[Callable[[], Resealed]] = []


def also_reseals(act: Callable[[], Resealed]) -> Callable[[], Resealed]:
    """Register a place that is no column of a model, such as a folder of sealed files."""
    _others.append(act)
    return act


def reseal_everything() -> Iterator[Resealed]:
    """Seal all of it again, a batch a transaction; may be stopped and begun anew at any moment."""
    for model, column in sealed_columns():
        yield _reseal_column(model, column)
    yield _reseal_second_steps()
    for act in _others:
        yield act()


def sealed_columns() -> list[tuple[type[models.Model], str]]:
    """Every sealed column of our applications."""
    return [
        (model, str(one.column))
        for label in OURS
        for model in apps.get_app_config(label).get_models()
        for one in model._meta.local_fields
        if isinstance(one, models.TextField)
        and (isinstance(one, SealedText) or one.name.startswith("sealed_"))
    ]


def _reseal_column(model: type[models.Model], column: str) -> Resealed:
    table, key = sql.Identifier(model._meta.db_table), sql.Identifier(str(model._meta.pk.column))
    names = {"table": table, "key": key, "column": sql.Identifier(column)}
    read = sql.SQL(
        "SELECT {key}, {column} FROM {table} WHERE {key} > %s AND {column} <> '' ORDER BY {key} LIMIT %s"
    ).format(**names)
    # Whoever saved a new value meanwhile sealed it with the newest key: theirs stays.
    write = sql.SQL(
        "UPDATE {table} SET {column} = fresh.new FROM unnest(%s::bigint[], %s::text[], %s::text[])"
        " AS fresh(key, old, new) WHERE {table}.{key} = fresh.key AND {table}.{column} = fresh.old"
    ).format(**names)
    done, last = Resealed(f"{model._meta.db_table}.{column}"), 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(read, [last, ROWS_AT_A_TIME])
            rows = cursor.fetchall()
            fresh = [(pk, old, new) for pk, old in rows if (new := done.take(pk, old)) is not None]
            if fresh:
                cursor.execute(write, [list(values) for values in zip(*fresh, strict=True)])
        if not rows:
            return done
        last = rows[-1][0]


@transaction.atomic
def _reseal_second_steps() -> Resealed:
    """One or two rows a member of staff."""
    done = Resealed(f"{Authenticator._meta.db_table}.data")
    for row in Authenticator.objects.select_for_update().order_by("pk"):
        fresh = {
            name: new
            for name in SECRETS_OF_A_STEP
            if name in row.data and (new := done.take(row.pk, row.data[name])) is not None
        }
        if fresh:
            row.data = {**row.data, **fresh}
            row.save(update_fields=["data"])
    return done
