"""What people write for a commune, made comparable: names, postcodes, INSEE codes.

Python twins of the SQL functions `fold_place(text)`, `clean_postcode(text)` and `clean_insee_code(text)`
(`contacts/migrations/sql/place_keys.sql`); a property test holds each pair equal.
"""

from __future__ import annotations

import re

from contacts.folding import fold

# Whole words, applied in this order: La Poste's and people's abbreviations.
WORDS = (
    (" st ", " saint "),
    (" ste ", " sainte "),
    (" sts ", " saints "),
    (" stes ", " saintes "),
    (" nd ", " notre dame "),
    (" s s ", " sous "),
    (" s ", " sur "),
)
_DEPARTMENT_IN_BRACKETS = re.compile(r"\( *[0-9]{2}[0-9ABab]? *\)|\( *2[ABab] *\)")
_SHORTENINGS = (
    (re.compile(r"^(?:fr? )?[0-9]{5} "), ""),  # "60000 beauvais"
    (re.compile(r" [0-9]{5}$"), ""),
    # "paris 15e arrondissement", "lyon 03", "paris cedex 15": in these three the CEDEX number is the district
    (
        re.compile(
            r"^(paris|lyon|marseille)(?: cedex)? 0?([0-9]{1,2})(?: ?(?:er|eme|ieme|e))?(?: arr[a-z]*)?$"
        ),
        r"\1 \2",
    ),
    (re.compile(r"^(?:(paris) 75|(lyon) 69)$"), r"\1\2"),
    (re.compile(r" cedex(?: .*)?$"), ""),
    (re.compile(r"^(?!(?:paris|lyon|marseille) )(.+) (?:[0-9]{2,3}|2[ab])$"), r"\1"),  # "beauvais 60"
    (re.compile(r"^(.+) (le|la|les|l)$"), r"\2 \1"),  # "MANS (LE)"
)
_POSTCODE = re.compile(r"(?:[Ff][Rr]?-?)?([0-9]{4,5})(?:\.0)?")
_INSEE_CODE = re.compile(r"(?:com|COM)?([0-9][0-9ABab]?[0-9]{3})(?:\.0)?")


def fold_place(value: str) -> str:
    """`"ST-DENIS S/ LOIRE CEDEX 2"` → `"saint denis sur loire"`, `"Paris 15ème"` → `"paris 15"`."""
    text = f" {fold(_DEPARTMENT_IN_BRACKETS.sub(' ', value))} "
    for written, meant in WORDS:
        text = text.replace(written, meant)
    text = text.strip(" ").replace(" lez ", " les ")  # inside only: "Castelnau-le-Lez" keeps its own
    for pattern, replacement in _SHORTENINGS:
        text = pattern.sub(replacement, text, count=1)
    return text


def clean_postcode(value: str) -> str:
    """`"F-75 015"` → `"75015"`, `"1000"` (a spreadsheet lost the zero) → `"01000"`; else ""."""
    found = _POSTCODE.fullmatch(_without_spaces(value))
    return found[1].zfill(5) if found else ""


def clean_insee_code(value: str) -> str:
    """`"com60057"` → `"60057"`, `"2a004"` → `"2A004"`, `"1053"` → `"01053"`; else ""."""
    found = _INSEE_CODE.fullmatch(_without_spaces(value))
    return found[1].upper().zfill(5) if found else ""


def postcode_area(postcode: str) -> str:
    """The start of a postcode that names the department (Corsica: 20; overseas: three digits)."""
    return postcode[:3] if postcode[:2] in ("97", "98") else postcode[:2]


def _without_spaces(value: str) -> str:
    return value.replace(" ", "").replace("\u00a0", "")
