"""Electoral rolls of a few communes: everybody of the base who votes there, and their neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.db import connection

from campaign_crm.shell.demo import names
from campaign_crm.shell.demo.copying import copy_lines, fill_table, run_sql
from campaign_crm.shell.demo.places import Place, Places
from campaign_crm.shell.demo.plan import Plan
from campaign_crm.shell.demo.pyramid import birth_years, share_of_women
from contacts.folding import LETTERS
from contacts.invented.names import STREET_KINDS, STREET_NAMES

ELECTORS_PER_STATION = 900
SEVERAL_FIRST_NAMES, USED_NAME = 0.5, 0.35
COLUMNS = (
    "commune_id",
    "birth_name",
    "used_name",
    "first_names",
    "gender",
    "birth_date",
    "street",
    "postcode",
)
ROLLED_DAYS_AGO = 120
SMALL = "".join(letter for group in LETTERS.values() for letter in group if letter != letter.upper())


class Rolls(NamedTuple):
    """Electors, those who are people of the base, and those who may be."""

    electors: int
    linked: int
    to_review: int


def make_rolls(plan: Plan, places: Places, parameters: dict[str, object]) -> Rolls:
    """Fill ElectoralRegistration and its links to people."""
    run_sql("roll_staging")
    fill_table("demo_roll", [_roll(place) for place in places.of_rolls])
    run_sql(
        "known_electors",
        {"today": plan.today, "small": SMALL, "large": SMALL.upper(), **parameters},
    )
    missing = _missing(places.of_rolls)  # read before COPY holds the connection
    copy_lines("demo_elector", COLUMNS, _strangers(plan, missing))
    run_sql("rolls", {"rolled_at": plan.at(ROLLED_DAYS_AGO, 11), **parameters})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE linked),"
            " count(*) FILTER (WHERE number IS NOT NULL AND NOT linked) FROM staging.demo_registration"
        )
        return Rolls(*cursor.fetchone())


def _roll(place: Place) -> tuple[object, ...]:
    stations = max(1, round(place.electors / ELECTORS_PER_STATION))
    return place.id, place.code, place.town, place.postcodes[0], place.electors, stations


def _missing(places: list[Place]) -> list[tuple[Place, int]]:
    """How many electors each roll lacks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT commune_id, count(*) FROM staging.demo_elector GROUP BY commune_id")
        known = dict(cursor.fetchall())
    return [(place, max(0, place.electors - known.get(place.id, 0))) for place in places]


def _strangers(plan: Plan, missing: list[tuple[Place, int]]) -> Iterator[str]:
    """Electors whom the campaign does not know."""
    rng = plan.rng("electors")
    surnames, weights = names.surnames()
    women = share_of_women()
    years = {sex: birth_years(plan.today, women=sex == "F") for sex in "FM"}
    streets = [f"{kind} {name}" for kind in STREET_KINDS for name in STREET_NAMES]
    for place, number in missing:
        for surname in rng.choices(surnames, cum_weights=weights, k=number):
            sex = "F" if rng.random() < women else "M"
            year = rng.choices(years[sex][0], cum_weights=years[sex][1])[0]
            first = rng.choice(names.first_names(year, sex))
            if rng.random() < SEVERAL_FIRST_NAMES:
                first = f"{first} {rng.choice(names.first_names(year - 30, sex))}"
            used = rng.choice(surnames).upper() if sex == "F" and rng.random() < USED_NAME else ""
            born = f"{year}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
            street = f"{rng.randint(1, 120)} {rng.choice(streets)}"
            yield "\t".join(
                (str(place.id), surname.upper(), used, first, sex, born, street, place.postcodes[0])
            )
