"""The steps of the import of people, in order. Before `write`, only the schema `staging` is written to."""

from __future__ import annotations

from pathlib import Path

from django.db import connection

from campaign_crm.platform.database import analyze
from contacts.imports import chunks, progress
from contacts.imports.file_rows import FileRows
from contacts.imports.layouts import Mapping
from contacts.imports.linking import Links, link_people
from contacts.imports.people.duplicates import find_pairs_of_import
from contacts.imports.people.match import complete_older, create_targets
from contacts.imports.people.preview import preview
from contacts.imports.people.stage import check_mapping, read_people
from contacts.imports.people.write import (
    LINES_A_CHUNK,
    Terms,
    make_lists,
    make_tags,
    obey_those_outside,
    write_chunk,
)
from contacts.imports.progress import Progress
from contacts.imports.rejects import is_of_rejects, taken_in_part
from contacts.imports.sketch import Layout
from contacts.imports.staging import Staging

TABLES = (
    "contacts_contact",
    "contacts_emailaddress",
    "contacts_phonenumber",
    "contacts_postaladdress",
    "contacts_contactsource",
    "contacts_sourcerow",
    "contacts_consent",
    "contacts_reach",
)


def stage(
    staging: Staging, path: Path, layout: Layout, mapping: Mapping, *, terms: Terms, told: Progress
) -> dict[str, int]:
    """Read the file and say what it would change; returns the counts of the preview.

    Raises ImportProblem; the staging tables are complete when it returns.
    """
    check_mapping(mapping)
    staging.drop()
    file = FileRows(path, layout)
    rows = read_people(
        staging,
        file,
        mapping,
        told,
        scope_id=terms.scope_id,
        list_state=terms.list_state,
        mends=is_of_rejects(layout.header) and taken_in_part(terms.source),
    )
    counts = preview(staging, terms, rows=rows)
    chunks.remember(staging, _chunks(staging))
    return counts | file.told()


def _chunks(staging: Staging) -> list[chunks.Chunk]:
    """Ranges of lines: a person is written with the chunk of their first line."""
    with connection.cursor() as cursor:
        cursor.execute(
            staging.sql(
                "SELECT min(person) / %(size)s * %(size)s AS first, count(*) FROM {persons}"
                " GROUP BY person / %(size)s ORDER BY 1"
            ),
            {"size": LINES_A_CHUNK},
        )
        ranges = cursor.fetchall()
    return [
        chunks.Chunk(number, first, first + LINES_A_CHUNK, rows)
        for number, (first, rows) in enumerate(ranges)
    ]


def write(staging: Staging, *, terms: Terms, told: Progress) -> Links:
    """Write what `stage` prepared, going on where an earlier attempt stopped; link people to electors, look
    for people who may be one.
    """
    complete_older(staging)
    todo, done = chunks.left_to_do(staging)
    told.step(progress.WRITING, done + sum(chunk.rows for chunk in todo), done=done)
    if not done:
        create_targets(staging)  # the preview's matches may be of yesterday
        make_tags(staging, terms)
        make_lists(staging, terms)
        obey_those_outside(staging, terms)
    for chunk in todo:
        write_chunk(staging, chunk, terms=terms, progress=told)
    told.step(progress.LINKING, 0)
    links = link_people(staging, staging.sql("SELECT contact_id FROM {targets}"), told=told)
    analyze(*TABLES)
    find_pairs_of_import(staging, import_id=terms.import_id, told=told)
    told.step(progress.FINISHING, 0)
    return links
