"""Service messages: confirmations, tickets, answers. They go through the same ledger, in a lane of their own.

Each kind has a standing campaign a month and form of message; the words of one message are values of its
delivery, so that any number of texts needs one compiled campaign. The occasion (a submission, an RSVP) is
part of the key: asked twice for the same occasion, one message leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.database import ensure_partition
from campaign_crm.platform.jobs import tick
from campaign_crm.platform.models import Organisation
from contacts.enums import Channel, MessageKind
from contacts.models import Contact
from contacts.services.addresses import normalise_email
from messaging.content.attachments import ATTACHED
from messaging.content.brand import Brand
from messaging.content.compile import CompiledMessage, compile_message
from messaging.dispatch.ways_out import service_sender
from messaging.enums import CampaignState, DeliveryState
from messaging.models import Campaign, Delivery
from messaging.services.compiling import brand_of

NOBODY = 0
"""The contact of a message to an address that is no person's yet."""

MAX_PARAGRAPHS = 9
PATIENCE = timedelta(days=3)  # after the end of its month, for what came at its end
LANGUAGES = ("fr", "en")


@transaction.atomic
def send_service_message(
    *,
    standing_for: str,
    occasion: str,
    subject: str,
    paragraphs: Sequence[str],
    contact: Contact | None = None,
    address: str = "",
    button: tuple[str, str] | None = None,
    closing: str = "",
    language: str = "",
    attached: str = "",
) -> Delivery:
    """Send one message to a person, or to an address; asked again for the same occasion, nothing more leaves.

    `standing_for` names the kind ("confirmation"); `occasion` its cause, at most 64 characters. Texts are
    plain; `button` is its words and where it leads. `address`: the person's main one if empty. `language`:
    of the footer (the active one if empty). `attached`: the name of files that go with it, as
    `messaging.content.attachments` makes them. Raises InvalidAddress, or ValueError without any address.
    """
    if not 0 < len(paragraphs) <= MAX_PARAGRAPHS:
        raise ValueError(f"A service message has 1 to {MAX_PARAGRAPHS} paragraphs.")
    written = address or main_address(contact)
    language = supported_language(language)
    campaign = _standing_campaign(
        standing_for, language, paragraphs=len(paragraphs), button=button is not None, closing=bool(closing)
    )
    context = {"subject": subject} | {f"p{number}": text for number, text in enumerate(paragraphs, start=1)}
    if closing:
        context["closing"] = closing
    if button is not None:
        context["button"], context["action_url"] = button
    if attached:
        context[ATTACHED] = attached
    return _queue(campaign, contact, written, occasion, context, language)


def add_to_ledger(
    *,
    campaign: Campaign,
    contact_id: int,
    address: str,
    occasion: str,
    language: str,
    context: dict[str, Any] | None = None,
    source_id: int | None = None,
) -> Delivery:
    """Queue one delivery of a standing campaign, once an occasion; the workers are woken on commit."""
    delivery, created = Delivery.objects.get_or_create(
        ledger_month=campaign.ledger_month,
        campaign_id=campaign.pk,
        contact_id=contact_id,
        occasion=occasion,
        defaults={
            "state": DeliveryState.QUEUED,
            "address": address,
            "address_hash": keyed_hash("email", normalise_email(address)),
            "language": language,
            "context": context,
            "source_id": source_id,
        },
    )
    if created:
        transaction.on_commit(_wake)
    return delivery


