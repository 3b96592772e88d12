"""The steps of a roll's import, in order. Everything before `run` writes to the schema `staging` only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from pathlib import Path

from django.db import connection
from django.utils.translation import gettext as _

from campaign_crm.platform.database import analyze
from contacts.imports import chunks, progress
from contacts.imports.errors import UnreadableFile, WrongColumns
from contacts.imports.formats.tables import LACKS
from contacts.imports.lanes import in_lanes
from contacts.imports.layouts import Mapping
from contacts.imports.linking import Links, link_electors
from contacts.imports.progress import Progress
from contacts.imports.rolls.abroad import Abroad
from contacts.imports.rolls.columns import RawColumns
from contacts.imports.rolls.compare import Compared, compare, compare_again, counts
from contacts.imports.rolls.coverage import remember_coverage
from contacts.imports.rolls.homonyms import tell_homonyms_apart
from contacts.imports.rolls.load import drop_raw, load_raw
from contacts.imports.rolls.lookups import Lookups
from contacts.imports.rolls.places import make_places
from contacts.imports.rolls.prepare import prepare
from contacts.imports.rolls.said import Said
from contacts.imports.rolls.write import ROWS_A_CHUNK, mark_departed, write_chunk
from contacts.imports.sketch import Layout
from contacts.imports.staging import Staging
from contacts.models.electoral_registration import RollKind

MANY_ROWS = 20_000  # written rows after which the planner should look again
TABLES = ("contacts_electoralregistration", "contacts_territory", "contacts_territoryancestor")


def check_mapping(mapping: Mapping, *, commune_code: str) -> None:
    """Raise WrongColumns when a roll lacks what makes it one. Other columns may be missing."""
    fields = set(mapping.values())
    missing = []
    if "birth_name" not in fields:
        missing.append(_("the birth name"))
    if not commune_code and not fields & {"commune_code", "commune_name", "city"}:
        missing.append(_("the commune"))
    if missing:
        raise WrongColumns(
            _("This roll lacks %(missing)s. Say which columns hold them, or ask for a complete export.")
            % {"missing": _(" and ").join(missing)}
        )


def said_by(layout: Layout, fields: Iterable[str]) -> Said:
    """What a file says of known electors, by its fields and by those that some of several files lack."""
    return Said(fields, lacking=layout.noted(LACKS))


def stage(
    staging: Staging,
    path: Path,
    layout: Layout,
    mapping: Mapping,
    *,
    source_id: int,
    commune_code: str,
    roll_kind: int,
    told: Progress,
    abroad: Abroad | None = None,
) -> dict[str, int]:
    """Read the file and say what it would change; returns the counts of the preview.

    `commune_code` and `roll_kind` (0 when unknown) stand in for columns that the file lacks; `abroad` says
    that its places are not communes of France. Raises ImportProblem; the staging tables are complete when it
    returns.
    """
    check_mapping(mapping, commune_code=commune_code or (abroad.place_name if abroad else ""))
    staging.drop()
    columns = RawColumns(mapping, len(layout.header))
    told.step(progress.READING, path.stat().st_size)
    loaded = load_raw(staging, path, layout, columns, told.at)
    if not loaded.rows:
        raise UnreadableFile(_("The file has a header and no row below it: there is nothing to import."))
    told.step(progress.CHECKING, loaded.rows)
    lookups = Lookups(
        staging,
        columns,
        commune_code=commune_code,
        roll_kind=roll_kind or RollKind.MAIN,
        abroad=abroad,
        month_first=layout.month_first,
        may_lack_codes=bool(layout.form),
    )
    lookups.make()
    _refuse_second_header(staging, layout, columns)
    prepare(staging, columns, lookups, rows=loaded.in_raw, line_offset=loaded.line_offset)

    compared: list[Compared] = []
    said = said_by(layout, mapping.values())

    def know_them() -> None:
        tell_homonyms_apart(staging)
        compared.append(compare(staging, source_id=source_id, said=said))

    steps: list[Callable[[], None]] = [know_them, partial(drop_raw, staging)]
    in_lanes(lambda step: step(), steps)
    chunks.remember(staging, _pieces(staging, compared[0]))
    return counts(staging, compared[0], rows=loaded.rows) | loaded.mended


def _pieces(staging: Staging, compared: Compared) -> list[chunks.Chunk]:
    """What there is to write; an empty piece when that is nothing: a staged file has some."""
    part = compared.part
    pieces = chunks.split(staging, part, rows=compared.rows, rows_a_chunk=ROWS_A_CHUNK)
    return pieces or [chunks.Chunk(0, 0, 0, 0, part)]


def communes_of(staging: Staging) -> list[int]:
    """Ids of the communes that a staged roll has: by them its electors are found, cheaply."""
    with connection.cursor() as cursor:
        cursor.execute(
            staging.sql(
                "SELECT DISTINCT territory_id FROM {places} WHERE territory_id IS NOT NULL ORDER BY 1"
            )
        )
        return [commune for (commune,) in cursor.fetchall()]


def day_of(staging: Staging) -> date | None:
    """The latest day of the lists of a staged roll, as its rows say it."""
    with connection.cursor() as cursor:
        cursor.execute(staging.sql("SELECT max(day) FROM {list_days}"))
        day: date | None = cursor.fetchone()[0]
        return day


def turns_of(staging: Staging) -> list[str]:
    """Names of what no other roll may write meanwhile: each department of the roll, and all that has none."""
    with connection.cursor() as cursor:
        cursor.execute(
            staging.sql(
                "SELECT DISTINCT coalesce(department, '') FROM {places} WHERE territory_id IS NOT NULL"
            )
        )
        return [f"contacts.imports.roll {department}" for (department,) in cursor.fetchall()]


def write(
    staging: Staging,
    *,
    import_id: int,
    source_id: int,
    said: Said,
    told: Progress,
    base_changed: bool,
    begun: bool,
    departed_on: date | None,
) -> Links:
    """Write what `stage` prepared, going on where an earlier attempt stopped; link electors to people.

    `base_changed`: other rolls came or went since the preview. `begun`: an earlier attempt may have written a
    part, and nobody looked for the people of its electors. `said`: the columns of known electors that the
    file gives. `departed_on`: electors of the roll's communes
    and lists who are not in the file left on that day; None when the file may be a part of the roll.
    """
    make_places(staging)
    if base_changed:  # what this import wrote before is as in the file, and not written again
        staging.drop(chunks.TABLE)
        again = compare_again(staging, source_id=source_id, said=said)
        chunks.remember(staging, _pieces(staging, again))
    remember_coverage(staging, import_id=import_id, has_stations=said.has_every_station)
    todo, done = chunks.left_to_do(staging)
    rows = sum(chunk.rows for chunk in todo)
    told.step(progress.WRITING, done + rows, done=done)
    in_lanes(
        partial(_write, staging, import_id=import_id, source_id=source_id, said=said, told=told),
        todo,
    )
    if departed_on is not None:
        mark_departed(staging, import_id=import_id, on=departed_on)
    told.step(progress.LINKING, 0)
    if done + rows > MANY_ROWS:
        analyze(*TABLES)
    links = _link(staging, import_id, told) if done + rows or begun else Links(linked=0, to_review=0)
    told.step(progress.FINISHING, 0)
    return links


def _link(staging: Staging, import_id: int, told: Progress) -> Links:
    """Look for the people of the new electors, when the base has people to look for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM contacts_contact"
            " WHERE birth_date IS NOT NULL OR commune_id IS NOT NULL)"
        )
        if not cursor.fetchone()[0]:
            return Links(linked=0, to_review=0)
    return link_electors(
        staging,
        "SELECT id FROM contacts_electoralregistration"
        f" WHERE created_by_import_id = {int(import_id)}"
        f" AND commune_id IN (SELECT territory_id FROM {staging.table('places')})",
        told=told,
    )


def _write(
    staging: Staging, chunk: chunks.Chunk, *, import_id: int, source_id: int, said: Said, told: Progress
) -> None:
    write_chunk(staging, chunk, import_id=import_id, source_id=source_id, said=said, progress=told)


def _refuse_second_header(staging: Staging, layout: Layout, columns: RawColumns) -> None:
    """A header among the rows: two files in one. It would only show as a row without a commune."""
    if not layout.has_header or not columns.has("commune_code"):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            staging.sql("SELECT EXISTS (SELECT FROM {places} WHERE commune_code = %s)"),
            [layout.header[columns.index("commune_code")]],
        )
        if cursor.fetchone()[0]:
            raise UnreadableFile(
                _("The header comes again further down: the file holds several tables. Import them apart.")
            )
