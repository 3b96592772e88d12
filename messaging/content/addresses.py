"""What the addresses of a message say to the page that answers them: of messages of today, and of older ones.

A message is sealed twice: one token names it to the counting of opens and clicks, as its person or as nobody
(`messaging.content.marks`), and one names its reader to their own pages. What differs from link to link is
the same for everybody and made once a mailing: a code that says the number of the link. Messages that left
earlier have a token for each link and each page; those still open.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache

from django.conf import settings

from messaging.content.marks import PersonalMark
from messaging.content.tokens import (
    BadToken,
    ClickToken,
    MessageToken,
    OpenToken,
    PreferencesToken,
    UnsubscribeToken,
    ViewOnlineToken,
    read_token,
)

HIDDEN_LINK = 0
"""The number of the link that no reader of a message sees: whoever follows it is a robot."""

_CODE = re.compile(r"[A-Za-z0-9_-]{12}")
_TAG_BYTES = 7


def read_hit(text: str) -> OpenToken | ClickToken:
    """What an open (`<token>`) or a click (`<token>/<code>`) says; raises `BadToken`."""
    message, slash, code = text.partition("/")
    token = read_token(message)
    if isinstance(token, MessageToken):
        if slash:
            return ClickToken(token.mark, read_link_code(code, campaign=token.mark.campaign))
        return OpenToken(token.mark)
    if isinstance(token, OpenToken | ClickToken) and not slash:
        return token
    raise BadToken


def read_view_online(text: str) -> PersonalMark:
    """Which delivery is to be shown; raises `BadToken`."""
    token = read_token(text)
    if isinstance(token, UnsubscribeToken):
        month, occasion = token.ledger_month, token.occasion
        return PersonalMark(month, token.campaign, token.contact, occasion, token.variant)
    if isinstance(token, ViewOnlineToken):
        return token.mark
    raise BadToken


def read_preferences(text: str) -> PreferencesToken | UnsubscribeToken:
    """Whose choices are to be shown: `contact`, `channel`, `address_hash`, `campaign`; raises `BadToken`."""
    token = read_token(text)
    if isinstance(token, PreferencesToken | UnsubscribeToken):
        return token
    raise BadToken


def link_code(number: int, *, campaign: int) -> str:
    """12 characters that say the number of a link of a campaign, and cannot be counted on to the next one."""
    return _codes(tuple(settings.LINK_KEYS), campaign, number)[0]


def read_link_code(text: str, *, campaign: int) -> int:
    """The number of a link; raises `BadToken` on a code of another campaign or of nobody."""
    return _number_of(tuple(settings.LINK_KEYS), campaign, text)


@lru_cache(maxsize=20_000)  # of codes that are right alone: a wrong one is looked at in full each time
def _number_of(secrets: tuple[bytes, ...], campaign: int, text: str) -> int:
    if not _CODE.fullmatch(text):
        raise BadToken
    number = int.from_bytes(urlsafe_b64decode(text)[:2], "big")
    given = text.encode("ascii")
    # Every key is compared, so that the answer takes as long whichever it was.
    codes = _codes(secrets, campaign, number)
    if not sum(hmac.compare_digest(given, code.encode("ascii")) for code in codes):
        raise BadToken
    return number


@lru_cache(maxsize=20_000)
def _codes(secrets: tuple[bytes, ...], campaign: int, number: int) -> tuple[str, ...]:
    """The code of a link under each of the keys."""
    body = number.to_bytes(2, "big")
    named = b"campaign-crm link code" + campaign.to_bytes(4, "big") + body
    tags = [hmac.digest(secret, named, hashlib.sha256)[:_TAG_BYTES] for secret in secrets]
    return tuple(urlsafe_b64encode(body + tag).decode("ascii") for tag in tags)
