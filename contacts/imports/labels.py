"""What a label says of the number or address beside it: "Work Fax", "* Home", "Bureau".

The home is what tells where somebody votes; a place of work says nothing of it. A fax is no phone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from contacts.folding import fold

_WORK = frozenset(
    "work office business company job bureau travail boulot pro professionnel professionnelle societe"
    " entreprise employeur".split()
)
_HOME = frozenset("home domicile maison personnel personnelle perso prive privee".split())
# What CiviCRM calls the kinds of its contacts that are no people.
_NO_PERSON = frozenset("organization organisation organizations organisations household menage foyer".split())
# What stands below a table: "Total : 123", "Nombre d'adhérents : 12", "Fait à Beauvais, le 12 mars".
_BELOW = re.compile(
    r"(?:sous |grand )?tota(?:l|ux)(?: general| des? .+| d .+)?(?: [0-9 ]+)?|nombre (?:total|d|de|des) .+"
    r"|(?:edite|extrait|exporte|genere|imprime|arrete|mis a jour) (?:le|du|au) .*[0-9].*"
    r"|fait a .+ le .*[0-9].*|page [0-9]+(?: (?:sur |de |of )?[0-9]+)?"
    r"|fin (?:de|du) (?:la )?(?:liste|fichier)|end of (?:list|file)"
)
_NOT_SPOKEN = ("fax", "telecopie", "pager", "modem", "telex", "messageur", "radiomessagerie")


def is_of_work(label: str) -> bool:
    """True of a label that says work, and not home too."""
    words = set(fold(label).split())
    return bool(words & _WORK) and not words & _HOME


def is_not_spoken(label: str) -> bool:
    """True of the label of a number that nobody answers: "Work Fax", "workfax", "Télécopie", "Pager"."""
    folded = fold(label)
    return any(word in folded for word in _NOT_SPOKEN)


def is_no_person(label: str) -> bool:
    """True of the kind of a contact that is an organisation or a household."""
    return fold(label) in _NO_PERSON


def line_below(row: Sequence[str]) -> str:
    """What a row below a table says: a count, a day, a page, with only numbers beside it; else nothing."""
    filled = [text for cell in row if (text := cell.strip())]
    if filled and _BELOW.fullmatch(fold(filled[0])) and not any(map(_has_letter, filled[1:])):
        return filled[0]
    return ""


def _has_letter(text: str) -> bool:
    return any(map(str.isalpha, text))
