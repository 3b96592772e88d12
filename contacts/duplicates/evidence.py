"""The evidence of a pair in words, strongest first: what speaks for one person, and what against."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.duplicates.judging import ALIKE, DIFFERS, GENERATION, SAME, Evidence
from contacts.duplicates.names import Names


@dataclass(frozen=True)
class Clue:
    """One fact in words; `speaks_for` is None when it says little either way."""

    words: str | Promise
    speaks_for: bool | None


def in_words(evidence: Evidence) -> list[Clue]:
    """What `DuplicatePair.evidence` says; a fact that only one of the two has is no clue."""
    return [_CLUES[fact, says] for fact in _ORDER for says in (evidence.get(fact),) if (fact, says) in _CLUES]


_ORDER = (
    "names",
    "email",
    "mobile",
    "phone",
    "birth_date",
    "birth_year",
    "birthplace",
    "address",
    "commune",
    "gender",
)
_CLUES: dict[tuple[str, str | None], Clue] = {
    ("names", Names.SAME): Clue(_("same name"), True),
    ("names", Names.SHORT_FORM): Clue(_("a short form, or one of several forenames"), True),
    ("names", Names.ALIKE): Clue(_("name nearly the same"), True),
    ("names", Names.PART): Clue(_("only part of the name known, and it fits"), None),
    ("names", Names.LAST_DIFFERS): Clue(_("same forename, another last name"), None),
    ("names", Names.FIRST_DIFFERS): Clue(_("same last name, another forename"), False),
    ("email", SAME): Clue(_("same e-mail"), True),
    ("email", ALIKE): Clue(_("e-mails nearly the same"), True),
    ("email", DIFFERS): Clue(_("another e-mail"), None),
    ("mobile", SAME): Clue(_("same mobile"), True),
    ("mobile", ALIKE): Clue(_("mobiles one digit apart"), True),
    ("mobile", DIFFERS): Clue(_("another mobile"), None),
    ("phone", SAME): Clue(_("same landline"), True),
    ("birth_date", SAME): Clue(_("same birth date"), True),
    ("birth_date", ALIKE): Clue(_("birth dates nearly the same"), True),
    ("birth_date", DIFFERS): Clue(_("another birth date"), False),
    ("birth_date", GENERATION): Clue(_("birth dates a generation apart"), False),
    ("birth_year", SAME): Clue(_("same year of birth"), True),
    ("birth_year", DIFFERS): Clue(_("another year of birth"), False),
    ("birth_year", GENERATION): Clue(_("years of birth a generation apart"), False),
    ("birthplace", SAME): Clue(_("born in the same place"), True),
    ("birthplace", DIFFERS): Clue(_("born elsewhere"), False),
    ("address", SAME): Clue(_("same address"), True),
    ("commune", SAME): Clue(_("same commune"), True),
    ("commune", DIFFERS): Clue(_("another commune"), None),
    ("gender", DIFFERS): Clue(_("another sex"), False),
}
