"""An invented electoral roll in the layout of the national register's export (27 columns).

Fields are quoted but for the empty ones and the last, lines end in LF, the file is UTF-8. A million rows take
some ten seconds. With `traps`, rare rows have what real rolls have: dates that are none, a missing forename,
European citizens on both complementary lists, homonyms, a repeated order number, no polling station.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

from contacts.invented import names
from contacts.invented.places import ELECTORS_PER_STATION, SPLIT_ABOVE, Commune, communes, communes_for

COLUMNS = (
    "code du l'ugle",
    "libellé de l'ugle",
    "libellé du type de liste",
    "nom de naissance",
    "nom d'usage",
    "prénoms",
    "sexe",
    "date de naissance",
    "code commune de naissance",
    "libellé commune de naissance",
    "code département de naissance",
    "pays de naissance",
    "libellé nationalité",
    "numéro de voie",
    "libellé de voie",
    "complément 1",
    "complément 2",
    "lieu-dit",
    "code postal",
    "commune",
    "pays",
    "code du bureau de vote",
    "libellé du bureau de vote",
    "code circonscription législative du bureau de vote",
    "libellé canton du bureau de vote",
    "libellé circonscription métropolitaine du bureau de vote",
    "numéro d'ordre dans le bureau de vote",
)
HEADER = ";".join(f'"{name}"' for name in COLUMNS)
MAIN, MUNICIPAL, EUROPEAN = (
    "Liste principale",
    "Liste complémentaire municipale",
    "Liste complémentaire européenne",
)
FIRST_YEAR, LAST_YEAR = 1922, 2007
STATIONS = ["Mairie", "Ecole primaire", "Salle des fêtes", "Gymnase", "Ecole maternelle", "Centre social"]
TRAP_EVERY = 900  # rows: real rolls have about one oddity in a thousand
POOL = 3_000


def write_roll(
    path: Path, *, rows: int, seed: int, departments: Iterable[str] = (), traps: bool = True
) -> None:
    """Write a roll of `rows` electors; the same arguments write the same bytes."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER + "\n")
        file.writelines(roll_lines(rows=rows, seed=seed, departments=departments, traps=traps))


def roll_lines(*, rows: int, seed: int, departments: Iterable[str] = (), traps: bool = True) -> Iterator[str]:
    """Lines of the file after its header, each with its line break; a shorter roll begins a longer one."""
    rng = random.Random(seed)  # noqa: S311 - invented people, nothing to protect
    left = rows
    for commune in communes_for(rows, departments):
        for line in _commune_lines(rng, commune, traps=traps):
            yield line
            left -= 1
            if not left:  # people on two lists take two rows
                return


def _commune_lines(rng: random.Random, commune: Commune, *, traps: bool) -> Iterator[str]:
    electors = commune.electors
    surnames, surname_weights = _surnames()
    places = _birthplaces(commune.department)
    draw = rng.random
    stations = max(1, round(electors / ELECTORS_PER_STATION))
    head = f'"{commune.code}";"{commune.label}";"{MAIN}";"'
    tails = [_address_tail(commune, station) for station in range(1, stations + 1)]
    births = rng.choices(_birth_days(), cum_weights=_birth_weights(), k=electors)
    chosen = rng.choices(surnames, cum_weights=surname_weights, k=electors)
    for index, (surname, (day, generation)) in enumerate(zip(chosen, births, strict=True)):
        sex = "F" if draw() < 0.52 else "M"
        forenames = _forenames(generation, sex)[int(draw() * POOL)]
        used = f'"{surnames[int(draw() * len(surnames))]}"' if sex == "F" and draw() < 0.4 else ""
        place = places[int(draw() * len(places))]
        address = _ADDRESSES[int(draw() * len(_ADDRESSES))]
        order = 1 + index // stations
        if traps and not int(draw() * TRAP_EVERY):
            yield from _odd_rows(rng, commune, surname, forenames, sex, day, place, address, tails, order)
            continue
        station = tails[index % stations]
        who = f'{surname}";{used};"{forenames}";"{sex}";"{day}";{place}'
        yield f'{head}{who};"Française";{address};{station}{order}\n'


def _odd_rows(
    rng: random.Random,
    commune: Commune,
    surname: str,
    forenames: str,
    sex: str,
    day: str,
    place: str,
    address: str,
    tails: list[str],
    order: int,
) -> list[str]:
    """The rows of one person of the kind that real rolls have one in a thousand of."""
    start = f'"{commune.code}";"{commune.label}";"'
    who = f'"{surname}";;"{forenames}";"{sex}";'
    tail = tails[0]
    match rng.randrange(7):
        case 0:
            return [f'{start}{MAIN}";{who}"00/00/{day[6:]}";{place};"Française";{address};{tail}{order}\n']
        case 1:
            return [f'{start}{MAIN}";{who}"{day[6:]}";{place};"Française";{address};{tail}{order}\n']
        case 2:
            return [
                f'{start}{MAIN}";"{surname}";;;"{sex}";"{day}";{place};"Française";{address};{tail}{order}\n'
            ]
        case 3:
            nationality, country = rng.choice(names.EUROPEANS)
            born = f';"";"99";"{country}"'
            return [
                f'{start}{kind}";{who}"{day}";{born};"{nationality}";{address};{tail}{order}\n'
                for kind in (MUNICIPAL, EUROPEAN)
            ]
        case 4:  # true homonyms: same names, day and place of birth
            row = f'{start}{MAIN}";{who}"{day}";{place};"Française";{address};{tail}'
            return [f"{row}{order}\n", f"{row}{order + 1}\n"]
        case 5:
            return [
                f'{start}{MAIN}";{who}"{day}";{place};"Française";;;;;"{rng.choice(names.HAMLETS)}";'
                f'"{commune.postcode}";"{commune.label}";;;;;;;\n'
            ]
        case _:
            return [f'{start}{MAIN}";{who}"{day}";{place};"Française";{address};{tail}1\n']


