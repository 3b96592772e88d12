"""Rich text: sanitised by an allow-list, then written as e-mail HTML and as plain text.

The allow-list is paragraphs, line breaks, bold, italic, links and lists. Everything else disappears before
the text enters a message, its attributes too (`nh3`, the ammonia library).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from html.parser import HTMLParser

import nh3
from django.utils.translation import gettext as _

from messaging.content.escaping import plain
from messaging.content.syntax import LIQUID, has_liquid

_TAGS = {"p", "br", "b", "strong", "i", "em", "a", "ul", "ol", "li"}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes={"a": {"href"}},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel=None,
    clean_content_tags={"script", "style"},
)
_DIVISION = re.compile(r"<(/?)div\b[^>]*>", re.IGNORECASE)  # what some editors write for a paragraph
_SPACES = re.compile(r"[ \t\n\r\f]+")
_BLANK_LINES = re.compile(r"\n{3,}")
DEEPEST = 30  # elements inside each other; the compilers of HTML recurse
_LIQUID_TAG = re.compile(r"\{%-?\s*(\w+)")
_OPENING = frozenset({"if", "unless", "case", "for", "comment"})
_MIDDLE = frozenset({"else", "elsif", "when"})

LinkWriter = Callable[[str, str], str]
Mask = Callable[[str], str]


def clean_html(html: str) -> str:
    """The allowed part of some HTML, well formed; idempotent."""
    return _CLEANER.clean(_DIVISION.sub(r"<\1p>", plain(html))).strip()


class RichText(HTMLParser):
    """Reads clean HTML once and writes both parts of it.

    `link(href, label)` gives the Liquid or literal address to write; `mask(fragment)` hides a piece of final
    HTML from the MJML compiler. After `RichText.read(…)`: `html`, `text`, `faults`, `addresses`.
    """

    def __init__(self, *, link: LinkWriter | None = None, mask: Mask | None = None) -> None:
        super().__init__(convert_charrefs=True)
        self._link = link or (lambda href, label: href)
        self._mask = mask or (lambda fragment: fragment)
        self._html: list[str] = []
        self._text: list[str] = []
        self._open: list[tuple[str, int]] = []  # element and a number of its own
        self._count = 0
        self._has_blocks = False
        self._lists: list[int] = []  # item counters, -1 for bullets
        self._anchor: tuple[str, int, int] | None = None  # href, place in _html, place in _text
        self._conditions: list[list[tuple[str, int]]] = []
        self.faults: list[str] = []
        self.addresses: list[str] = []

    @classmethod
    def read(cls, html: str, *, link: LinkWriter | None = None, mask: Mask | None = None) -> RichText:
        reader = cls(link=link, mask=mask)
        reader.feed(html)
        reader.close()
        return reader

    @property
    def html(self) -> str:
        inner = "".join(self._html)
        return inner if self._has_blocks else f"<p>{inner}</p>"

    @property
    def text(self) -> str:
        lines = "".join(self._text).split("\n")
        return _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip(" ") for line in lines)).strip("\n ")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._html.append("<br />")
            self._text.append("\n")
            return
        self._count += 1
        self._open.append((tag, self._count))
        if len(self._open) == DEEPEST:
            self.faults.append(_("Too many lists or formats are inside each other: simplify this text."))
        if tag == "a":
            self._anchor = (dict(attrs).get("href") or "", len(self._html), len(self._text))
            self._html.append("")
            return
        self._html.append(f"<{tag}>")
        self._has_blocks = self._has_blocks or tag in ("p", "ul", "ol")
        if tag in ("ul", "ol"):
            self._lists.append(-1 if tag == "ul" else 0)
            self._text.append("\n" if len(self._lists) == 1 else "")
        elif tag == "li":
            self._text.append("\n" + "  " * (len(self._lists) - 1) + self._marker())
        elif tag == "p" and not self._lists:
            self._text.append("\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "br":
            return
        if tag == "a":
            self._end_anchor()
        else:
            self._html.append(f"</{tag}>")
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        if tag in ("p", "ul", "ol") and not self._lists:
            self._text.append("\n\n")
        if self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        end = 0
        for found in LIQUID.finditer(data):
            self._write(data[end : found.start()])
            construct = found[0].replace("\xa0", " ")  # editors put no-break spaces beside others
            self._follow(construct)
            self._html.append(self._mask(construct))
            self._text.append(construct)
            end = found.end()
        self._write(data[end:])

    def _write(self, literal: str) -> None:
        if has_liquid(literal):
            self.faults.append(
                _("A variable is cut by formatting or not closed. Delete it and pick it from the list again.")
            )
        spaced = _SPACES.sub(" ", literal)
        self._html.append(escape(spaced, quote=False))
        at_line_start = not self._text or self._text[-1].endswith("\n")
        self._text.append(spaced.lstrip(" ") if at_line_start else spaced)

    def _end_anchor(self) -> None:
        if self._anchor is None:
            return
        href, html_place, text_place = self._anchor
        self._anchor = None
        self.addresses.append(href)
        label = "".join(self._text[text_place:]).strip()
        address = self._link(href, label)
        self._html[html_place] = f'<a href="{self._mask(escape_around_liquid(address))}" target="_blank">'
        self._html.append("</a>")
        if label == href:
            del self._text[text_place:]
            self._text.append(address)
        elif label not in (href.removeprefix("mailto:"), href.removeprefix("tel:")):
            self._text.append(f" <{address}>")

    def _marker(self) -> str:
        if not self._lists or self._lists[-1] < 0:
            return "- "
        self._lists[-1] += 1
        return f"{self._lists[-1]}. "

    def _follow(self, construct: str) -> None:
        """A condition begins and ends inside one element, or one of its branches would be broken HTML."""
        tag = _LIQUID_TAG.match(construct)
        if tag is None:
            return
        name = tag[1]
        if name in _OPENING:
            self._conditions.append(list(self._open))
        elif self._conditions and (name in _MIDDLE or name.startswith("end")):
            if self._conditions[-1] != self._open:
                self.faults.append(
                    _(
                        "A condition begins in one paragraph or list item and ends in another: keep it inside"
                        " one, or use “Only for” on the block."
                    )
                )
            if name.startswith("end"):
                self._conditions.pop()


def escape_around_liquid(value: str) -> str:
    """HTML-escape the literal pieces of a value, and leave its Liquid for the template."""
    end, pieces = 0, []
    for found in LIQUID.finditer(value):
        pieces += [escape(value[end : found.start()], quote=True), found[0]]
        end = found.end()
    return "".join([*pieces, escape(value[end:], quote=True)])
