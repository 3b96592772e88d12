"""Place names inside a sentence: "à Lyon", "au Mans", "dans l'Oise", "de La Rochelle", "in Lyon".

Pure functions. Departments and regions come from tables; communes follow their leading article and INSEE's
TNCC code (0: consonant or aspirated h, 1: vowel or silent h), kept as `Territory.article`. Apostrophes are
straight, as in INSEE's names.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from contacts.folding import fold
from contacts.territories.english_names import ABROAD_NAME, ENGLISH_NAMES
from contacts.territories.french_names import ABROAD, ABROAD_FORMS, COUNTRIES, DEPARTMENTS, REGIONS, Forms

CACHED_PLACES = 16_384

SILENT_START = "1"  # TNCC: no article, begins with a vowel or a silent h
SPOKEN_START = "0"  # TNCC: no article, begins with a consonant or an aspirated h

# Communes that do not follow the letter or the code. The register of deliberations of Ouistreham, the town
# halls of Houilles and Yutz write "de" where INSEE has an elision; the h and y of Pacific names are spoken.
WITHOUT_ELISION = frozenset({"houilles", "ouistreham", "yutz", "yate", "ua huka", "ua pou"})

_TABLES: dict[str, dict[str, Forms]] = {"department": DEPARTMENTS, "region": REGIONS, "country": COUNTRIES}
_LEADING_ARTICLE = re.compile(r"(Le |La |Les |L')(?=\S)")
_PRECISION = re.compile(r" \([^)]*\)$")  # "Château-Chinon (Ville)"
_ARRONDISSEMENT = re.compile(r"(?P<city>.+) (?P<number>\d+)(?:er|e) [Aa]rrondissement")


class PlaceForms(NamedTuple):
    """One place as a sentence needs it: Oise, l'Oise, dans l'Oise, de l'Oise."""

    name: str
    with_article: str
    at: str
    of: str


@lru_cache(maxsize=CACHED_PLACES)
def place(name: str, kind: str, code: str, *, article: str = "", language: str = "fr") -> PlaceForms:
    """Return the forms of one territory.

    `kind`, `code`, `article` are those of `Territory`; without an article the name alone decides.
    `language`: "en" gives English, anything else French.
    """
    if language == "en":
        return _english(name, kind, code)
    if kind == "department" and code == ABROAD:
        return PlaceForms(name, *ABROAD_FORMS)
    forms = _TABLES.get(kind, {}).get(code)
    if forms is not None:
        return PlaceForms(name, *(beginning + name for beginning in forms))
    match kind:
        case "municipal_arrondissement":
            return _arrondissement(name)
        case "polling_station":
            return _with_common_noun(name, noun="bureau de vote", already=("bureau",))
        case "canton":
            return _canton(name)
        case "constituency":
            return _constituency(name)
    return _commune(name, article)


def _commune(name: str, article: str) -> PlaceForms:
    plain = _PRECISION.sub("", name)
    if plain.startswith("Île-"):  # "Île-de-Batz": INSEE has no article, French cannot do without
        return PlaceForms(name, f"l'{plain}", f"à l'{plain}", f"de l'{plain}")
    leading = _LEADING_ARTICLE.match(plain)
    if leading is None:
        return PlaceForms(name, plain, f"à {plain}", _of(plain, article))
    rest = plain[leading.end() :]
    with_article = leading[0].lower() + rest
    match leading[0]:
        case "Le ":
            return PlaceForms(name, with_article, f"au {rest}", f"du {rest}")
        case "Les ":
            return PlaceForms(name, with_article, f"aux {rest}", f"des {rest}")
    return PlaceForms(name, with_article, f"à {plain}", f"de {plain}")


def _of(plain: str, article: str) -> str:
    return f"d'{plain}" if _elides(plain, article) else f"de {plain}"


def _elides(plain: str, article: str) -> bool:
    folded = fold(plain)
    if folded in WITHOUT_ELISION:
        return False
    if article in (SILENT_START, SPOKEN_START):
        return article == SILENT_START
    # No code (the Pacific) or "Aux Marais": a vowel elides; h is spoken in every such name.
    return folded[:1] in tuple("aeiouy")


def _arrondissement(name: str) -> PlaceForms:
    found = _ARRONDISSEMENT.fullmatch(name)
    if found is None:
        return _commune(name, "")
    ordinal = "1er" if found["number"] == "1" else f"{found['number']}e"
    spoken = f"{ordinal} arrondissement de {found['city']}"
    return PlaceForms(name, f"le {spoken}", f"dans le {spoken}", f"du {spoken}")


def _canton(name: str) -> PlaceForms:
    spoken = (
        name[:1].lower() + name[1:] if fold(name).startswith("canton") else f"canton {_commune(name, '').of}"
    )
    return PlaceForms(name, f"le {spoken}", f"dans le {spoken}", f"du {spoken}")


def _constituency(name: str) -> PlaceForms:
    spoken = name if "circonscription" in fold(name) else f"circonscription {_commune(name, '').of}"
    return PlaceForms(name, f"la {spoken}", f"dans la {spoken}", f"de la {spoken}")


def _with_common_noun(name: str, *, noun: str, already: tuple[str, ...]) -> PlaceForms:
    spoken = name[:1].lower() + name[1:] if fold(name).startswith(already) else f"{noun} {name}"
    return PlaceForms(name, f"le {spoken}", f"au {spoken}", f"du {spoken}")


def _english(name: str, kind: str, code: str) -> PlaceForms:
    if kind == "department" and code == ABROAD:
        return PlaceForms(ABROAD_NAME, ABROAD_NAME, "abroad", f"of {ABROAD_NAME}")
    arrondissement = _ARRONDISSEMENT.fullmatch(name) if kind == "municipal_arrondissement" else None
    if arrondissement is not None:
        name = f"{_english_ordinal(int(arrondissement['number']))} arrondissement of {arrondissement['city']}"
        return PlaceForms(name, f"the {name}", f"in the {name}", f"of the {name}")
    spoken = ENGLISH_NAMES.get((kind, code)) or _PRECISION.sub("", name)
    if kind == "polling_station":
        spoken = spoken if fold(spoken).startswith("bureau") else f"polling station {spoken}"
        return PlaceForms(name, spoken, f"at {spoken}", f"of {spoken}")
    return PlaceForms(ENGLISH_NAMES.get((kind, code), name), spoken, f"in {spoken}", f"of {spoken}")


def _english_ordinal(number: int) -> str:
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
