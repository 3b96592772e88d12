"""Links of a message: which addresses are allowed, which are counted, and what is written in their place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from messaging.content.fields import TRACKED_LINK, field_named
from messaging.content.syntax import LIQUID, has_liquid
from messaging.content.utm import UtmTags

LONGEST_URL = 2_000
LONGEST_LABEL = 200
_FORBIDDEN = re.compile(r"[\s\x00-\x20\x7f<>\"'\\`{}|^]")
_MAILTO = re.compile(r"mailto:[^@\s?]+@[^@\s?]+(\?.*)?", re.IGNORECASE)
_TELEPHONE = re.compile(r"tel:\+?[0-9().\- ]{2,24}", re.IGNORECASE)
_BEFORE_VARIABLE = re.compile(r"https?://[^/?#{}]+[/?#]", re.IGNORECASE)
_OUTPUT = re.compile(r"\{\{-?\s*(?P<inside>.*?)\s*-?\}\}", re.DOTALL)
_NAME = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Link:
    """`number` counts the tracked links from 1; 0 for an address that is written as it is."""

    number: int
    url: str
    label: str
    block_id: str

    @property
    def is_tracked(self) -> bool:
        return self.number > 0


class LinkBook:
    """Gives each link of a message its number, in reading order.

    `known`: numbered links of other versions of the message. The same link of the same block keeps its number
    in every version, so that its clicks are counted together; a new one gets a number that none has.
    """

    def __init__(
        self, *, tracking: bool = True, known: Iterable[Link] = (), utm: UtmTags | None = None
    ) -> None:
        self.tracking = tracking
        self._utm = utm
        self.links: list[Link] = []
        self._known: dict[tuple[str, str, str], list[int]] = {}
        self._last = 0
        for link in known:
            self._known.setdefault((link.block_id, link.url, link.label), []).append(link.number)
            self._last = max(self._last, link.number)

    def add(self, url: str, label: str, *, block_id: str = "") -> str:
        """What to write as the address: `{{ link_3 }}` for a counted link, else the address itself.

        An address that holds variables differs a person, so it is not counted: a token never carries one.
        """
        url = url.strip()
        personal = LIQUID.search(url) is not None
        if self._utm is not None and not personal:
            url = self._utm.put_in(url)
        counted = self.tracking and not personal and url.lower().startswith(("http://", "https://"))
        short = LIQUID.sub("…", " ".join(label.split()))[:LONGEST_LABEL]
        number = self._number(block_id, url, short) if counted else 0
        self.links.append(Link(number, url, short, block_id))
        if counted:
            return f"{{{{ {TRACKED_LINK}{number} }}}}"
        return _with_escaping(url) if personal else url

    @property
    def last(self) -> int:
        """The highest number given so far, in this message or another version of it."""
        return self._last

    def _number(self, block_id: str, url: str, label: str) -> int:
        if known := self._known.get((block_id, url, label)):
            return known.pop(0)
        self._last += 1
        return self._last


def url_fault(url: str) -> str:
    """Why an address cannot be used; empty when it can."""
    url = url.strip()
    if len(url) > LONGEST_URL:
        return _("This address is too long (2,000 characters at most).")
    constructs = LIQUID.findall(url)
    if constructs:
        return _personal_fault(url, constructs)
    if _MAILTO.fullmatch(url) or _TELEPHONE.fullmatch(url):
        return ""
    return _web_fault(url)


def image_fault(url: str) -> str:
    """Why an address cannot be that of a picture; empty when it can."""
    if has_liquid(url):
        return _("The address of a picture is the same for everyone: no variable in it.")
    return _web_fault(url.strip())


def _web_fault(url: str) -> str:
    if _FORBIDDEN.search(url):
        return _("This address has characters that do not belong in one (spaces, quotes, braces…).")
    try:
        parts = urlsplit(url)
        host, userinfo = parts.hostname, "@" in parts.netloc
        parts.port  # noqa: B018  a port that is not a number raises
    except ValueError:
        return _("This is not a web address.")
    if not parts.scheme:
        return _("Write the whole address, beginning with https://")
    if parts.scheme.lower() not in ("http", "https"):
        return _("Only http, https, mailto and tel addresses can be used.")
    if not host or userinfo:
        return _("This is not a web address.")
    return ""


def _personal_fault(url: str, constructs: list[str]) -> str:
    if any(not construct.startswith("{{") for construct in constructs):
        return _("An address can hold variables, not conditions.")
    if len(constructs) == 1 and constructs[0] == url:
        name = _NAME.match(_OUTPUT.fullmatch(url)["inside"])  # type: ignore[index]
        known = field_named(name[0]) if name else None
        if known is None or not known.is_url:
            return _("This variable is not an address: write the beginning of the address before it.")
        return ""
    if not _BEFORE_VARIABLE.match(url[: url.index("{{")]):
        return _("Variables come after the site's name: https://example.org/page?city={{ commune_name }}")
    return _web_fault(LIQUID.sub("x", url))


def _with_escaping(url: str) -> str:
    """Variables of an address, percent-encoded; a variable that is the whole address, checked."""
    if LIQUID.fullmatch(url) and len(LIQUID.findall(url)) == 1:
        return _OUTPUT.sub(r"{{ \g<inside> | whole_url }}", url)
    return _OUTPUT.sub(r"{{ \g<inside> | url_part }}", url)
