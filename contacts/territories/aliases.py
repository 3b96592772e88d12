"""Every unambiguous way of naming today's communes, computed from the reference rows.

A name of today outranks a former name, which outranks a shortened one; what stays ambiguous at the best rank
is left out, so that an import never guesses. A city with districts gives way to them on their postcodes:
"75015 Paris" is the 15th arrondissement, "Paris" is Paris.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from contacts.territories.place_keys import fold_place, postcode_area
from contacts.territories.reference import FORMER_KINDS, ReferenceRow

TODAY, WITHOUT_PRECISION, FORMER, SHORTENED = range(4)
PLACE_KINDS = ("commune", "municipal_arrondissement")

_PRECISION = re.compile(r" \([^)]*\)$")  # "Castillon (Canton de Lembeye)"
_ARTICLE = re.compile(r"^(le|la|les|l) ")

Place = tuple[str, str]
"""(kind, code) of a territory of today."""


class Alias(NamedTuple):
    """`key` means the territory (`kind`, `code`) under `rule`."""

    rule: str
    key: str
    kind: str
    code: str


class _Index:
    """Candidates by (rule, key), the best rank only."""

    def __init__(self) -> None:
        self._ranks: dict[tuple[str, str], int] = {}
        self._places: defaultdict[tuple[str, str], set[Place]] = defaultdict(set)

    def add(self, rule: str, key: str, place: Place, rank: int = TODAY) -> None:
        at = (rule, key)
        best = self._ranks.get(at)
        if best is None or rank < best:
            self._ranks[at] = rank
            self._places[at] = {place}
        elif rank == best:
            self._places[at].add(place)

    def unambiguous(self) -> Iterator[Alias]:
        for (rule, key), places in self._places.items():
            if len(places) == 1:
                yield Alias(rule, key, *next(iter(places)))


def territory_aliases(rows: Iterable[ReferenceRow]) -> list[Alias]:
    """Return the aliases of every commune and municipal arrondissement of today, in a stable order."""
    rows = list(rows)
    today = {(row.kind, row.code): row for row in rows if row.kind in PLACE_KINDS}
    district_postcodes: defaultdict[Place, set[str]] = defaultdict(set)
    for row in today.values():
        if row.kind == "municipal_arrondissement":
            district_postcodes[_place(row.parent)].update(row.postcodes.split())
    index = _Index()
    for place, row in today.items():
        own_postcodes = [code for code in row.postcodes.split() if code not in district_postcodes[place]]
        _add_codes(index, row, place)
        for postcode in own_postcodes:
            index.add("postcode", postcode, place)
        _add_names(index, row, place, postcodes=own_postcodes, areas=_areas(row))
        if row.kind == "municipal_arrondissement":
            city = today[_place(row.parent)]
            for postcode in row.postcodes.split():
                index.add("name_postcode", f"{postcode} {fold_place(city.name)}", place)
    for row in rows:
        if row.kind in FORMER_KINDS:
            place = _place(row.parent)
            if ("commune", row.code) not in today:
                index.add("code", row.code, place)
            successor = today[place]
            postcodes = successor.postcodes.split()
            _add_names(index, row, place, postcodes=postcodes, areas=_areas(successor), least=FORMER)
    return sorted(index.unambiguous())


def _place(reference: str) -> Place:
    kind, _, code = reference.partition("/")
    return kind, code


def _areas(row: ReferenceRow) -> set[str]:
    return {postcode_area(postcode) for postcode in row.postcodes.split()}


def _add_codes(index: _Index, row: ReferenceRow, place: Place) -> None:
    index.add("code", row.code, place)
    for code in row.former_codes.split():
        index.add("code", code, place, FORMER)


def _add_names(
    index: _Index,
    row: ReferenceRow,
    place: Place,
    *,
    postcodes: list[str],
    areas: set[str],
    least: int = TODAY,
) -> None:
    for name, rank in _names(row):
        rank = max(rank, least)
        for postcode in postcodes:
            index.add("name_postcode", f"{postcode} {name}", place, rank)
        for area in areas:
            index.add("name_department", f"{area} {name}", place, rank)
        if rank < SHORTENED:
            index.add("name", name, place, rank)


def _names(row: ReferenceRow) -> Iterator[tuple[str, int]]:
    full = fold_place(row.name)
    yield full, TODAY
    if row.name.endswith(")"):
        yield fold_place(_PRECISION.sub("", row.name)), WITHOUT_PRECISION
    article = _ARTICLE.match(full)
    if article:
        yield full[article.end() :], SHORTENED
        if article[1] == "l":
            yield full.replace("l ", "l", 1), SHORTENED  # "LHAY LES ROSES"
