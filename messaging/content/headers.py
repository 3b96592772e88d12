"""Header fields as bytes on the wire: encoded words, addresses, dates.

Every value is one line before it is encoded (`for_header`), so none can begin another header.
"""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from django.utils.translation import gettext as _

from messaging.content.escaping import for_header
from messaging.errors import MessagingError

_LINE = 76  # of a line that holds encoded words (RFC 2047 §2)
_WORD_PAYLOAD = 63  # 75 less =?utf-8?q? and ?=
_PLAIN = re.compile(r"[ -~]*")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_Q_SAFE = re.compile(r"[A-Za-z0-9!*+/-]")  # the set of a phrase (RFC 2047 §5 (3)), narrow enough anywhere
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
LONGEST_NAME = 200
MESSAGE_ID = re.compile(r"<[!-;=?-~]{3,248}>")  # printable ASCII: one header line holds it as it is


class BadAddress(MessagingError):
    """An address that no message can be written to; nothing will change by trying again."""

    permanent = True


def unstructured(name: str, value: str) -> bytes:
    """A header of free text, such as Subject, folded and encoded as needed."""
    value = for_header(value)
    if _PLAIN.fullmatch(value) and len(name) + 2 + len(value) <= _LINE and "=?" not in value:
        return f"{name}: {value}\r\n".encode("ascii")
    return f"{name}: {encoded_words(value, used=len(name) + 2)}\r\n".encode("ascii")


def mailbox(header: str, address: str, name: str = "") -> bytes:
    """A header of one address, its name encoded as needed; raises `BadAddress`."""
    address = checked_address(address)
    name = for_header(name)[:LONGEST_NAME]
    if not name:
        return f"{header}: {address}\r\n".encode("ascii")
    phrase = _phrase(name, used=len(header) + 2)
    last_line = len(phrase) - phrase.rfind("\n") - 1 + (0 if "\n" in phrase else len(header) + 2)
    separator = "\r\n " if last_line + len(address) + 3 > _LINE else " "
    return f"{header}: {phrase}{separator}<{address}>\r\n".encode("ascii")


def thread_fields(message_id: str) -> list[bytes]:
    """The fields by which mail programs put an answer below the message that it answers (RFC 5322 §3.6.4).

    Never encoded nor cut: an identifier is compared letter by letter. Raises ValueError on any other text.
    """
    if not MESSAGE_ID.fullmatch(message_id):
        raise ValueError("A message is named by its identifier between < and >.")
    return [f"{name}: {message_id}\r\n".encode("ascii") for name in ("In-Reply-To", "References")]


def checked_address(address: str) -> str:
    """The address in ASCII, its domain in the form of RFC 5890; raises `BadAddress`.

    Quoted local parts and non-ASCII ones (RFC 6531) are refused: few servers take them.
    """
    local, at, domain = address.rpartition("@")
    domain = _ascii_domain(domain)
    if not at or not domain or not _LOCAL_PART.fullmatch(local) or len(address) > 254:
        raise BadAddress(_("This is not an e-mail address that a message can be sent to."))
    return f"{local}@{domain}"


@lru_cache(maxsize=4096)
def _ascii_domain(domain: str) -> str:
    """The domain in ASCII; empty when it cannot be one. Kept: most people share few domains."""
    try:
        found = domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return found if _DOMAIN.fullmatch(found) else ""


@lru_cache(maxsize=64)
def date_line(moment: datetime) -> bytes:
    """The Date header of a moment with its time zone, to the second."""
    return f"Date: {format_datetime(moment)}\r\n".encode("ascii")


def _phrase(name: str, *, used: int) -> str:
    if _PLAIN.fullmatch(name) and len(name) <= 60 and "=?" not in name:
        if _ATOMS.fullmatch(name):
            return name
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return encoded_words(name, used=used)


def encoded_words(value: str, *, used: int) -> str:
    """RFC 2047 encoded words, folded; `used`: characters already on the first line."""
    quoted = [_quoted(char) for char in value]
    in_base64 = sum(map(len, quoted)) > 4 * (len(value.encode()) + 2) // 3
    first_room = min(_WORD_PAYLOAD, _LINE - used - 12)
    if not in_base64:
        words = _packed(quoted, first_room, _WORD_PAYLOAD)
        return "\r\n ".join(f"=?utf-8?q?{word}?=" for word in words)
    words = _packed(list(value), first_room // 4 * 3, _WORD_PAYLOAD // 4 * 3)
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word.encode()).decode('ascii')}?=" for word in words)


def _packed(pieces: list[str], first_room: int, room: int) -> list[str]:
    """Join pieces, never cutting one, into words of at most `room` bytes (the first: `first_room`)."""
    words, word, left = [], "", first_room
    for piece in pieces:
        size = len(piece.encode())
        if size > left:
            words.append(word)
            word, left = "", room
        word += piece
        left -= size
    words.append(word)
    return words


@lru_cache(maxsize=4096)
def _quoted(char: str) -> str:
    if char == " ":
        return "_"
    if _Q_SAFE.fullmatch(char):
        return char
    return "".join(f"={byte:02X}" for byte in char.encode())
