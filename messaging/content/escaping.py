"""How a value becomes part of a message, one function a context.

Values are data: whatever a person's name holds, it is shown, never obeyed. `{{`, `<b>` or a line break in a
contact's name reach the reader as characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from html import escape as html_escape
from urllib.parse import quote


class ContextKind(StrEnum):
    """Where a template's values land."""

    HTML = "html"
    TEXT = "text"
    HEADER = "header"
    URL = "url"


# Control characters but tab and line feed; they have no place in a message (and NUL none in HTML).
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# In a header: every control character, line and paragraph separators, direction overrides.
_HEADER_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_HEADER_NEVER = re.compile(r"[\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(value: str) -> str:
    """A value without control characters, its lines ended by a line feed: as it is in the text part."""
    if value.isprintable():  # no control character is: asked first, as it costs a tenth of a search
        return value
    if "\r" in value:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", value)


def for_html(value: str) -> str:
    """For HTML text or a quoted attribute."""
    value = plain(value)
    if "&" in value or "<" in value or ">" in value or '"' in value or "'" in value:
        return html_escape(value, quote=True)
    return value


def for_header(value: str) -> str:
    """For one header line: no line break survives, so no header can be added (RFC 5322 §2.2)."""
    return header_slot(value).strip(" ")


def header_slot(value: str) -> str:
    """A value inside a header: as `for_header`, with the author's spaces around it kept."""
    if value.isprintable() and "  " not in value:  # of what is looked for, only a space is printable
        return value
    return _HEADER_SPACE.sub(" ", _HEADER_NEVER.sub("", value))


def for_url(value: str) -> str:
    """For one component of an address (RFC 3986 §2): everything reserved is percent-encoded."""
    return quote(plain(value), safe="")


ESCAPES: dict[ContextKind, Callable[[str], str]] = {
    ContextKind.HTML: for_html,
    ContextKind.TEXT: plain,
    ContextKind.HEADER: header_slot,
    ContextKind.URL: for_url,
}
