"""Public pages speak the person's language, as far as it is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from contacts.models import Contact

SPOKEN = {code for code, _name in settings.LANGUAGES}


@contextmanager
def speak_language_of(contact: Contact | None, request: HttpRequest) -> Iterator[None]:
    """The person's language when it is one of ours, else what their browser asks for."""
    known = contact.language if contact is not None and contact.language in SPOKEN else None
    with translation.override(known or translation.get_language_from_request(request)):
        yield
