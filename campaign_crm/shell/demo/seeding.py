"""Making a demonstration, step by step, in one transaction: it is there as a whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from campaign_crm.platform import audit
from campaign_crm.platform.database import analyze, ensure_partition, lend_hash_key
from campaign_crm.platform.models import Organisation
from campaign_crm.platform.sealed import sealed_text
from campaign_crm.shell.demo import words
from campaign_crm.shell.demo.cast import Cast, make_cast, stage_cast
from campaign_crm.shell.demo.copying import copy_lines, run_sql, sql_of
from campaign_crm.shell.demo.doubles import make_doubles, make_households
from campaign_crm.shell.demo.events import make_events
from campaign_crm.shell.demo.files import finish, make_imports
from campaign_crm.shell.demo.following import make_following
from campaign_crm.shell.demo.mailings import make_mailings
from campaign_crm.shell.demo.origins import FORM_DAYS
from campaign_crm.shell.demo.people import COLUMNS, People
from campaign_crm.shell.demo.places import Places
from campaign_crm.shell.demo.plan import ACTS_DAYS, HISTORY_DAYS, Plan
from campaign_crm.shell.demo.rolls import make_rolls
from contacts.models import Contact, Import, Tag
from contacts.services.projections import refresh_reach
from contacts.services.relationships import refresh_relationships

# References are checked a statement at a time: a million people's at the end would fill the memory.
_SETTINGS = """
SET CONSTRAINTS ALL IMMEDIATE;
SET LOCAL synchronous_commit = off;
SET LOCAL work_mem = '64MB';
"""
LOCK = "SELECT pg_advisory_xact_lock(hashtext('shell.seed_demo'))"


@dataclass(frozen=True)
class Seeded:
    """What was made: the named things, and how many of the others."""

    cast: Cast
    counts: dict[str, int]
    seconds: float


class Steps:
    """Tells how long each step took, as it ends."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self.started = time.monotonic()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self._tell(f"  {name}: {time.monotonic() - started:.1f} s")


def is_empty() -> bool:
    """True when nobody is in the base."""
    return not Contact.objects.exists()


def people_known() -> int:
    """The highest number that a person has."""
    return int(Contact.objects.order_by("-pk").values_list("pk", flat=True).first() or 0)


@transaction.atomic
def seed_demo(plan: Plan, *, tell: Callable[[str], None] = lambda line: None) -> Seeded:
    """Make the demonstration of a plan; `tell` gets a line a step.

    Raises ContactsError when the territories are not loaded.
    """
    steps = Steps(tell)
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        cursor.execute(_SETTINGS)
    lend_hash_key()
    places = Places(plan)  # first: it says so when the territories are missing
    with steps.step("team, sources, newsletters, form"):
        cast = make_cast(plan)
        parameters = _parameters(plan, cast)
        _stage(plan, cast, parameters)
        parameters["roll_import"] = make_imports(plan, cast)
    with steps.step("people drawn"):
        people = People(plan, places, offset=int(plan.salt or 0))
        copy_lines("demo_person", COLUMNS, people.lines())
    for name, tables in _FACTS:
        with steps.step(name):
            run_sql(name, parameters)
            analyze(*tables)
    with steps.step("electoral rolls"):
        rolls = make_rolls(plan, places, parameters)
        roll_import = Import.objects.get(pk=parameters["roll_import"])
        finish(roll_import, new=rolls.electors, linked=rolls.linked, to_review=rolls.to_review)
        analyze("contacts_electoralregistration", "contacts_registrationmatch")
    with steps.step("who can be reached"):
        refresh_reach(range(parameters["first"], parameters["last"] + 1))
        analyze("contacts_reach")
    with steps.step("people who stand there twice, and households"):
        make_doubles(first=parameters["first"], last=parameters["last"])
        make_households(first=parameters["first"], last=parameters["last"])
    with steps.step("mailings and what came back"):
        mailings = make_mailings(plan, cast, parameters)
    with steps.step("what is followed up"):
        following = make_following(plan, cast, parameters)
    with steps.step("events"):
        known = range(parameters["first"], parameters["last"] + 1)
        events = make_events(plan, places, cast.administrator, known)
    with steps.step("what people are to the organisation"):
        refresh_relationships(range(parameters["first"], parameters["last"] + 1))
        run_sql("support", parameters)
    _clear()
    analyze(*_LATER)
    counts = {"people": plan.contacts, "electors": rolls.electors, "events": events, **mailings, **following}
    audit.record(
        action="demo.seed",
        on=Organisation.current(),
        by=cast.administrator,
        detail={"seed": plan.seed, "today": plan.today.isoformat(), **counts},
    )
    return Seeded(cast, counts, time.monotonic() - steps.started)


# Each part: its statements, and the tables whose statistics the following parts are planned with.
_FACTS = (
    ("people", ("contacts_contact", "contacts_contactsource")),
    ("points", ("contacts_emailaddress", "contacts_phonenumber", "contacts_postaladdress")),
    ("said", ("contacts_consent", "contacts_subscription")),
    ("memberships", ("contacts_membership",)),
    ("marks", ("contacts_contacttag", "contacts_listmembership", "contacts_note")),
    ("forms", ("tracking_submission",)),
    ("answers", ("tracking_submission",)),
    ("objections", ("contacts_suppression",)),
)
_LATER = ("messaging_delivery", "tracking_interaction", "tracking_campaigncounter", "contacts_suppression")


def _parameters(plan: Plan, cast: Cast) -> dict[str, Any]:
    """What the statements of `sql/` are told."""
    first, last = _reserve_ids(plan.contacts)
    return {
        "first": first,
        "last": last,
        "salt": f"{plan.seed}/{plan.salt}/",
        "now": plan.now,
        "acts_since": plan.at(ACTS_DAYS),
        "new_wording": plan.at(FORM_DAYS),
        "optout_file": plan.at(HISTORY_DAYS - 10, 15),
        "form": cast.form.pk,
        **cast.public_forms,
        "form_source": cast.form.source_id,
        "form_tag": Tag.objects.get(name=words.FORM_TAG).pk,
        "asked": f"[{cast.wordings[0][1].pk}]",
        "api": cast.sources["api"].pk,
        "hand": cast.sources["hand"].pk,
        "roll_source": cast.sources["roll"].pk,
        "roll_import": None,
        "administrator": cast.administrator.pk,
        "officer": cast.team[1].pk,
        "notes": [sealed_text(note) for note in words.NOTES],
    }


def _reserve_ids(number: int) -> tuple[int, int]:
    """First and last of so many ids of Contact, one after the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(id), max(id) FROM (SELECT nextval(pg_get_serial_sequence('contacts_contact', 'id'))"
            " AS id FROM generate_series(1, %s)) AS reserved",
            [number],
        )
        first, last = cursor.fetchone()
    if last - first + 1 != number:
        raise RuntimeError("Somebody else adds people at this moment; run the command again.")
    return first, last


def _stage(plan: Plan, cast: Cast, parameters: dict[str, Any]) -> None:
    for month in _months(plan):
        ensure_partition("tracking_interaction", month.isoformat())
    with connection.cursor() as cursor:
        text = sql_of("staging").replace("{seed}", str(plan.sql_seed))
        cursor.execute(text.replace("{salt}", f"'{parameters['salt']}'"))
    stage_cast(cast)


def _months(plan: Plan) -> list[date]:
    """First days of the months in which people did something, in UTC as partitions are."""
    days = (plan.day(ago) for ago in range(ACTS_DAYS + 1, -2, -1))
    return sorted({day.replace(day=1) for day in days})


def _clear() -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql_of("clear"))
