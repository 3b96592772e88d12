"""How many electors of which age and sex voted where: all that stays of a roll, and nobody to be found in it.

No cell is of fewer than ten people: a smaller one is counted together with the ages beside it, then with the
other sex; what is still smaller is not kept.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from campaign_crm.platform.spreadsheets import neutralised
from contacts.models import Purge, StationAggregate
from contacts.models.retention import SMALLEST_CELL

BANDS = ((0, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 74), (75, None))
UNKNOWN_AGE = len(BANDS)  # the last band: of an age that nobody knows
BOTH = ""
WRITTEN_AT_A_TIME = 5_000


@dataclass(frozen=True)
class Cell:
    """Bands `first` to `last` of one sex (BOTH: of any), with their people."""

    sex: str
    first: int
    last: int
    people: int

    @property
    def ages(self) -> tuple[int | None, int | None]:
        """The first and the last age, both included; None: open, or not known."""
        if self.first == UNKNOWN_AGE:
            return None, None
        return BANDS[self.first][0] or None, BANDS[min(self.last, UNKNOWN_AGE - 1)][1]


def cells_of(counts: dict[tuple[str, int], int]) -> list[Cell]:
    """Anonymous cells of one polling station from its people by (sex, band); fewer than ten give none.

    Every cell has at least `SMALLEST_CELL` people, no person is in two, and nobody is left out but people of
    unknown sex who are too few, or everybody where the station itself is too small.
    """
    by_sex: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for (sex, band), people in counts.items():
        if people > 0:
            by_sex[sex][band] += people
    known = [sex for sex in by_sex if sex != BOTH]
    if any(sum(by_sex[sex].values()) < SMALLEST_CELL for sex in known):
        together: dict[int, int] = defaultdict(int)
        for bands in by_sex.values():
            for band, people in bands.items():
                together[band] += people
        by_sex = {BOTH: together}
    return [cell for sex in sorted(by_sex) for cell in _merged(sex, by_sex[sex])]


def _merged(sex: str, bands: dict[int, int]) -> list[Cell]:
    """Cells of one sex: the smallest joins the smaller of its neighbours until none is too small."""
    cells = [Cell(sex, band, band, people) for band, people in sorted(bands.items())]
    while len(cells) > 1:
        place = min(range(len(cells)), key=lambda index: cells[index].people)
        if cells[place].people >= SMALLEST_CELL:
            break
        beside = [index for index in (place - 1, place + 1) if 0 <= index < len(cells)]
        other = min(beside, key=lambda index: cells[index].people)
        left, right = min(place, other), max(place, other)
        people = cells[left].people + cells[right].people
        cells[left : right + 1] = [Cell(sex, cells[left].first, cells[right].last, people)]
    return [cell for cell in cells if cell.people >= SMALLEST_CELL]


def freeze_stations(purge: Purge) -> int:
    """Write the cells of every polling station of a roll; returns the electors in them.

    Runs in the caller's transaction, before any elector goes. Ages are those of the last vote.
    """
    StationAggregate.objects.filter(purge=purge).delete()
    kept, waiting = 0, []
    for (commune, station), counts in _counts(purge):
        for cell in cells_of(counts):
            age_from, age_to = cell.ages
            waiting.append(
                StationAggregate(
                    purge=purge,
                    commune_id=commune,
                    polling_station_id=station,
                    sex=cell.sex,
                    age_from=age_from,
                    age_to=age_to,
                    age_unknown=cell.last == UNKNOWN_AGE,
                    electors=cell.people,
                )
            )
            kept += cell.people
        if len(waiting) >= WRITTEN_AT_A_TIME:
            StationAggregate.objects.bulk_create(waiting)
            waiting = []
    StationAggregate.objects.bulk_create(waiting)
    return kept


def ages_words(row: StationAggregate) -> str:
    """`18–24`, `75 and over`, with those of unknown age said."""
    if row.age_from is None and row.age_to is None:
        return _("Every age") if not row.age_unknown else _("Age not known, or every age")
    if row.age_to is None:
        ages = _("%(age)s and over") % {"age": row.age_from}
    elif row.age_from is None:
        ages = _("up to %(age)s") % {"age": row.age_to}
    else:
        ages = _("%(first)s to %(last)s") % {"first": row.age_from, "last": row.age_to}
    return _("%(ages)s, or not known") % {"ages": ages} if row.age_unknown else ages


def sex_words(row: StationAggregate) -> str:
    return row.get_sex_display() if row.sex else pgettext("of electors", "All")


def stations_csv(rows: Iterable[StationAggregate]) -> Iterator[str]:
    """The frozen figures as a table for a spreadsheet, a line at a time."""
    heading = [
        _("Commune code"),
        _("Commune"),
        _("Polling station"),
        _("Sex"),
        _("From age"),
        _("To age"),
        _("Age not known too"),
        _("Electors"),
    ]
    yield "\ufeff" + _line(heading)
    for row in rows:
        yield _line(
            [
                row.commune.code,
                row.commune.name,
                row.polling_station.name if row.polling_station else "",
                row.sex,
                row.age_from,
                row.age_to,
                _("yes") if row.age_unknown else "",
                row.electors,
            ]
        )


def _line(values: Iterable[object]) -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=";").writerow(neutralised(value) for value in values)
    return written.getvalue()


def _counts(purge: Purge) -> Iterator[tuple[tuple[int, int | None], dict[tuple[str, int], int]]]:
    """(commune, station) with its electors of today by sex and band, in order."""
    edges = [first for first, _last in BANDS[1:]]
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "source": purge.source_id,
                "day": purge.terms["last_vote"],
                "edges": edges,
                "unknown": UNKNOWN_AGE,
            },
        )
        rows = cursor.fetchall()
    for place, group in groupby(rows, key=lambda row: (row[0], row[1])):
        yield place, {(sex, band): people for _commune, _station, sex, band, people in group}


# Of "00/00/1953" the year is known, which is enough for a band. Citizens of the Union stand on two lists of a
# commune: they are one person of a cell.
_COUNT = r"""
SELECT commune_id, polling_station_id, gender,
       CASE WHEN age IS NULL THEN %(unknown)s ELSE width_bucket(age, %(edges)s::int[]) END AS band,
       count(DISTINCT (name_folded, birth_date, birth_date_raw))
FROM (
    SELECT commune_id, polling_station_id, gender, name_folded, birth_date, birth_date_raw,
           coalesce(
               extract(year FROM age(%(day)s::date, birth_date))::int,
               extract(year FROM %(day)s::date)::int - substring(birth_date_raw FROM '(?:19|20)\d\d')::int
           ) AS age
    FROM contacts_electoralregistration WHERE source_id = %(source)s AND left_on IS NULL
) AS elector
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
