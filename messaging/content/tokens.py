"""Signed tokens of public links: opaque, one length a kind, and never an address inside.

The mark of a message has one format and two regimes (`messaging.content.marks`), alike from outside. Reading
answers with a typed value or raises `BadToken`. Keep retired keys in `LINK_KEYS`: they still verify, and an
unsubscribe link must work years later, with its delivery and campaign gone.
"""

from __future__ import annotations

import re
import struct
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from messaging.content.keyring import BadToken as BadToken
from messaging.content.keyring import Kind, link_keys
from messaging.content.marks import (
    HEAD_BYTES,
    minute_number,
    minute_of,
    month_number,
    month_of,
    read_mark,
)
from messaging.content.marks import AnonymousMark as AnonymousMark
from messaging.content.marks import Mark as Mark
from messaging.content.marks import PersonalMark as PersonalMark

TESTS = bytes(32)
"""In place of the address hash in the links of a test message: no address has it, and they change nothing."""

CHANNELS = ("email", "sms", "call", "post")  # by place, in tokens that live for years: only ever append
_TEXT = re.compile(r"[A-Za-z0-9_-]+")
# channel, variant, month, day of signing, campaign, contact, newsletter, occasion, address hash
_UNSUBSCRIBE = struct.Struct(">BBHHIQIQ32s")
_CONFIRM = struct.Struct(">x16sI32s")  # submission, minute, address hash
_PREFERENCES = struct.Struct(">xBQII32s")  # channel, contact, campaign, minute, address hash
_REQUEST = struct.Struct(">QI32s")  # request, test mailbox or registration; minute, address hash
_FORM = struct.Struct(">QQI")  # form, contact, minute
_NOTICE = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class MessageToken:
    """One message to the counting of its opens and clicks (`messaging.content.addresses`)."""

    mark: Mark


@dataclass(frozen=True, slots=True)
class OpenToken:
    """Of messages that left with a token for each link; now what a `MessageToken` in a pixel says."""

    mark: Mark


@dataclass(frozen=True, slots=True)
class ClickToken:
    """The same of a click. `link` is the number of a `messaging.Link` of the campaign, from 1."""

    mark: Mark
    link: int


@dataclass(frozen=True, slots=True)
class ViewOnlineToken:
    """Of messages that left with a token for each page."""

    mark: PersonalMark


@dataclass(frozen=True, slots=True)
class UnsubscribeToken:
    """All that an opt-out needs by itself, and the reader's other pages: the message online, the choices.

    `address_hash` is the 32-byte keyed hash of the do-not-contact list; `newsletter` is 0 when the message
    was not one newsletter's; `occasion` is `occasion_number(…)`.
    """

    channel: str
    address_hash: bytes
    contact: int
    campaign: int
    ledger_month: date
    signed_on: date
    newsletter: int = 0
    occasion: int = 0
    variant: int = 0


@dataclass(frozen=True, slots=True)
class ConfirmToken:
    """Double opt-in of one submission; the reader decides how old `signed_at` (UTC) may be."""

    submission: uuid.UUID
    address_hash: bytes
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class PreferencesToken:
    """The way to one person's choices, of messages that left with a token for each page."""

    channel: str
    contact: int
    address_hash: bytes
    signed_at: datetime
    campaign: int = 0


@dataclass(frozen=True, slots=True)
class RequestToken:
    """The way to what a person asked of their data; the reader decides how old `signed_at` (UTC) may be."""

    request: int
    address_hash: bytes
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class SeedToken:
    """Where whoever reads a test mailbox agrees to tests of mailings, or ends them."""

    mailbox: int
    address_hash: bytes
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class FormToken:
    """A form filled in beforehand with what is known of one person; the reader decides how old it may be."""

    form: int
    contact: int
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class RsvpToken:
    """The way to one's registration for an event; the reader decides how long it opens anything."""

    rsvp: int
    address_hash: bytes
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class NoticeToken:
    """The transparency notice of a targeted mailing: the same for all its readers."""

    campaign: int


Token = (
    MessageToken
    | OpenToken
    | ClickToken
    | ViewOnlineToken
    | UnsubscribeToken
    | ConfirmToken
    | PreferencesToken
    | RequestToken
    | NoticeToken
    | SeedToken
    | FormToken
    | RsvpToken
)


def sign_message(mark: Mark) -> str:
    """60 characters."""
    return _text(Kind.MESSAGE, mark.head() + b"\0\0")


def sign_unsubscribe(token: UnsubscribeToken) -> str:
    """108 characters."""
    return _text(
        Kind.UNSUBSCRIBE,
        _UNSUBSCRIBE.pack(
            CHANNELS.index(token.channel),
            token.variant,
            month_number(token.ledger_month),
            token.signed_on.toordinal() - _DAY_ONE,
            token.campaign,
            token.contact,
            token.newsletter,
            token.occasion,
            _checked(token.address_hash),
        ),
    )


def sign_confirm(token: ConfirmToken) -> str:
    """96 characters."""
    body = _CONFIRM.pack(token.submission.bytes, minute_number(token.signed_at), _checked(token.address_hash))
    return _text(Kind.CONFIRM, body)


