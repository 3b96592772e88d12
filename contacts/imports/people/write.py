"""Writing the people of a chunk in one transaction, one import at a time, with what is projected of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import connection, transaction

from campaign_crm.platform import audit
from campaign_crm.platform.database import lend_hash_key
from contacts.enums import LawfulBasis
from contacts.imports.chunks import Chunk, mark_done
from contacts.imports.people import confirm_sql, effects_sql, write_sql
from contacts.imports.people.match import match_persons, number_new_persons
from contacts.imports.people.policy import wanted_sql
from contacts.imports.progress import Progress
from contacts.imports.staging import Staging
from contacts.imports.turns import PEOPLE, in_turn
from contacts.models import Import, Source
from contacts.services.projections import refresh_projections_from
from contacts.services.relationships import refresh_relationships
from contacts.services.stop_entries import add_entries

LINES_A_CHUNK = 5_000


@dataclass(frozen=True)
class Terms:
    """What is the same for every row of an import."""

    import_id: int
    source: Source
    by_id: int | None
    tags: tuple[str, ...] = ()
    list_id: int | None = None
    policies: Mapping[str, str] = field(default_factory=dict)
    match_only: bool = False
    scope_id: int | None = None
    memberships: bool = False  # when people joined and left is read: of no file that was bought or rented
    list_state: str = ""  # what everybody of the file is where it came from, by its name

    def parameters(self) -> dict[str, Any]:
        agreeing = self.source.lawful_basis == LawfulBasis.CONSENT and not self.source.is_broker
        return {
            "import": self.import_id,
            "source": self.source.pk,
            "by": self.by_id,
            "rank": self.source.rank,
            "member": self.source.lawful_basis == LawfulBasis.MEMBER,
            "agreeing": agreeing,
            "channels": list(self.source.channels),
            "tags": json.dumps(self.tags),
            "list": self.list_id,
            "match_only": self.match_only,
            "beside": f" (import {self.import_id})",  # what tells a list from that of its name
        }


def make_tags(staging: Staging, terms: Terms) -> None:
    """Create the tags that the file names and the base lacks."""
    with connection.cursor() as cursor:
        cursor.execute(staging.sql(write_sql.MAKE_TAGS), terms.parameters())


@transaction.atomic
def make_lists(staging: Staging, terms: Terms) -> None:
    """Create the fixed lists that the file names and the base lacks."""
    with connection.cursor() as cursor:
        cursor.execute(staging.sql(write_sql.MAKE_LISTS), terms.parameters())
        made = cursor.rowcount
    if made:
        run = Import.objects.get(pk=terms.import_id)
        audit.record(action="import.lists", on=run, by=run.created_by, detail={"lists": made})


@transaction.atomic
def obey_those_outside(staging: Staging, terms: Terms) -> None:
    """Stop the addresses of rows that are left out because they are of elsewhere."""
    add_entries(staging.sql(write_sql.STOPS_OUTSIDE), {}, import_id=terms.import_id)


def write_chunk(staging: Staging, chunk: Chunk, *, terms: Terms, progress: Progress) -> None:
    """Write the persons whose first line is in the chunk."""
    inside = f"person >= {chunk.first} AND {{alias}}.person < {chunk.last}"
    persons = f"persons.{inside.format(alias='persons')}"
    with in_turn([PEOPLE], progress), transaction.atomic(), connection.cursor() as cursor:
        # Before any person is locked, as whoever stops an address does; who comes in finds it stopped.
        add_entries(staging.sql(write_sql.STOPS, which=persons), {}, import_id=terms.import_id)
        match_persons(staging, source_id=terms.source.pk, first=chunk.first, last=chunk.last)
        if not terms.match_only:
            number_new_persons(staging, which=persons)
        lend_hash_key()
        targets = f"target.{inside.format(alias='target')}"
        # In one order, as whoever changes several people does; a sign-up or an unsubscription waits its turn.
        cursor.execute(staging.sql(write_sql.HOLD_CONTACTS, which=targets))
        for statement in statements(staging, targets, terms):
            cursor.execute(statement, terms.parameters())
        named = staging.sql("SELECT DISTINCT contact_id FROM {targets} AS target WHERE ") + targets
        refresh_projections_from(named)
        if terms.memberships:
            refresh_projections_from(named, refresh=refresh_relationships)
        mark_done(staging, chunk)
        progress.wrote(chunk.rows)


def statements(staging: Staging, which: str, terms: Terms) -> Iterator[str]:
    """The statements that write some targets, in order."""

    filled = partial(put_together, policies=terms.policies)
    yield filled(staging, write_sql.INSERT_CONTACTS, which, effects_sql.NEW_CONTACTS)
    yield filled(staging, write_sql.CHANGE_CONTACTS, which, effects_sql.CHANGED_FIELDS)
    yield filled(staging, write_sql.INSERT_EMAILS, which, effects_sql.EMAILS)
    yield filled(staging, write_sql.INSERT_PHONES, which, effects_sql.PHONES)
    yield filled(staging, write_sql.INSERT_POSTAL, which, effects_sql.POSTAL)
    yield filled(staging, write_sql.INSERT_CONSENTS, which, effects_sql.CONSENTS)
    yield filled(staging, write_sql.INSERT_SOURCES, which, effects_sql.SOURCES)
    yield filled(staging, write_sql.INSERT_SOURCE_ROWS, which)
    yield filled(staging, write_sql.INSERT_TAGS, which, effects_sql.TAGS)
    yield filled(staging, write_sql.INSERT_LISTED, which)
    if terms.memberships:
        yield filled(staging, write_sql.END_MEMBERSHIPS, which, effects_sql.ENDED_MEMBERSHIPS)
        yield filled(staging, write_sql.INSERT_MEMBERSHIPS, which, effects_sql.MEMBERSHIPS)
    if terms.list_id is not None:
        yield filled(staging, write_sql.INSERT_MEMBERS, which)
    known = f"{which} AND NOT target.is_new"
    yield filled(staging, confirm_sql.CONFIRM, known, effects_sql.SAID_ALREADY)
    yield filled(staging, confirm_sql.CONFIRM_FIELDS, f"{known} AND {confirm_sql.CHANGED}")


def put_together(
    staging: Staging, statement: str, which: str, effect: str = "", *, policies: Mapping[str, str]
) -> str:
    """Put the pieces together: the rows that name each contact, what they give, what that changes."""
    return staging.sql(
        statement,
        naming=staging.sql(effects_sql.NAMING, which=which),
        given=staging.sql(effects_sql.GIVEN),
        effect=staging.sql(
            effect, wanted=wanted_sql(policies), has_address=staging.sql(effects_sql.HAS_ADDRESS)
        ),
        set=write_sql.SET,
    )
