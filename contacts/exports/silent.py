"""Files of whom to ring, visit or write to wait while people are muted before a vote."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import ngettext

from contacts.errors import ContactsError
from contacts.exports.scopes import people_in
from contacts.models import Export
from contacts.services.letters import check_silence
from contacts.services.silence import count_muted

TO_REACH_PEOPLE = frozenset({Export.Purpose.CALLS, Export.Purpose.DOORS, Export.Purpose.POST})


class FileWaits(ContactsError):
    """Somebody in a file is muted before a vote; the message says how many."""


def check_file(*, kind: str, scope: dict[str, Any], purpose: str) -> None:
    """Raise a ContactsError while the silence holds for anybody who would be reached with a file."""
    if kind == Export.Kind.LETTERS:
        check_silence(scope["letters"])
    elif purpose in TO_REACH_PEOPLE and (muted := count_muted(people_in(scope), timezone.now())):
        told = ngettext(
            "The silence before a vote holds for %(number)s person of this file: lists for calls, doors and "
            "letters wait for the polls to close.",
            "The silence before a vote holds for %(number)s people of this file: lists for calls, doors and "
            "letters wait for the polls to close.",
            muted,
        )
        raise FileWaits(told % {"number": number_format(muted, force_grouping=True)})
