"""A form on paper: its QR code, and a poster of one page to print and stick up."""

from __future__ import annotations

import io

import segno

from campaign_crm.platform.models import Organisation
from campaign_crm.platform.poster import poster_pdf
from tracking.models import Form

CODE_SCALE, CODE_BORDER = 8, 2  # pixels a module, modules of white around


def qr_svg(address: str) -> bytes:
    """The code of an address as an SVG picture; it is read also when a seventh of it is hidden (level M)."""
    written = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        written, kind="svg", scale=CODE_SCALE, border=CODE_BORDER, xmldecl=False
    )
    return written.getvalue()


def qr_png(address: str) -> bytes:
    written = io.BytesIO()
    segno.make(address, error="m", micro=False).save(written, kind="png", scale=20, border=CODE_BORDER)
    return written.getvalue()


def poster_of(form: Form, *, address: str, language: str) -> bytes:
    """One A4 page: the title, a sentence, the code and the address below it."""
    organisation = Organisation.current()
    content = form.content
    return poster_pdf(
        title=content.say("title", language),
        sentence=content.say("introduction", language).partition("\n")[0],
        picture=qr_png(address),
        address=address.removeprefix("https://").removeprefix("http://"),
        foot=", ".join(
            filter(None, [organisation.legal_name or organisation.name, organisation.postal_address])
        ),
        colour=organisation.primary_colour,
    )
