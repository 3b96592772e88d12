"""A document as one HTML file of its own: to print, to sign, to hand to the authority."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language

from campaign_crm.platform.models import Organisation
from contacts.registers.documents import parts_of, title_of


def as_file(document: str) -> bytes:
    """The document in the language of the moment."""
    context = {
        "title": title_of(document),
        "parts": parts_of(document),
        "organisation": Organisation.current(),
        "made_at": timezone.now(),
        "language": get_language(),
    }
    return render_to_string("contacts/registers/file.html", context).encode()