def _address_tail(commune: Commune, station: int) -> str:
    """Postcode to constituency, quoted, ending just before the order number."""
    cut = commune.electors > SPLIT_ABOVE and station % 2 == 0
    canton = f"Canton {commune.department}-{commune.canton + (60 if cut else 0):02d}"
    return (
        f'"{commune.postcode}";"{commune.label}";;"{station:04d}";'
        f'"{STATIONS[station % len(STATIONS)]} {station}";'
        f'"{commune.department}-{commune.constituency:02d}";"{canton}";;'
    )


@lru_cache(maxsize=1)
def _surnames() -> tuple[list[str], list[float]]:
    """Surnames and cumulated weights: half of the people have a frequent one."""
    frequent = [name.replace("_", " ") for name in names.SURNAMES]
    rare = [
        start + middle + end
        for start in names.SURNAME_STARTS
        for middle in names.SURNAME_MIDDLES
        for end in names.SURNAME_ENDS
    ]
    weights = [1 / (rank + 20) for rank in range(len(frequent))]
    scale = sum(weights) / len(rare)
    return frequent + rare, list(accumulate(weights + [scale] * len(rare)))


@lru_cache(maxsize=32)
def _forenames(generation: int, sex: str) -> list[str]:
    """`POOL` sets of one to three forenames of a generation, joined by spaces."""
    rng = random.Random(f"{generation}{sex}")  # noqa: S311
    _, women, men = names.GENERATIONS[generation]
    _, older_women, older_men = names.GENERATIONS[max(0, generation - 2)]
    first = (women if sex == "F" else men).split()
    older = (older_women if sex == "F" else older_men).split()
    return [" ".join([rng.choice(first), *rng.sample(older, rng.choice((0, 1, 1, 2)))]) for _ in range(POOL)]


@lru_cache(maxsize=1)
def _birth_days() -> list[tuple[str, int]]:
    """Days of birth as the export prints them, with the generation that chose the forename."""
    starts = [start for start, _, _ in names.GENERATIONS]
    return [
        (f"{day:02d}/{month:02d}/{year}", max(i for i, start in enumerate(starts) if start <= year))
        for year in range(FIRST_YEAR, LAST_YEAR + 1)
        for month in range(1, 13)
        for day in range(1, 29)
    ]


@lru_cache(maxsize=1)
def _birth_weights() -> list[int]:
    """Cumulated weights of the days: the pyramid thins out above 75."""
    years = [min(100, 4 * (year - FIRST_YEAR) + 4) for year in range(FIRST_YEAR, LAST_YEAR + 1)]
    return list(accumulate(weight for weight in years for _ in range(12 * 28)))


@lru_cache(maxsize=128)
def _birthplaces(department: str) -> list[str]:
    """Four quoted columns (code, name, department, country) of 600 draws: mostly near, some abroad."""
    rng = random.Random(f"birth{department}")  # noqa: S311
    near = [place for place in communes() if place.department == department]
    weights = list(accumulate(place.electors for place in near))
    everywhere = list(accumulate(place.electors for place in communes()))
    drawn = rng.choices(near, cum_weights=weights, k=350) + rng.choices(
        communes(), cum_weights=everywhere, k=190
    )
    born = [f'"{place.code}";"{place.label}";"{place.department}";"FRANCE"' for place in drawn]
    for name, country in rng.choices(names.BIRTHPLACES_ABROAD, k=60):
        born.append(f';"{name}";"99";"{country}"' if name else f';;"99";"{country}"')
    return born


def _addresses() -> list[str]:
    """Number, street, two complements and hamlet, quoted but for the empty ones."""
    rng = random.Random("addresses")  # noqa: S311
    streets = [f"{kind} {name}" for kind in names.STREET_KINDS for name in names.STREET_NAMES]
    made = []
    for _ in range(20_000):
        street = f'"{rng.choice(streets)}"'
        complement = f'"{rng.choice(names.COMPLEMENTS)}"' if rng.random() < 0.12 else ""
        hamlet = f'"{rng.choice(names.HAMLETS)}"' if rng.random() < 0.1 else ""
        made.append(f'"{rng.randint(1, 120)}";{street};{complement};;{hamlet}')
    return made


_ADDRESSES = _addresses()
