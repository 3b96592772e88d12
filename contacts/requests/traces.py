"""Finding people among cells that name nobody by number: refused rows, files that wait to be taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from contacts.folding import fold
from contacts.models import Contact, ElectoralRegistration, EmailAddress, PhoneNumber, PostalAddress

TAIL = 9  # digits by which a number is the same however it is written: +33 6 39 98 00 01, 06.39.98.00.01
LONGEST = 200  # characters of a cell that is looked at


@dataclass
class Traces:
    """What some people leave in a row: by it they are found, and now and then a namesake with them."""

    emails: set[str] = field(default_factory=set)
    tails: set[str] = field(default_factory=set)
    names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # last → first forenames
    homes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # street → last names

    def __bool__(self) -> bool:
        return bool(self.emails or self.tails or self.names)

    def are_in(self, cells: Iterable[str], *, by_name: bool) -> bool:
        """True when a row is one of theirs; `by_name`: names alone say so, without a street."""
        folded: list[str] = []
        for cell in cells:
            text = str(cell).strip()[:LONGEST]
            if not text:
                continue
            if "@" in text and text.lower() in self.emails:
                return True
            digits = "".join(sign for sign in text if sign.isdigit())
            if len(digits) >= TAIL and digits[-TAIL:] in self.tails:
                return True
            folded.append(fold(text))
        if by_name and self._named(folded):
            return True
        lasts = {last for cell in folded if cell in self.homes for last in self.homes[cell]}
        return any(last in cell for last in lasts for cell in folded)

    def _named(self, folded: Sequence[str]) -> bool:
        words = {word for cell in folded for word in cell.split()[:1]} | set(folded)
        for cell in folded:
            for last in (cell, *cell.split()):  # "Martin", "Léa Martin"
                firsts = self.names.get(last)
                if firsts and (firsts & words or firsts & set(cell.split())):
                    return True
        return False

    def add_name(self, last: str, first: str) -> None:
        if fold(last) and fold(first):
            self.names[fold(last)].add(fold(first).split()[0])

    def add_home(self, street: str, *lasts: str) -> None:
        if fold(street):
            self.homes[fold(street)] |= {fold(last) for last in lasts if fold(last)}


def traces_of_people(ids: Sequence[int]) -> Traces:
    """Of people of the base, and of their electors."""
    found = Traces()
    lasts: dict[int, tuple[str, str]] = {}
    for pk, last, birth, first in Contact.objects.filter(pk__in=ids).values_list(
        "pk", "last_name", "birth_name", "first_name"
    ):
        lasts[pk] = (last, birth)
        for name in (last, birth):
            found.add_name(name, first)
    found.emails |= set(EmailAddress.objects.filter(contact__in=ids).values_list("normalised", flat=True))
    for e164 in PhoneNumber.objects.filter(contact__in=ids).values_list("e164", flat=True):
        found.tails.add(e164[-TAIL:])
    homes = PostalAddress.objects.filter(contact__in=ids)
    for pk, line, locality in homes.values_list("contact_id", "line1", "locality"):
        found.add_home(line or locality, *lasts.get(pk, ()))
    return found


def traces_of_electors(ids: Sequence[int]) -> Traces:
    """Of rows of rolls."""
    found = Traces()
    for elector in ElectoralRegistration.objects.filter(pk__in=ids):
        for last in (elector.birth_name, elector.used_name):
            found.add_name(last, elector.first_names)
        found.add_home(elector.street or elector.locality, elector.birth_name, elector.used_name)
    return found
