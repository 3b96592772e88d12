"""Reading a file of people into its staging tables: cleaned rows, their points, who is who in the file."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.db import connection, transaction
from django.utils.translation import gettext as _

from campaign_crm.platform.database import lend_hash_key
from contacts.imports.birthplaces import hash_birthplaces
from contacts.imports.errors import WrongColumns
from contacts.imports.file_rows import FileRows
from contacts.imports.layouts import Mapping
from contacts.imports.people import stage_sql
from contacts.imports.people.match_sql import NO_DAY, ROLE
from contacts.imports.people.rows import PEOPLE_COLUMNS, TEXTS, PeopleRows
from contacts.imports.progress import CHECKING, READING, Progress
from contacts.imports.staging import RejectedRows, Staging, copy_rows
from contacts.models import CustomField
from contacts.territories.lookup import resolution_sql

NAMING = {"first_name", "last_name", "full_name", "email", "phone"}
SETTINGS = "SET LOCAL work_mem = '64MB'"
ROUNDS = 50  # of joining rows that share a key; a chain that long is no person


def check_mapping(mapping: Mapping) -> None:
    """Raise WrongColumns when no column names anybody."""
    if not NAMING & set(mapping.values()):
        raise WrongColumns(
            _(
                "No column holds a name, an e-mail address or a phone number: nobody can be recognised. "
                "Say what the columns hold."
            )
        )


def read_people(
    staging: Staging,
    file: FileRows,
    mapping: Mapping,
    told: Progress,
    *,
    scope_id: int | None = None,
    list_state: str = "",
    mends: bool = False,
) -> int:
    """Fill the staging tables from the file; returns its number of rows. Raises UnreadableFile.

    `scope_id`: only rows with an address in that territory are taken; the others are noted in `outside`.
    `list_state` is said of everybody by the name of the file; `mends`: rows of its source were taken in part.
    """
    staging.create("rows", stage_sql.ROWS)
    staging.create("rejects", "line integer, values jsonb, reasons jsonb")
    extra_fields = list(CustomField.objects.all())
    told.step(READING, file.path.stat().st_size)
    staging.create("unwritten", "line integer, entries jsonb, reasons jsonb")
    with RejectedRows() as rejected, RejectedRows() as in_part, RejectedRows() as unwritten:
        cleaner = PeopleRows(
            mapping,
            file.refusal,
            rejected,
            in_part=in_part,
            unwritten=lambda line, entries: unwritten(line, [json.dumps(entries)], []),
            extra_fields={field.key: field for field in extra_fields},
            month_first=file.layout.month_first,
            list_state=list_state,
            mends=mends,
        )
        taken = copy_rows(
            staging.table("rows"),
            PEOPLE_COLUMNS,
            cleaner.staged(file),
            texts=TEXTS,
            on_rows=lambda _count: told.at(0),
        )
        for told_back in (rejected, in_part):
            copy_rows(staging.table("rejects"), ["line", "values", "reasons"], told_back.rows())
        copy_rows(staging.table("unwritten"), ["line", "entries", "reasons"], unwritten.rows())
        rows = taken + rejected.count
    _keep_unknown_states(staging, cleaner)
    told.step(CHECKING, rows)
    _explode(staging)
    _find_communes(staging)
    _leave_out(staging, scope_id)
    _tell_rows_apart(staging, extra_fields)
    _find_persons(staging)
    _find_birthplaces(staging)
    return rows


def _keep_unknown_states(staging: Staging, cleaner: PeopleRows) -> None:
    staging.create("unknown_states", "word text, rows bigint")
    copy_rows(staging.table("unknown_states"), ["word", "rows"], cleaner.unknown_states.most_common())


def _explode(staging: Staging) -> None:
    """Points of each row in tables of their own."""
    staging.create("emails", stage_sql.EMAILS)
    staging.create("phones", stage_sql.PHONES)
    staging.create("postal", stage_sql.POSTAL)
    staging.create("stops", stage_sql.STOPS)
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in stage_sql.FILL:
            cursor.execute(staging.sql(statement))
        for part, column in (
            *(("emails", "normalised"), ("phones", "e164"), ("postal", "line")),
            ("stops", "address_hash"),
        ):
            cursor.execute(f"CREATE INDEX ON {staging.table(part)} ({column})")
            cursor.execute(f"CREATE INDEX ON {staging.table(part)} (line)")
    staging.analyze("rows", "emails", "phones", "postal", "stops")


def _tell_rows_apart(staging: Staging, extra_fields: Sequence[CustomField]) -> None:
    """Find the numbers of members, and give rows that differ in nothing else digests of their own."""
    kinds = (CustomField.Kind.TEXT, CustomField.Kind.NUMBER)
    keys = [field.key for field in extra_fields if field.kind in kinds]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        if keys:
            cursor.execute(staging.sql(stage_sql.NUMBERS), {"keys": keys})
        cursor.execute(staging.sql(stage_sql.DIGESTS))


def _find_persons(staging: Staging) -> None:
    """Number the persons of the file: the first line on which each stands."""
    staging.create("persons", stage_sql.PERSONS)
    staging.create("keys", "line integer, key text, sort text")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        cursor.execute(staging.sql(stage_sql.KEYS, no_day=NO_DAY.format("birth_date")))
        for statement in (
            stage_sql.SHARED_KEYS,
            stage_sql.CONTRADICTED_KEYS,
            stage_sql.FILL_PERSONS,
            stage_sql.MARK_APART,
            stage_sql.DROP_CONTRADICTED_KEYS,
        ):
            cursor.execute(staging.sql(statement))
        for _round in range(ROUNDS):
            cursor.execute(staging.sql(stage_sql.JOIN_PERSONS))
            if not cursor.rowcount:
                break
        contradicted = staging.sql(stage_sql.CONTRADICTED)
        cursor.execute(staging.sql(stage_sql.SEPARATE_PERSONS, contradicted=contradicted))
        cursor.execute(staging.sql(stage_sql.ADOPT_NAMELESS, role=ROLE.format("asked.normalised")))
        cursor.execute(staging.sql("CREATE INDEX ON {persons} (person)"))
    staging.drop("keys", "shared", "apart")
    staging.analyze("persons")


def _leave_out(staging: Staging, scope_id: int | None) -> None:
    """Note and leave out the rows of elsewhere; what they say of leaving stays, and is obeyed."""
    staging.create("outside", "line integer PRIMARY KEY")
    if scope_id is None:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(staging.sql(stage_sql.FILL_OUTSIDE), {"scope": scope_id})
        for part in ("rows", "emails", "phones", "postal"):
            cursor.execute(
                staging.sql(f"DELETE FROM {{{part}}} WHERE line IN (SELECT line FROM {{outside}})")
            )
    staging.analyze("rows", "emails", "phones", "postal")


def _find_communes(staging: Staging) -> None:
    """Communes of addresses."""
    found = resolution_sql(
        f"(SELECT * FROM {staging.table('postal')} AS postal WHERE {stage_sql.IN_FRANCE}) AS postal",
        code="postal.insee",
        postcode="postal.postcode",
        name="postal.city",
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(staging.sql(stage_sql.RESOLVE_POSTAL, found=found, in_france=stage_sql.IN_FRANCE))


def _find_birthplaces(staging: Staging) -> None:
    """Places of birth, of which only keyed hashes go on."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(staging.sql(stage_sql.BIRTHS))
        lend_hash_key()
        hash_birthplaces(staging.table("births"))
        cursor.execute(staging.sql(stage_sql.FILL_BIRTHS))
    staging.drop("births")
