"""Opening the place of a recurring import with its secrets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils.translation import gettext as _

from campaign_crm.platform.crypto import SealBroken, unseal
from contacts.imports.recurring import carddav, folder, sftp
from contacts.imports.recurring.carddav import AddressBook
from contacts.imports.recurring.errors import PlaceProblem
from contacts.imports.recurring.places import FilePlace
from contacts.models import RecurringImport

Place = RecurringImport.Place


@contextmanager
def files_of(recurring: RecurringImport) -> Iterator[FilePlace]:
    """Open a folder or an SFTP drop; raises ImportProblem."""
    if recurring.place == Place.FOLDER:
        with folder.opened(recurring.location) as found:
            yield found
    else:
        with sftp.opened(recurring.location, credentials_of(recurring), recurring.host_key) as drop:
            yield drop


@contextmanager
def cards_of(recurring: RecurringImport) -> Iterator[AddressBook]:
    """Open an address book; raises PlaceProblem."""
    with carddav.opened(recurring.location, credentials_of(recurring)) as book:
        yield book


def credentials_of(recurring: RecurringImport) -> dict[str, Any]:
    try:
        return unseal(recurring.sealed_credentials)
    except SealBroken as broken:
        raise PlaceProblem(
            _("The password cannot be opened with the keys of this installation: type it again.")
        ) from broken


def count_there(recurring: RecurringImport) -> int:
    """How many files or cards the place has: what a test of the connection tells. Raises ImportProblem."""
    if recurring.place == Place.CARDDAV:
        with cards_of(recurring) as book:
            return book.count()
    with files_of(recurring) as place:
        return len(place.offered())
