"""What stops a look at a place. Each message says what is wrong and what to do."""

from __future__ import annotations

from contacts.imports.errors import ImportProblem


class PlaceProblem(ImportProblem):
    """The place cannot be read now; the next look may find it well."""


class UnknownHostKey(PlaceProblem):
    """Nobody confirmed yet that this is the right server, or it shows another key than the confirmed one."""

    def __init__(self, message: str, *, shown: str) -> None:
        super().__init__(message)
        self.shown = shown
        """The key that the server shows, in OpenSSH's form."""