def sign_request(token: RequestToken) -> str:
    """84 characters."""
    body = _REQUEST.pack(token.request, minute_number(token.signed_at), _checked(token.address_hash))
    return _text(Kind.REQUEST, body)


def sign_seed(token: SeedToken) -> str:
    """84 characters."""
    body = _REQUEST.pack(token.mailbox, minute_number(token.signed_at), _checked(token.address_hash))
    return _text(Kind.SEED, body)


def sign_form(token: FormToken) -> str:
    """52 characters."""
    return _text(Kind.FORM, _FORM.pack(token.form, token.contact, minute_number(token.signed_at)))


def sign_rsvp(token: RsvpToken) -> str:
    """84 characters."""
    body = _REQUEST.pack(token.rsvp, minute_number(token.signed_at), _checked(token.address_hash))
    return _text(Kind.RSVP, body)


def sign_notice(token: NoticeToken) -> str:
    """36 characters."""
    return _text(Kind.NOTICE, _NOTICE.pack(token.campaign))


def read_token(text: str) -> Token:
    """Open any token of a public address; raises `BadToken`, the same for every fault."""
    if len(text) % 4 or len(text) > 120 or not _TEXT.fullmatch(text):
        raise BadToken
    kind, body = link_keys().open(urlsafe_b64decode(text))
    try:
        return _READERS[kind](body)
    except (KeyError, ValueError, IndexError, OverflowError, struct.error):
        raise BadToken from None


_DAY_ONE = date(2020, 1, 1).toordinal()


def _text(kind: Kind, body: bytes) -> str:
    return urlsafe_b64encode(link_keys().seal(kind, body)).decode("ascii")


def _checked(address_hash: bytes) -> bytes:
    if len(address_hash) != 32:
        raise ValueError(f"An address hash is 32 bytes, not {len(address_hash)}.")
    return address_hash


def _read_message(body: bytes) -> MessageToken:
    return MessageToken(read_mark(body[:HEAD_BYTES]))


def _read_open(body: bytes) -> OpenToken:
    return OpenToken(read_mark(body[:HEAD_BYTES]))


def _read_click(body: bytes) -> ClickToken:
    return ClickToken(read_mark(body[:HEAD_BYTES]), int.from_bytes(body[HEAD_BYTES:], "big"))


def _read_view_online(body: bytes) -> ViewOnlineToken:
    mark = read_mark(body[:HEAD_BYTES])
    if not isinstance(mark, PersonalMark):
        raise BadToken
    return ViewOnlineToken(mark)


def _read_unsubscribe(body: bytes) -> UnsubscribeToken:
    channel, variant, month, day, campaign, contact, newsletter, occasion, address_hash = _UNSUBSCRIBE.unpack(
        body
    )
    return UnsubscribeToken(
        channel=CHANNELS[channel],
        address_hash=address_hash,
        contact=contact,
        campaign=campaign,
        ledger_month=month_of(month),
        signed_on=date.fromordinal(_DAY_ONE + day),
        newsletter=newsletter,
        occasion=occasion,
        variant=variant,
    )


def _read_confirm(body: bytes) -> ConfirmToken:
    submission, minute, address_hash = _CONFIRM.unpack(body)
    return ConfirmToken(uuid.UUID(bytes=submission), address_hash, minute_of(minute))


def _read_preferences(body: bytes) -> PreferencesToken:
    channel, contact, campaign, minute, address_hash = _PREFERENCES.unpack(body)
    return PreferencesToken(CHANNELS[channel], contact, address_hash, minute_of(minute), campaign)


def _read_request(body: bytes) -> RequestToken:
    request, minute, address_hash = _REQUEST.unpack(body)
    return RequestToken(request, address_hash, minute_of(minute))


def _read_seed(body: bytes) -> SeedToken:
    mailbox, minute, address_hash = _REQUEST.unpack(body)
    return SeedToken(mailbox, address_hash, minute_of(minute))


def _read_form(body: bytes) -> FormToken:
    form, contact, minute = _FORM.unpack(body)
    return FormToken(form, contact, minute_of(minute))


def _read_rsvp(body: bytes) -> RsvpToken:
    rsvp, minute, address_hash = _REQUEST.unpack(body)
    return RsvpToken(rsvp, address_hash, minute_of(minute))


def _read_notice(body: bytes) -> NoticeToken:
    return NoticeToken(*_NOTICE.unpack(body))


_READERS: dict[int, Callable[[bytes], Token]] = {
    Kind.MESSAGE: _read_message,
    Kind.OPEN: _read_open,
    Kind.CLICK: _read_click,
    Kind.VIEW_ONLINE: _read_view_online,
    Kind.UNSUBSCRIBE: _read_unsubscribe,
    Kind.CONFIRM: _read_confirm,
    Kind.PREFERENCES: _read_preferences,
    Kind.REQUEST: _read_request,
    Kind.NOTICE: _read_notice,
    Kind.SEED: _read_seed,
    Kind.FORM: _read_form,
    Kind.RSVP: _read_rsvp,
}
