"""The messages that somebody asks about, by whatever they have in hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.walls import current_scope
from contacts.merging.redirects import all_numbers, present_id
from contacts.models import Contact, EmailAddress, PhoneNumber, Suppression
from contacts.services.addresses import InvalidAddress, normalise_email, normalise_phone
from messaging.content.marks import occasion_number
from messaging.content.return_keys import ReturnToken, read_return
from messaging.content.tokens import BadToken
from messaging.errors import MessagingError
from messaging.models import Delivery

SHOWN_AT_MOST = 50
NOBODY_YET = 0
SECONDS_TO_SEARCH = 20
# 61 characters of a key in a Message-ID or a return path, whatever surrounds it.
_KEY = re.compile(r"(?<![a-z2-7])[a-z2-7]{61}(?![a-z2-7])", re.IGNORECASE)
_LEDGER_KEY = re.compile(r"(?:(\d{4}-\d{2})(?:-01)?/)?(\d+)/(\d+)(?:/(.{1,64}))?")


class NotFound(MessagingError):
    """What was typed names no message; the message says what to try."""


@dataclass(frozen=True)
class Found:
    """Messages, the newest first; `known` False: the address is nobody's here.

    `suppressions`: what stops messages to that address.
    """

    deliveries: list[Delivery]
    address: str = ""
    known: bool = True
    suppressions: Sequence[Suppression] = ()


def find_messages(typed: str) -> Found:
    """By a Message-ID header, a key of the ledger, an address or number, or a provider's number."""
    typed = typed.strip()
    if not typed:
        raise NotFound(_("Write an address, or the Message-ID of the message."))
    for key in _KEY.findall(typed):
        try:
            return Found(_of_token(read_return(key)))
        except BadToken:
            continue
    if ledger_key := _LEDGER_KEY.fullmatch(typed):
        return Found(_of_ledger_key(*ledger_key.groups()))
    digest, people = _who_has(typed)
    if digest is not None:
        # To an address that is still to be confirmed, a message leaves before anybody is known by it.
        theirs = Q(contact_id__in=all_numbers(people)) | Q(contact_id=NOBODY_YET, address_hash=digest)
        found = _newest(_deliveries().filter(theirs))
        return Found(
            found,
            typed,
            known=bool(people or found),
            suppressions=list(Suppression.objects.in_force().filter(address_hash=digest)),
        )
    return Found(_of_provider(typed))


def messages_of(contact: Contact) -> list[Delivery]:
    """The newest messages of one person."""
    return _newest(_deliveries().filter(contact_id__in=all_numbers([contact.pk])))


def _of_token(token: ReturnToken) -> list[Delivery]:
    rows = _deliveries().filter(ledger_month=token.ledger_month, campaign_id=token.campaign)
    rows = rows.filter(contact_id__in={token.contact, present_id(token.contact)})
    return [row for row in _newest(rows) if occasion_number(row.occasion) == token.occasion]


def _of_ledger_key(month: str | None, campaign: str, contact: str, occasion: str | None) -> list[Delivery]:
    rows = _deliveries().filter(campaign_id=int(campaign))
    rows = rows.filter(contact_id__in={int(contact), present_id(int(contact))})
    if month:
        rows = rows.filter(ledger_month=f"{month}-01")
    if occasion:
        rows = rows.filter(occasion=occasion)
    return _newest(rows)


def _of_provider(number: str) -> list[Delivery]:
    """No index holds these: the search ends after some seconds, and says so."""
    rows = _deliveries().filter(provider_message_id=number.strip("<>"))
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = %s", [f"{SECONDS_TO_SEARCH}s"])
            found = _newest(rows)
            cursor.execute("SET LOCAL statement_timeout = DEFAULT")
            return found
    except OperationalError:
        raise NotFound(
            _("There are too many messages to look for this number. Give the Message-ID or the address.")
        ) from None


def _who_has(typed: str) -> tuple[bytes | None, list[int]]:
    """The keyed hash of an address or number and who has it; None when it is neither."""
    try:
        if "@" in typed:
            normalised = normalise_email(typed)
            points = EmailAddress.objects.filter(normalised=normalised)
            return keyed_hash("email", normalised), _people(points)
        e164 = normalise_phone(typed).e164
        return keyed_hash("phone", e164), _people(PhoneNumber.objects.filter(e164=e164))
    except InvalidAddress:
        return None, []


def _people(points: QuerySet[EmailAddress] | QuerySet[PhoneNumber]) -> list[int]:
    visible = Contact.objects.visible().filter(pk__in=points.values("contact_id"))
    return list(visible.values_list("pk", flat=True)[:SHOWN_AT_MOST])


def _deliveries() -> QuerySet[Delivery]:
    rows = Delivery.objects.select_related("campaign")
    if current_scope() is not None:  # somebody who sees a territory sees the messages of its people
        rows = rows.filter(contact_id__in=Contact.objects.visible().values("pk"))
    return rows


def _newest(rows: QuerySet[Delivery]) -> list[Delivery]:
    return list(rows.order_by("-ledger_month", "-handed_at", "-due_at")[:SHOWN_AT_MOST])
