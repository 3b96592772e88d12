"""Cantons and constituencies of a roll: known by their number or by their name, one place either way.

One export has the number of a canton, the next its name, a third both. Whichever came first, the canton is
one as soon as a roll says both: it keeps its id, takes the number for its code and the name for its name.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from contacts.folding import fold

CODE_LIMIT, NAME_LIMIT = 24, 120  # characters of Territory
_ORDINALS = (
    *("premiere", "deuxieme", "troisieme", "quatrieme", "cinquieme", "sixieme", "septieme", "huitieme"),
    *("neuvieme", "dixieme", "onzieme", "douzieme", "treizieme", "quatorzieme", "quinzieme", "seizieme"),
    *("dix septieme", "dix huitieme", "dix neuvieme", "vingtieme", "vingt et unieme"),
)
_NUMBER_OF = {word: number for number, word in enumerate(_ORDINALS, 1)} | {"seconde": 2}


@dataclass(eq=False)
class Canton:
    """One canton; `id` is None until it is made. `has_number`, `has_name`: not made up from the other."""

    department: str
    key: str
    name: str
    has_number: bool
    has_name: bool
    id: int | None = None
    is_changed: bool = False

    @property
    def code(self) -> str:
        """What stands in Territory: "60-01", "60-beauvais-1"."""
        return f"{self.department}-{self.key}"[:CODE_LIMIT]


class Cantons:
    """The cantons of some departments: those there are, and those that a roll brings.

    Ask for the rows that have a number before those that have none: a name alone finds its number then.
    """

    def __init__(self, known: Iterable[tuple[int, str, str, str]]) -> None:
        """`known`: id, department, code and name of each canton that there is."""
        self._by_key: dict[tuple[str, str], Canton] = {}
        self._by_name: defaultdict[tuple[str, str], list[Canton]] = defaultdict(list)
        for canton_id, department, code, name in known:
            key = code.removeprefix(department).strip("- ")
            number = number_of(key, department) or number_of(name, department)
            has_name = not number_of(name, department)
            self._add(Canton(department, key, name, bool(number), has_name, canton_id), number or key)

    def canton(self, department: str, code: str, label: str) -> Canton | None:
        """The canton of a number and a name, either of which may be empty; None where both are."""
        code, label = code.strip(), label.strip()
        number = number_of(code, department) or number_of(label, department)
        number = number or re.sub(rf"^{department}(?=.)", "", code).strip("- ")
        name = "" if number_of(label, department) else label[:NAME_LIMIT]
        if number:
            return self._numbered(department, number, name)
        return self._named(department, name) if name else None

    def changed(self) -> list[Canton]:
        """Those that there were, and that got their number or their name."""
        return [canton for canton in self._by_key.values() if canton.is_changed]

    def _numbered(self, department: str, number: str, name: str) -> Canton:
        found = self._by_key.get((department, number))
        same_name = [one for one in self._of_name(department, name) if not one.has_number]
        if found is None and len(same_name) == 1:
            found = same_name[0]
            del self._by_key[department, found.key]
            found.key, found.has_number, found.is_changed = number, True, found.id is not None
            self._by_key[department, number] = found
        if found is None:
            made = Canton(department, number, name or f"Canton {number}", True, bool(name))
            return self._add(made, number)
        if name and not found.has_name:
            found.name, found.has_name, found.is_changed = name, True, found.id is not None
        if name and found not in self._of_name(department, name):  # spelled another way: it finds the same
            self._by_name[department, short(name)].append(found)
        return found

    def _named(self, department: str, name: str) -> Canton:
        same_name = self._of_name(department, name)
        own = self._by_key.get((department, short(name)))
        if own is None and len(same_name) == 1:
            return same_name[0]
        return own or self._add(Canton(department, short(name), name, False, True), short(name))

    def _of_name(self, department: str, name: str) -> list[Canton]:
        return self._by_name.get((department, short(name)), []) if name else []

    def _add(self, canton: Canton, key: str) -> Canton:
        self._by_key.setdefault((canton.department, key), canton)
        if canton.has_name:
            self._by_name[canton.department, short(canton.name)].append(canton)
        return canton


def number_of(text: str, department: str) -> str:
    """The number in "01", "1", "6001", "60-01" or "Canton n° 1" as two digits; empty when it is none."""
    own = re.escape(department.lower().lstrip("0"))
    digits = rf"0*{own} 0*([0-9]{{1,3}})|0*{own}([0-9]{{2}})|0*([0-9]{{1,3}})"
    found = re.fullmatch(rf"(?:canton |circonscription )?(?:n |no |numero )?(?:{digits})", fold(text))
    number = int(next(filter(None, found.groups()))) if found else 0
    return f"{number:02d}" if number else ""


def seat_of(text: str, department: str) -> str:
    """The number of a constituency, as a code or in words: "60-01", "1ère circonscription de l'Oise"."""
    folded = fold(text)
    ordinal = re.search(r"\b0*([0-9]{1,2}) ?(?:re|ere|er|e|eme|nd|nde|de)\b", folded)
    word = re.match(r"(?:la )?(.+?) circonscription", folded)
    last = re.search(r"([0-9]{1,2})\D*$", text)
    number = (
        int(number_of(text, department) or 0)
        or (int(ordinal[1]) if ordinal else 0)
        or (_NUMBER_OF.get(word[1], 0) if word else 0)
        or (int(last[1]) if last else 0)
    )
    return f"{number:02d}" if number else ""


def short(label: str) -> str:
    """A code made of a name: "Canton de Beauvais-1" → "beauvais-1"; long names keep their beginning."""
    words = re.sub(r"^canton (?:de la |de l |de |du |des |d )?", "", fold(label)).replace(" ", "-")
    if len(words) <= CODE_LIMIT - 4:
        return words
    return f"{words[:11]}-{hashlib.sha256(words.encode()).hexdigest()[:8]}"
