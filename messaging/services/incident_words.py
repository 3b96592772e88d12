"""Telling people of a breach of their data: a draft to those whom it concerns, as a service message."""

from __future__ import annotations

from html import escape
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign_crm.platform.models import Organisation, User
from contacts.enums import MessageKind
from contacts.models import Incident
from contacts.registers.notices import to_people
from messaging.models import Campaign
from messaging.services.campaigns import create_campaign, set_audience


@transaction.atomic
def prepare_incident_mailing(*, incident: Incident, by: User) -> Campaign:
    """A draft in the organisation's language; nothing leaves yet. Raises NotAllowed."""
    language = Organisation.current().default_language
    with override(language):
        name = _("Incident %(number)s: telling people") % {"number": incident.pk}
        subject = _("About your data: an incident")
    paragraphs = to_people(incident, language).split("\n\n")
    blocks: list[dict[str, Any]] = [
        {"id": "title", "type": "heading", "text": subject, "level": "1"},
        {"id": "words", "type": "text", "html": "".join(f"<p>{escape(text)}</p>" for text in paragraphs)},
    ]
    campaign = create_campaign(
        by=by, name=name, kind=MessageKind.SERVICE, subject=subject, blocks=blocks, tracking=False
    )
    audience = {"type": "incident", "id": incident.pk}
    return set_audience(campaign=campaign, audience=audience, kind=MessageKind.SERVICE, by=by)
