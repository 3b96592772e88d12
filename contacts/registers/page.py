"""A document as one HTML file of its own: to print, to sign, to hand to the authority."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from campaign_crm.platform.models import Organisation
from contacts.registers.documents import parts_of, title_of

# It is opened from a disk, where nothing of ours can be loaded.
STYLE = SafeString(
    "body{font:15px/1.5 sans-serif;max-width:46em;margin:2em auto;padding:0 1em;color:#1a1f27}"
    "h1{font-size:1.6em}h2{font-size:1.15em;margin-top:1.6em;border-bottom:1px solid #ccc}"
    ".note{border-left:3px solid #999;padding-left:.8em}"
    "@media print{body{margin:0;max-width:none}h2{break-after:avoid}}"
)


def as_file(document: str) -> bytes:
    """The document in the language of the moment."""
    context = {
        "title": title_of(document),
        "parts": parts_of(document),
        "organisation": Organisation.current(),
        "made_at": timezone.now(),
        "language": get_language(),
        "style": format_html("<style>{}</style>", STYLE),
    }
    return render_to_string("contacts/registers/file.html", context).encode()
