"""The addresses of letters to electors, as the lines of an export (`contacts.exports`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat, NullIf
from django.db.models.lookups import IsNull
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from campaign_crm.platform.database import lend_hash_key
from contacts.errors import ContactsError
from contacts.letters import LetterChoice, without_objections
from contacts.models import ElectoralRegistration, Territory
from contacts.models.contact import Fold
from contacts.models.electoral_registration import RollKind
from contacts.services.letter_households import Member, households_of
from contacts.services.post_keys import first_forename
from contacts.services.silence import silence_for

ROWS_AT_A_TIME = 2_000
FAMILY, FAMILIES = "family", "families"  # beside the sexes: whom a letter to several people is addressed to
MEMBER = ("name", "contact", "contact__household_link__household", "contact__household_link__by_hand")
FIELDS = (
    *("gender", "first_names", "birth_name", "used_name", "complement", "street", "locality"),
    *("postcode", "city", "country", "polling_station__name"),
)


class LettersRefused(ContactsError):
    """Why no letters are prepared."""


def letter_scope(choice: LetterChoice, *, one_per_household: bool) -> dict[str, Any]:
    """What an export keeps of a choice: numbers and options."""
    return {
        "place": choice.place.pk,
        "station": choice.station.pk if choice.station else None,
        "gender": choice.gender,
        "age_from": choice.age_from,
        "age_to": choice.age_to,
        "day": choice.day.isoformat(),
        "one_per_household": one_per_household,
    }


def check_silence(scope: dict[str, Any]) -> None:
    """No letter is prepared for a place, nor taken, while the silence holds there."""
    if silence_for([scope["station"] or scope["place"]], timezone.now()) is not None:
        raise LettersRefused(_("The silence before the vote has begun: letters wait for the polls to close."))


def letter_header() -> list[str]:
    """In the language of whoever asked."""
    return [
        *(
            pgettext("letter", "Title"),
            _("First name"),
            _("Last name"),
            _("Address complement"),
            _("Number and street"),
        ),
        *(_("Hamlet or place"), _("Postcode"), _("City"), _("Country"), _("Polling station")),
    ]


def letter_lines(scope: dict[str, Any]) -> Iterator[list[str]]:
    """The cells of each letter of an export, read as they are asked for: a million never stand in memory.

    Who stands on several lists of a commune, as Europeans may, gets one letter. `one_per_household`: electors
    at one address who have one last name, or whose household is one in the base, get one letter, addressed to
    the family or the families. What somebody put right by hand goes first.
    """
    check_silence(scope)
    lend_hash_key()
    titles = {"F": _("Ms"), "M": _("Mr"), FAMILY: _("Family"), FAMILIES: _("Families")}
    chosen = _once_each(_choice(scope))
    return (_by_household if scope["one_per_household"] else _one_by_one)(chosen, titles=titles)


def _choice(scope: dict[str, Any]) -> LetterChoice:
    territories = Territory.objects.in_bulk([scope["place"], scope["station"] or 0])
    if scope["place"] not in territories:
        raise LettersRefused(_("This place is not known any more."))
    return LetterChoice(
        place=territories[scope["place"]],
        station=territories.get(scope["station"]),
        day=date.fromisoformat(scope["day"]),
        **{name: scope[name] for name in ("gender", "age_from", "age_to")},
    )


def _once_each(choice: LetterChoice) -> QuerySet[ElectoralRegistration]:
    """Without objections, and without who stands on an earlier list of the commune too: Europeans may vote
    for the town and for Europe.

    They are one person of the base, or have one name and one day of birth, and no two places of birth. Where
    a list lacks the day they have one address.
    """
    others = choice.electors().filter(commune=OuterRef("commune"), roll_kind__lt=OuterRef("roll_kind"))
    home = {field: OuterRef(field) for field in ("street", "locality", "postcode")}
    dateless = Q(birth_date__isnull=True) | Q(IsNull(OuterRef("birth_date"), True))
    birthplace = Q(birthplace_hash=OuterRef("birthplace_hash")) | Q(birthplace_hash__isnull=True)
    twice = others.filter(
        Q(birth_date=OuterRef("birth_date")) | (dateless & Q(**home)),
        birthplace | Q(IsNull(OuterRef("birthplace_hash"), True)),
        name_folded=OuterRef("name_folded"),
    )
    return without_objections(choice.electors()).exclude(
        Q(roll_kind__gt=RollKind.MAIN)
        & (Q(Exists(twice)) | Q(Exists(others.filter(contact=OuterRef("contact")))))
    )


def _one_by_one(chosen: QuerySet[ElectoralRegistration], *, titles: dict[str, str]) -> Iterator[list[str]]:
    in_order = chosen.order_by("commune", "polling_station", "pk")
    for row in in_order.values_list(*FIELDS).iterator(chunk_size=ROWS_AT_A_TIME):
        yield _letter(row, titles)


def _by_household(chosen: QuerySet[ElectoralRegistration], *, titles: dict[str, str]) -> Iterator[list[str]]:
    """One letter for those of one home who have one name or one household; homes follow each other."""
    where = Concat("street", Value(" "), "locality", Value(" "), "postcode", Value(" "), "city")
    in_order = chosen.annotate(
        home=Fold(where), name=Fold(Coalesce(NullIf("used_name", Value("")), "birth_name"))
    ).order_by("commune", "home", "name", "polling_station", "pk")
    rows = in_order.values_list("commune", "home", *MEMBER, *FIELDS).iterator(chunk_size=ROWS_AT_A_TIME)
    for _home, group in groupby(rows, key=itemgetter(0, 1)):
        members = [_member(row[2:]) for row in group]
        for household in households_of(members):
            yield _letter(_addressed_to(household), titles)


def _member(row: Sequence[Any]) -> Member:
    name, contact, household, by_hand, *cells = row
    return Member(name, contact, household, by_hand, cells)


def _addressed_to(members: Sequence[Member]) -> Sequence[Any]:
    """The cells of the first one, who may stand on two lists; of several people, their names only."""
    first = members[0].cells
    names = list(dict.fromkeys(member.name for member in members))
    people = {member.contact for member in members} if len(names) > 1 else ()
    if len({first_forename(member.cells[1]) for member in members}) == 1 and len(people) < 2:
        return first
    if len(names) == 1:
        return (FAMILY, "", *first[2:])
    written = {member.name: member.cells[3] or member.cells[2] for member in reversed(members)}
    return (FAMILIES, "", _and([written[name] for name in names]), "", *first[4:])


def _and(names: Sequence[str]) -> str:
    *most, last = names
    return _("%(names)s and %(last)s") % {"names": ", ".join(most), "last": last}


def _letter(row: Sequence[Any], titles: dict[str, str]) -> list[str]:
    gender, first_names, birth_name, used_name, *rest = row
    return [titles.get(gender, ""), first_forename(first_names), used_name or birth_name, *rest]
