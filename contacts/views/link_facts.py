"""A person and an elector side by side: what each says, and where the two agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from contacts.folding import fold
from contacts.models import Contact, ElectoralRegistration, PostalAddress, RegistrationMatch
from contacts.territories.cities import city_id


@dataclass(frozen=True)
class ComparedFact:
    """One line: what each side says, and whether the two agree (None: one of them says nothing)."""

    label: str | Promise
    person: str
    elector: str
    agrees: bool | None


def compare(pair: RegistrationMatch) -> list[ComparedFact]:
    """Compare as the facts are now: either side may have changed since the pair was proposed."""
    person, elector = pair.contact, pair.registration
    homes = list(
        PostalAddress.objects.filter(contact=person).select_related("commune").order_by("-is_primary", "pk")
    )
    return [
        _first_names(person, elector),
        _last_name(person, elector),
        _birth_date(person, elector),
        _birthplace(person, elector),
        _commune(person, homes, elector),
        _address(homes, elector),
    ]


def _first_names(person: Contact, elector: ElectoralRegistration) -> ComparedFact:
    """A person says one forename, a roll all of them."""
    said, all_of_them = fold(person.first_name), fold(elector.first_names)
    agrees = f"{all_of_them} ".startswith(f"{said} ") if said and all_of_them else None
    return ComparedFact(_("First names"), person.first_name, elector.first_names, agrees)


def _last_name(person: Contact, elector: ElectoralRegistration) -> ComparedFact:
    """A person goes by the birth name or the used name; a roll has both."""
    said = {fold(name) for name in (person.last_name, person.birth_name)} - {""}
    known = {fold(name) for name in (elector.birth_name, elector.used_name)} - {""}
    return ComparedFact(
        pgettext("of a person", "Name"),
        _names(person.last_name, person.birth_name),
        _names(elector.used_name, elector.birth_name),
        bool(said & known) if said and known else None,
    )


def _names(used: str, birth: str) -> str:
    if used and birth and fold(used) != fold(birth):
        return _("%(used)s, born %(birth)s") % {"used": used, "birth": birth}
    return used or birth


def _birth_date(person: Contact, elector: ElectoralRegistration) -> ComparedFact:
    """Two days, or two years where the person's day is not known."""
    agrees = None
    if person.birth_date and elector.birth_date:
        agrees = person.birth_date == elector.birth_date
    elif person.birth_year and elector.birth_date:
        agrees = person.birth_year == elector.birth_date.year
    return ComparedFact(
        _("Birth date"),
        _day(person.birth_date) or str(person.birth_year or ""),
        _day(elector.birth_date) or elector.birth_date_raw,
        agrees,
    )


def _birthplace(person: Contact, elector: ElectoralRegistration) -> ComparedFact:
    """Only a keyed hash is kept of a birthplace: it can be compared, not shown."""
    sides = (person.birthplace_hash, elector.birthplace_hash)
    texts = [_("known") if side else "" for side in sides]
    agrees = bytes(sides[0]) == bytes(sides[1]) if all(sides) else None  # type: ignore[arg-type]
    return ComparedFact(_("Birthplace"), texts[0], texts[1], agrees)


def _commune(person: Contact, homes: list[PostalAddress], elector: ElectoralRegistration) -> ComparedFact:
    places = [person.commune, *(home.commune for home in homes)]
    cities = {city_id(place) for place in places if place is not None}
    return ComparedFact(
        _("Commune"),
        person.commune.name if person.commune else next((home.city for home in homes if home.city), ""),
        elector.commune.name,
        city_id(elector.commune) in cities if cities else None,
    )


def _address(homes: list[PostalAddress], elector: ElectoralRegistration) -> ComparedFact:
    streets = {fold(home.line1) for home in homes if home.line1}
    place = f"{elector.postcode} {elector.city}".strip()
    lines = ", ".join(part for part in (elector.street, elector.locality, place) if part)
    agrees = fold(elector.street) in streets if streets and elector.street else None
    return ComparedFact(_("Address"), str(homes[0]) if homes else "", lines, agrees)


def _day(day: date | None) -> str:
    return formats.date_format(day, "j F Y") if day else ""