def standing_campaign(*, key: str, name: str, compile_content: Any, **fields: Any) -> Campaign:
    """This month's standing campaign of `key`, made on first use.

    Its content is compiled anew when the organisation's look or our words have changed. The campaign stays:
    an occasion that was written to is not written to again because of a new logo.
    """
    month = timezone.localdate().replace(day=1)
    found = Campaign.objects.filter(standing_for=key, ledger_month=month).first()
    compiled: CompiledMessage = compile_content()
    if found is None:
        ensure_partition("messaging_delivery", month.isoformat())
        found, _created = Campaign.objects.get_or_create(
            standing_for=key,
            ledger_month=month,
            defaults={
                "name": name,
                "kind": MessageKind.SERVICE,
                "state": CampaignState.SENDING,
                "sender": service_sender(),
                "tracking": False,
                "compiled": compiled.as_json(),
                "frozen_at": timezone.now(),
                "started_at": timezone.now(),
                "send_until": last_moment(month),
                **fields,
            },
        )
    if (found.compiled or {}).get("version") != compiled.version:
        found.compiled, found.frozen_at = compiled.as_json(), timezone.now()
        found.save(update_fields=["compiled", "frozen_at"])
    if found.sender_id is None:  # made before anybody had set up a sender
        found.sender = service_sender()
        if found.sender is not None:
            found.save(update_fields=["sender"])
    return found


def last_moment(month: date) -> datetime:
    """What could not leave some days after its month is answered by nobody any more."""
    following = (month + timedelta(days=32)).replace(day=1)
    return timezone.make_aware(datetime.combine(following, time())) + PATIENCE


def _standing_campaign(
    standing_for: str, language: str, *, paragraphs: int, button: bool, closing: bool
) -> Campaign:
    shape = f"{paragraphs}{'b' if button else ''}{'c' if closing else ''}"
    return standing_campaign(
        key=f"{standing_for}:{language}:{shape}"[:64],
        name=_("Service messages: %(kind)s") % {"kind": standing_for},
        compile_content=lambda: compile_words(
            language, brand_of(Organisation.current()), paragraphs=paragraphs, button=button, closing=closing
        ),
    )


@lru_cache(maxsize=64)
def compile_words(
    language: str, brand: Brand, *, paragraphs: int, button: bool = False, closing: bool = False
) -> CompiledMessage:
    """The form of a message whose words are its delivery's values."""
    names = [f"p{number}" for number in range(1, paragraphs + 1)]
    blocks = [_text(name) for name in names]
    if button:
        blocks.append(
            {"id": "button", "type": "button", "label": "{{ extra_button }}", "url": "{{ action_url }}"}
        )
        names.append("button")
    if closing:
        blocks.append(_text("closing"))
        names.append("closing")
    return compile_message(
        blocks,
        subject="{{ extra_subject }}",
        brand=brand,
        languages=(language,),
        extra=("subject", *names),
        tracking=False,
    )


def _text(name: str) -> dict[str, str]:
    return {"id": name, "type": "text", "html": f"<p>{{{{ extra_{name} }}}}</p>"}


def _queue(
    campaign: Campaign,
    contact: Contact | None,
    address: str,
    occasion: str,
    context: dict[str, Any],
    language: str,
) -> Delivery:
    return add_to_ledger(
        campaign=campaign,
        contact_id=contact.pk if contact is not None else NOBODY,
        address=address,
        occasion=occasion,
        language=language,
        context=context,
    )


def main_address(contact: Contact | None) -> str:
    """Where service messages to a person go; raises ValueError for nobody, or without any address."""
    reach = contact.reach.filter(channel=Channel.EMAIL, service=True).first() if contact is not None else None
    point = None
    if contact is not None and reach is not None and reach.point_id is not None:
        point = contact.emailaddress_set.filter(pk=reach.point_id).first()
    if point is None:
        raise ValueError("A service message needs an address, or a person who has one.")
    address: str = point.address
    return address


def supported_language(language: str) -> str:
    """The language of our words for somebody; the active one if none is given."""
    asked = language or (translation.get_language() or settings.LANGUAGE_CODE)
    return asked[:2] if asked[:2] in LANGUAGES else LANGUAGES[0]


def _wake() -> None:
    from messaging.tasks import SERVICE_SHARD, pump  # tasks import dispatch, which imports services

    tick(pump.si(SERVICE_SHARD))
