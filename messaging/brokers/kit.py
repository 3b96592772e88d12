"""The kit of a mailing by a broker: HTML, text, pictures and instructions, without anything about people."""

from __future__ import annotations

import io
import re
import zipfile
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign_crm.platform.models import Organisation
from contacts.rules.silence import MARGIN
from messaging.content.compile import CompiledMessage
from messaging.content.fields import OPEN_PIXEL, example_values
from messaging.content.preview import Preview, render_preview
from messaging.content.recipients import RecipientData, recipient_context
from messaging.models import BrokerMailing, Image
from messaging.services.compiling import custom_field_keys, organisation_data

# What the broker puts its own addresses in place of; they pass through the message as addresses first.
UNSUBSCRIBE, ONLINE = "[[LIEN_DE_DESINSCRIPTION]]", "[[LIEN_VERSION_EN_LIGNE]]"
_STANDS_FOR = {
    "https://lien-de-desinscription.invalid/": UNSUBSCRIBE,
    "https://version-en-ligne.invalid/": ONLINE,
}
_OURS = ("organisation_", "sender_name", "language")
_NO_PICTURE = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


def make_kit(mailing: BrokerMailing) -> bytes:
    """The zip of a mailing that was handed over; always the same message."""
    message = message_of(mailing)
    html, pictures = _with_pictures(message.html)
    sender = mailing.campaign.sender
    with override("fr"):
        instructions = render_to_string(
            "messaging/brokers/instructions.txt",
            {
                "mailing": mailing,
                "organisation": Organisation.current(),
                "sender": sender,
                "subject": message.subject,
                "preheader": message.preheader,
                "unsubscribe": UNSUBSCRIBE,
                "online": ONLINE,
                "leaves_at": timezone.localtime(mailing.leaves_at),
                "margin": int(MARGIN.total_seconds() // 60),
            },
        )
    parts = {
        "LISEZ-MOI.txt": instructions.encode(),
        "objet.txt": f"{message.subject}\n".encode(),
        "expediteur.txt": f"{sender.from_name} <{sender.address}>\nRéponses : {sender.reply_to}\n".encode()
        if sender
        else b"",
        "message.html": html.encode(),
        "message.txt": message.text.encode(),
        **pictures,
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return written.getvalue()


def message_of(mailing: BrokerMailing) -> Preview:
    """The message as handed over, as somebody of whom nothing is known reads it."""
    compiled = CompiledMessage.from_json(mailing.compiled or {})
    organisation = Organisation.current()
    language = organisation.default_language
    campaign = mailing.campaign
    words = organisation_data(organisation, sender_name=campaign.sender.from_name if campaign.sender else "")
    own = recipient_context(RecipientData(language=language), words)
    context = example_values(links=compiled.last_link, extra=custom_field_keys(), known=False)
    context |= {name: own[name] for name in own if name.startswith(_OURS)}
    unsubscribe, online = _STANDS_FOR
    with override(language):
        context |= {
            OPEN_PIXEL: _NO_PICTURE,
            "unsubscribe_url": unsubscribe,
            "preferences_url": unsubscribe,
            "view_online_url": online,
            "origin_sentence": _("We write to you because %(origin)s.")
            % {"origin": mailing.origin_text.strip().rstrip(".")},
            "information_notice": _notice(mailing, organisation),
        }
    shown = render_preview(compiled, dict.fromkeys(compiled.fields) | context)
    return Preview(
        subject=shown.subject,
        preheader=shown.preheader,
        html=_put_in_place(shown.html),
        text=_put_in_place(shown.text),
    )


def _notice(mailing: BrokerMailing, organisation: Organisation) -> str:
    who = organisation.legal_name or organisation.name
    parts = [
        _("%(broker)s sends this message for %(who)s, to whom your address was not given.")
        % {"broker": mailing.broker, "who": who},
        _(
            "You can see your data, have it corrected or erased, and object to these messages at any time and"
            " without giving a reason."
        ),
    ]
    contact = organisation.dpo_contact or organisation.contact_email
    if contact:
        parts.append(_("To do so, write to %(contact)s.") % {"contact": contact})
    parts.append(_("You can also complain to the CNIL (www.cnil.fr)."))
    return " ".join(parts)


def _put_in_place(text: str) -> str:
    for address, placeholder in _STANDS_FOR.items():
        text = text.replace(address, placeholder)
    return text


def _with_pictures(html: str) -> tuple[str, dict[str, bytes]]:
    """The message with its library pictures beside it instead of on our server."""
    found: dict[str, bytes] = {}
    pattern = re.compile(re.escape(settings.PUBLIC_URL) + r"/i/([0-9a-f-]{36})\.([a-z]+)")

    def beside(match: re.Match[str]) -> str:
        image = Image.objects.filter(key=UUID(match[1])).first()
        if image is None:
            return match[0]
        name = f"images/{match[1]}.{match[2]}"
        with image.file.open("rb") as file:
            found[name] = file.read()
        return name

    return pattern.sub(beside, html), found
