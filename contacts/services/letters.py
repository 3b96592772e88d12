"""The file of addresses for letters to electors: an export, with its reason in the audit trail."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat, NullIf
from django.db.models.lookups import IsNull
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from campaign_crm.platform import audit
from campaign_crm.platform.database import acting_as, lend_hash_key
from campaign_crm.platform.models import User
from campaign_crm.platform.spreadsheets import neutralised
from contacts.errors import ContactsError
from contacts.letters import LetterChoice, without_objections
from contacts.models import ElectoralRegistration
from contacts.models.contact import Fold
from contacts.models.electoral_registration import RollKind
from contacts.rules.rulebook import refuses
from contacts.services.elections import silence_at
from contacts.services.letter_households import Member, households_of
from contacts.services.post_keys import first_forename

ROWS_AT_A_TIME = 2_000
FAMILY, FAMILIES = "family", "families"  # beside the sexes: whom a letter to several people is addressed to
MEMBER = ("name", "contact", "contact__household_link__household", "contact__household_link__by_hand")
FIELDS = (
    *("gender", "first_names", "birth_name", "used_name", "complement", "street", "locality"),
    *("postcode", "city", "country", "polling_station__name"),
)


class ExportRefused(ContactsError):
    """No file leaves without its reason."""


@transaction.atomic
def export_letters(
    *, choice: LetterChoice, reason: str, by: User, one_per_household: bool = False
) -> Iterator[str]:
    """Record the export, and return the lines of the file: `;` between cells, the header first.

    Who stands on several lists of a commune, as Europeans may, gets one letter. `one_per_household`: electors
    at one address who have one last name, or whose household is one in the base, get one letter, addressed to
    the family or the families. What somebody put right by hand goes first.

    The lines are read from the database as they are asked for, in a transaction of their own: a million never
    stand in memory, and the audit entry is there before the first of them leaves.
    """
    if not reason.strip():
        raise ExportRefused(_("Write what the letters are for: the reason is kept in the journal."))
    silence = silence_at(timezone.now())
    if silence is not None and silence.is_everywhere and refuses("silence"):
        raise ExportRefused(_("The silence before the vote has begun: letters wait for the polls to close."))
    audit.record(
        action="electors.export",
        on=choice.place,
        by=by,
        detail=choice.as_detail() | {"one_per_household": one_per_household},
        reason=reason.strip(),
    )
    titles = {"F": _("Ms"), "M": _("Mr"), FAMILY: _("Family"), FAMILIES: _("Families")}
    if one_per_household:
        return _lines(choice, _header(), partial(_by_household, titles=titles))
    return _lines(choice, _header(), partial(_one_by_one, titles=titles))


def _header() -> list[str]:
    """In the language of whoever asks: the lines are written after the request has ended."""
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


def _lines(
    choice: LetterChoice,
    header: list[str],
    rows_of: Callable[[QuerySet[ElectoralRegistration]], Iterator[list[str]]],
) -> Iterator[str]:
    writer = csv.writer(_Line(), delimiter=";")
    yield "\ufeff" + writer.writerow(header)  # Excel reads UTF-8 by its mark
    with acting_as("crm_national"):
        lend_hash_key()
        for cells in rows_of(_once_each(choice)):
            yield writer.writerow([neutralised(cell) for cell in cells])


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


class _Line:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        return line
