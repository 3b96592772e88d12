"""The consent round: one mailing to everybody that offers local newsletters and targeted messages."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign_crm.platform.models import Organisation, User
from messaging.models import Campaign
from messaging.services.campaigns import create_campaign, set_audience, update_campaign


@transaction.atomic
def prepare_consent_round(*, by: User) -> Campaign:
    """A draft to everybody who can be written to, in the organisation's language; nothing leaves yet."""
    organisation = Organisation.current()
    with override(organisation.default_language):
        name = _("Consent round of %(day)s") % {"day": date_format(timezone.localdate(), "DATE_FORMAT")}
        words: dict[str, Any] = {
            "subject": _("Choose what you receive from us"),
            "preview_text": _("A minute to say what interests you, and what does not."),
            "blocks": _blocks(),
        }
    campaign = create_campaign(by=by, name=name)
    campaign = update_campaign(campaign=campaign, revision=campaign.revision, by=by, **words)
    return set_audience(campaign=campaign, audience={"type": "everyone"}, by=by)


def _blocks() -> list[dict[str, Any]]:
    paragraphs = [
        _("You are free to choose what we write to you about."),
        _(
            "On your page you can subscribe to the newsletter of where you live, and agree – or not – to "
            "messages chosen for you, for instance because of your town. Without your agreement nobody "
            "chooses you by anything that is known of you."
        ),
        _("You change your mind whenever you like, on the same page."),
    ]
    html = "".join(f"<p>{text}</p>" for text in paragraphs)
    return [
        {"id": "title", "type": "heading", "text": _("What would you like to receive?"), "level": "1"},
        {"id": "words", "type": "text", "html": html},
        {
            "id": "choose",
            "type": "button",
            "label": _("I choose what I receive"),
            "url": "{{ preferences_url }}",
        },
    ]
