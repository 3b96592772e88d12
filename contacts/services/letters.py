"""The file of addresses for letters to electors: an export, with its reason in the audit trail."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from campaign_crm.platform import audit
from campaign_crm.platform.database import acting_as, lend_hash_key
from campaign_crm.platform.models import User
from campaign_crm.platform.spreadsheets import neutralised
from contacts.errors import ContactsError
from contacts.letters import LetterChoice, without_objections
from contacts.services.post_keys import first_forename

ROWS_AT_A_TIME = 2_000
FIELDS = (
    *("gender", "first_names", "birth_name", "used_name", "complement", "street", "locality"),
    *("postcode", "city", "country", "polling_station__name"),
)


class ExportRefused(ContactsError):
    """No file leaves without its reason."""


@transaction.atomic
def export_letters(*, choice: LetterChoice, reason: str, by: User) -> Iterator[str]:
    """Record the export, and return the lines of the file: `;` between cells, the header first.

    The lines are read from the database as they are asked for, in a transaction of their own: a million never
    stand in memory, and the audit entry is there before the first of them leaves.
    """
    if not reason.strip():
        raise ExportRefused(_("Write what the letters are for: the reason is kept in the journal."))
    audit.record(
        action="electors.export",
        on=choice.place,
        by=by,
        detail=choice.as_detail(),
        reason=reason.strip(),
    )
    return _lines(choice, _header(), {"F": _("Ms"), "M": _("Mr")})


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


def _lines(choice: LetterChoice, header: list[str], titles: dict[str, str]) -> Iterator[str]:
    writer = csv.writer(_Line(), delimiter=";")
    yield "\ufeff" + writer.writerow(header)  # Excel reads UTF-8 by its mark
    with acting_as("crm_national"):
        lend_hash_key()
        chosen = without_objections(choice.electors()).order_by("commune", "polling_station", "pk")
        for row in chosen.values_list(*FIELDS).iterator(chunk_size=ROWS_AT_A_TIME):
            gender, first_names, birth_name, used_name, *rest = row
            cells = [titles.get(gender, ""), first_forename(first_names), used_name or birth_name, *rest]
            yield writer.writerow([neutralised(cell) for cell in cells])


class _Line:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        return line
