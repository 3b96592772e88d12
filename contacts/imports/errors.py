"""What stops an import before anything is written. Each message says what is wrong and what to do."""

from __future__ import annotations

from contacts.errors import ContactsError


class ImportProblem(ContactsError):
    """The import cannot go on; the message is for the person who started it."""


class UnreadableFile(ImportProblem):
    """The file is empty, no table, cut short, or in another encoding than it claims."""


class NoRows(UnreadableFile):
    """The file is empty, or has a header and nothing below it."""


class NotNow(UnreadableFile):
    """A limit of this server stopped the reading, not what the file holds: it is kept for another try."""


class DiskFull(ImportProblem):
    """The server's disk has no room; what has arrived of a file is kept."""


class WrongColumns(ImportProblem):
    """The columns do not hold what this kind of file needs."""


class WrongState(ImportProblem):
    """The import is not at the step that was asked for."""
