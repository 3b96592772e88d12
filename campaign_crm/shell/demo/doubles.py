"""A few people who stand in the base twice, as address books bring them, and who lives with whom."""

from __future__ import annotations

from contacts.duplicates.finding import find_pairs
from contacts.folding import fold
from contacts.households.finding import PEOPLE_AT_A_TIME, refresh_households
from contacts.models import Contact
from contacts.services.projections import refresh_projections

DOUBLES = 12
HOUSEHOLDS_OF = 50_000
"""People whose households are computed while the demonstration is made; the night computes the others."""


def make_doubles(*, first: int, last: int) -> None:
    """Make some people second records of others, and find the pairs to review."""
    step = max(2, (last - first) // DOUBLES)
    made = [
        pk for start in range(first, last, step) if (pk := _double_in(start, start + step, start)) is not None
    ]
    refresh_projections(made)
    find_pairs(made)


def _double_in(start: int, end: int, number: int) -> int | None:
    """Of two people with a phone and no e-mail, make the second the first as somebody else typed them."""
    people = Contact.objects.filter(
        pk__gte=start,
        pk__lt=end,
        birth_date__isnull=False,
        phonenumber_set__is_primary=True,
        emailaddress_set=None,
    )
    pair = list(people.exclude(first_name="").order_by("pk")[:2])
    if len(pair) < 2:
        return None
    person, double = pair
    point = double.phonenumber_set.get(is_primary=True)
    shared = person.phonenumber_set.get(is_primary=True)
    point.e164, point.line = shared.e164, shared.line
    point.save(update_fields=["e164", "line", "address_hash"])
    double.first_name, double.last_name = _as_typed(person, number)
    double.gender, double.civility, double.commune = person.gender, person.civility, person.commune
    double.birth_date = person.birth_date if number % 3 else None
    double.save(update_fields=["first_name", "last_name", "gender", "civility", "commune", "birth_date"])
    return double.pk


def _as_typed(person: Contact, number: int) -> tuple[str, str]:
    """An initial, a slip without accents, or the names the wrong way round."""
    match number % 3:
        case 0:
            return f"{person.first_name[:1]}.", person.last_name
        case 1:
            return fold(person.first_name).title(), _slip(person.last_name)
        case _:
            return person.last_name, person.first_name


def _slip(name: str) -> str:
    """Two letters the wrong way round."""
    return name[:1] + name[2:3] + name[1:2] + name[3:] if len(name) > 3 else name


def make_households(*, first: int, last: int) -> None:
    """Compute who lives with whom, when they are not too many for a demonstration that begins at once."""
    if last - first <= HOUSEHOLDS_OF:
        for start in range(first, last + 1, PEOPLE_AT_A_TIME):
            refresh_households(range(start, min(start + PEOPLE_AT_A_TIME, last + 1)))
