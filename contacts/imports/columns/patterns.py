"""Names of columns that follow a rule: a kind, then a label, as address books of phones and macOS write them.

"Phone : mobile", "Email (home)", "Address : home : City", "E-mail 3". A work address is nobody's home: it
says nothing of where somebody votes, and is left for a person to choose.
"""

from __future__ import annotations

import re

_LABEL = (
    r"(?: (?:home|work|mobile|main|iphone|other|personal|primary|secondary|domicile|maison|bureau|travail"
    r"|professionnel|personnel|portable|principal|principale|secondaire|autre|[0-9]))"
)
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(rf"(?:e ?mail|mail|courriel|adresse e ?mail|email address){_LABEL}{{1,2}}(?: value)?"),
        "email",
    ),
    (
        re.compile(rf"(?:phone|telephone|tel|mobile|portable|phone number){_LABEL}{{1,2}}(?: value)?"),
        "phone",
    ),
    (re.compile(r"(?:postal )?address (?:home|1)(?: 1)? street(?: address)?"), "street_1"),
    (re.compile(r"(?:postal )?address (?:home|1)(?: 1)? city"), "city_1"),
    (
        re.compile(r"(?:postal )?address (?:home|1)(?: 1)? (?:zip|zip code|postal code|postcode)"),
        "postcode_1",
    ),
    (re.compile(r"(?:postal )?address (?:home|1)(?: 1)? country(?: region)?"), "country_1"),
    (re.compile(r"adresse (?:domicile|personnelle|maison) rue"), "street_1"),
    (re.compile(r"adresse (?:domicile|personnelle|maison) ville"), "city_1"),
    (re.compile(r"adresse (?:domicile|personnelle|maison) code postal"), "postcode_1"),
)


def by_pattern(name: str) -> str | None:
    """Return the field of a folded name that follows one of the rules, or None."""
    return next((field for rule, field in _RULES if rule.fullmatch(name)), None)


# Columns that look like what they are not: a fax is no phone, a wedding no birthday, an office no home. Their
# values would recognise themselves; they are left out until a person says otherwise.
_NOT_THEIRS = re.compile(
    r".*\b(?:fax|telecopie|telecopieur|pager|radiomessagerie|telex|tdd|isdn|rnis|assistant|assistante"
    r"|manager|responsable|company main|telephone societe|callback|rappel|anniversary|mariage|spouse|conjoint"
    r"|children|enfants|created|modified|added|updated|last changed|creation|modification)\b.*"
    r"|(?:business|work|office|company|organization|organisation)\b.*(?:street|address|city|zip|zipcode"
    r"|postal code|postcode|country|state|po box).*"
    r"|(?:rue|ville|code postal|pays|adresse|dep region|bp)\b.*(?:bureau|professionnelle|travail).*"
    r"|address work .*"
)


def is_not_theirs(name: str) -> bool:
    """True when a folded name says that the column is not a home, a phone or a birthday of the person."""
    return _NOT_THEIRS.fullmatch(name) is not None
