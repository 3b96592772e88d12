"""Reading what people write for an e-mail address or a phone number."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers import PhoneNumberType

from contacts.enums import Channel
from contacts.errors import ContactsError
from contacts.models.contact_points import PhoneLine

# The same pattern in Python and in PostgreSQL (`normalised ~ EMAIL_PATTERN`): RFC 5321's dot-atom without
# quoted local parts, which no mailbox provider gives, and a domain of at least two labels.
EMAIL_PATTERN = (
    r"^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$"
)
MAX_EMAIL = 254  # RFC 5321 §4.5.3.1.3, without the brackets
MAX_LOCAL_PART = 64  # RFC 5321 §4.5.3.1.1
DEFAULT_REGION = "FR"
OVERSEAS = ("RE", "GP", "MQ", "GF", "PM")  # their numbers begin with 0 too, and are none of mainland France
# The numbers that ARCEP's numbering plan keeps for audiovisual works: nobody has them.
_FICTION = re.compile(r"^\+33(19900|26191|35301|46571|53649|63998)\d{4}$")
_EMAIL = re.compile(EMAIL_PATTERN)
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))

_LINES = {
    PhoneNumberType.MOBILE: PhoneLine.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: PhoneLine.MOBILE,  # North America: one cannot tell
    PhoneNumberType.FIXED_LINE: PhoneLine.FIXED,
    PhoneNumberType.VOIP: PhoneLine.FIXED,
}


class InvalidAddress(ContactsError):
    """The text is no e-mail address or phone number that a message can reach."""


class Phone(NamedTuple):
    """A number in E.164 form and what kind of line it is."""

    e164: str
    line: PhoneLine


def normalise_email(text: str) -> str:
    """Return the address as it is compared: lower case, ASCII domain (IDNA); raises InvalidAddress.

    Understands what address books hold: spaces around, "mailto:", angle brackets, invisible characters.
    """
    cleaned = unicodedata.normalize("NFC", text).translate(_INVISIBLE).strip().lower()
    cleaned = cleaned.removeprefix("mailto:").strip("<> \t")
    local, at, domain = cleaned.rpartition("@")
    try:
        normalised = f"{local}@{_ascii(domain)}" if at else ""
    except UnicodeError:
        normalised = ""
    if len(normalised) > MAX_EMAIL or len(local) > MAX_LOCAL_PART or not _EMAIL.match(normalised):
        raise InvalidAddress(_("“%(text)s” is not an e-mail address.") % {"text": text.strip()[:80]})
    return normalised


def normalise_phone(text: str, region: str = DEFAULT_REGION) -> Phone:
    """Return the number in E.164 form; `region` reads those without an international prefix.

    "0692 12 34 56" is read as people of La Réunion write it. Raises InvalidAddress for what no operator of
    the country could have given; the numbers reserved for fiction are accepted, for demonstrations.
    """
    cleaned = text.translate(_INVISIBLE)
    for where in (region, *(OVERSEAS if region == DEFAULT_REGION else ())):
        try:
            number = phonenumbers.parse(cleaned, where)
        except phonenumbers.NumberParseException as error:
            raise _not_a_number(text) from error
        if number.extension:
            break
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if phonenumbers.is_valid_number(number):
            return Phone(e164, _LINES.get(phonenumbers.number_type(number), PhoneLine.OTHER))
        if _FICTION.match(e164):
            return Phone(e164, PhoneLine.MOBILE if e164.startswith("+336") else PhoneLine.FIXED)
    raise _not_a_number(text)


def normalise_for(channel: Channel, text: str) -> str:
    """Return an address or number as the channel's do-not-contact list hashes it."""
    return normalise_email(text) if channel == Channel.EMAIL else normalise_phone(text).e164


def _ascii(domain: str) -> str:
    return domain if domain.isascii() else domain.encode("idna").decode("ascii")


def _not_a_number(text: str) -> InvalidAddress:
    return InvalidAddress(_("“%(text)s” is not a phone number.") % {"text": text.strip()[:40]})
