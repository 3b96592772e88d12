"""Local time where people live: departments and territories overseas, and countries abroad."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from babel import Locale
from babel.core import get_global

from contacts.folding import fold

OVERSEAS: Mapping[str, str] = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/St_Barthelemy",
    "978": "America/Marigot",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
}
"""Time zones of departments and territories that have another than mainland France."""

# Overseas France has department codes; its ISO codes may stand in an address as well.
_FRENCH = {
    **{"GP": "971", "MQ": "972", "GF": "973", "RE": "974", "PM": "975", "YT": "976"},
    **{"BL": "977", "MF": "978", "WF": "986", "PF": "987", "NC": "988"},
}
_AT_HOME = {"FR", "FX"}
_LANGUAGES = ("fr", "en")


@lru_cache(maxsize=1)
def zones_abroad() -> dict[tuple[str, ...], frozenset[str]]:
    """Time zones of each country abroad, by the ways to write its name: folded, in French and English.

    The ISO code is one of them. Source: CLDR, as Babel ships it.
    """
    by_country: dict[str, set[str]] = {}
    for zone, country in get_global("zone_territories").items():
        by_country.setdefault(country, set()).add(zone)
    found = {}
    for country, zones in by_country.items():
        if country in _AT_HOME or country in _FRENCH or len(country) != 2 or country == "ZZ":
            continue
        found[_names(country)] = frozenset(zones)
    return found


def names_of_overseas(department: str) -> tuple[str, ...]:
    """Ways to write an overseas department or territory as the country of an address, folded."""
    return tuple(name for country, code in _FRENCH.items() if code == department for name in _names(country))


def _names(country: str) -> tuple[str, ...]:
    told = {fold(country)}
    for language in _LANGUAGES:
        name = Locale(language).territories.get(country)
        if name:
            told.add(fold(name))
    return tuple(sorted(told))
