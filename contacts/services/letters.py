"""The file of addresses for letters to electors: an export, with its reason in the audit trail."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce, Concat, NullIf
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
from contacts.services.post_keys import first_forename

ROWS_AT_A_TIME = 2_000
FAMILY = "family"  # beside the sexes: whom a letter to several people is addressed to
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

    `one_per_household`: electors of one last name at one address get one letter, addressed to the family.

    The lines are read from the database as they are asked for, in a transaction of their own: a million never
    stand in memory, and the audit entry is there before the first of them leaves.
    """
    if not reason.strip():
        raise ExportRefused(_("Write what the letters are for: the reason is kept in the journal."))
    audit.record(
        action="electors.export",
        on=choice.place,
        by=by,
        detail=choice.as_detail() | {"one_per_household": one_per_household},
        reason=reason.strip(),
    )
    titles = {"F": _("Ms"), "M": _("Mr"), FAMILY: _("Family")}
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
        for cells in rows_of(without_objections(choice.electors())):
            yield writer.writerow([neutralised(cell) for cell in cells])


def _one_by_one(chosen: QuerySet[ElectoralRegistration], *, titles: dict[str, str]) -> Iterator[list[str]]:
    in_order = chosen.order_by("commune", "polling_station", "pk")
    for row in in_order.values_list(*FIELDS).iterator(chunk_size=ROWS_AT_A_TIME):
        yield _letter(row, titles)


def _by_household(chosen: QuerySet[ElectoralRegistration], *, titles: dict[str, str]) -> Iterator[list[str]]:
    """One letter for those who follow each other with one name and one address: sorted so, they do."""
    where = Concat("street", Value(" "), "locality", Value(" "), "postcode", Value(" "), "city")
    in_order = chosen.annotate(
        home=Fold(where), name=Fold(Coalesce(NullIf("used_name", Value("")), "birth_name"))
    ).order_by("commune", "home", "name", "polling_station", "pk")
    rows = in_order.values_list("commune", "home", "name", *FIELDS).iterator(chunk_size=ROWS_AT_A_TIME)
    for _household, group in groupby(rows, key=itemgetter(0, 1, 2)):
        members = [row[3:] for row in group]
        several = len({first_forename(first_names) for _sex, first_names, *_rest in members}) > 1
        first = members[0]  # of one person who stands on two lists, too
        yield _letter((FAMILY, "", *first[2:]) if several else first, titles)


def _letter(row: Sequence[Any], titles: dict[str, str]) -> list[str]:
    gender, first_names, birth_name, used_name, *rest = row
    return [titles.get(gender, ""), first_forename(first_names), used_name or birth_name, *rest]


class _Line:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        return line
