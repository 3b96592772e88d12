"""Why a file of people does not leave."""

from __future__ import annotations

from contacts.errors import ContactsError


class ExportRefused(ContactsError):
    """Why a file does not leave; the message is for whoever asked."""
