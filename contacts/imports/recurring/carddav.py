"""A CardDAV address book as a place (RFC 6352), read as a delta.

A server that knows `sync-collection` (RFC 6578) is asked what changed since its token; any other is asked
for the ETags of all cards, unless its ctag (CalendarServer's `getctag`) says that nothing changed. Whole
cards are fetched only where they are new or changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException, ElementTree
from django.utils.translation import gettext as _

from contacts.imports.recurring.errors import PlaceProblem
from contacts.imports.recurring.web import Answer, Server

DAV, CARD, CALENDAR_SERVER = "{DAV:}", "{urn:ietf:params:xml:ns:carddav}", "{http://calendarserver.org/ns/}"
NAMESPACES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav" xmlns:s="http://calendarserver.org/ns/"'
CARDS_AT_A_TIME = 100
MOST_ROUNDS = 1_000  # of a server that cuts its answers short (507)


@dataclass
class Delta:
    """What changed: {href: etag} of new and changed cards, hrefs that are gone, what to keep for later."""

    changed: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    sync: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """One `response` of a multistatus answer; `status` is 0 where only properties have one."""

    href: str
    status: int
    properties: dict[str, Element]

    def text(self, name: str) -> str:
        found = self.properties.get(name)
        return (found.text or "").strip() if found is not None else ""


class TokenRefused(Exception):
    """The server forgot what it gave us: everything is compared again."""


@contextmanager
def opened(settings: dict[str, Any], credentials: dict[str, Any]) -> Iterator[AddressBook]:
    """Reach an address book; `settings`: url, user. `credentials`: password. Raises PlaceProblem."""
    server = Server(
        settings["url"], user=settings.get("user", ""), password=str(credentials.get("password") or "")
    )
    try:
        yield AddressBook(server)
    finally:
        server.close()


class AddressBook:
    """The cards of one address book."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._about = self._look()

    @property
    def name(self) -> str:
        return self._about.text(f"{DAV}displayname")

    def delta(self, known: Mapping[str, str], sync: Mapping[str, str]) -> Delta:
        """Compare with {href: etag} of what is known; `sync` is that of the last delta."""
        token, ctag = self._about.text(f"{DAV}sync-token"), self._about.text(f"{CALENDAR_SERVER}getctag")
        now = {"token": token, "ctag": ctag}
        if known and any(now[name] and now[name] == sync.get(name) for name in now):
            return Delta(sync=now)
        if token and sync.get("token"):
            try:
                return self._changed_since(sync["token"], known)
            except TokenRefused:
                pass
        there = self._etags()
        return Delta(
            changed={href: etag for href, etag in there.items() if not etag or known.get(href) != etag},
            gone=[href for href in known if href not in there],
            sync=now,
        )

    def count(self) -> int:
        """How many cards there are."""
        return len(self._etags())

    def cards(self, hrefs: Sequence[str]) -> Iterator[tuple[str, str, str]]:
        """Yield (href, etag, vCard); a card that went meanwhile is left out."""
        for start in range(0, len(hrefs), CARDS_AT_A_TIME):
            some = hrefs[start : start + CARDS_AT_A_TIME]
            asked = "".join(f"<d:href>{escape(href)}</d:href>" for href in some)
            body = (
                f"<c:addressbook-multiget {NAMESPACES}><d:prop><d:getetag/><c:address-data/></d:prop>{asked}"
                "</c:addressbook-multiget>"
            )
            for entry in self._entries(self._server.ask("REPORT", self._server.url, body, depth="0")):
                card = entry.text(f"{CARD}address-data")
                if card:
                    yield entry.href, entry.text(f"{DAV}getetag"), card

    def _look(self) -> Entry:
        """What the server says of the address; raises PlaceProblem when it is no address book."""
        body = (
            f"<d:propfind {NAMESPACES}><d:prop><d:resourcetype/><d:displayname/><d:sync-token/><s:getctag/>"
            "</d:prop></d:propfind>"
        )
        found = self._entries(self._server.ask("PROPFIND", self._server.url, body, depth="0"))
        types = found[0].properties.get(f"{DAV}resourcetype") if found else None
        if types is None or types.find(f"{CARD}addressbook") is None:
            raise PlaceProblem(
                _("There is no address book at this address. Copy the address of one from its settings.")
            )
        return found[0]

    def _etags(self) -> dict[str, str]:
        body = f"<d:propfind {NAMESPACES}><d:prop><d:getetag/><d:resourcetype/></d:prop></d:propfind>"
        found = self._entries(self._server.ask("PROPFIND", self._server.url, body, depth="1"))
        return {entry.href: entry.text(f"{DAV}getetag") for entry in found if self._is_card(entry)}

    def _changed_since(self, token: str, known: Mapping[str, str]) -> Delta:
        delta = Delta()
        for _round in range(MOST_ROUNDS):
            body = (
                f"<d:sync-collection {NAMESPACES}><d:sync-token>{escape(token)}</d:sync-token>"
                "<d:sync-level>1</d:sync-level><d:prop><d:getetag/><d:resourcetype/></d:prop></d:sync-collection>"
            )
            answer = self._server.ask("REPORT", self._server.url, body, depth="0")
            if answer.status in (
                400,
                403,
                409,
                412,
                501,
            ):  # valid-sync-token failed, or it cannot do it at all
                raise TokenRefused
            root = self._root(answer)
            is_cut = self._collect(root, known, delta)
            token = (root.findtext(f"{DAV}sync-token") or "").strip()
            if not is_cut:
                break
        delta.sync = {"token": token, "ctag": ""}
        return delta

    def _collect(self, root: Element, known: Mapping[str, str], delta: Delta) -> bool:
        """Add what a round says; True when the server has more to say."""
        is_cut = False
        for entry in self._entries_of(root):
            if entry.status == 507:
                is_cut = True
            elif entry.status == 404:
                delta.changed.pop(entry.href, None)
                if entry.href in known:
                    delta.gone.append(entry.href)
            elif self._is_card(entry):
                etag = entry.text(f"{DAV}getetag")
                if not etag or known.get(entry.href) != etag:
                    delta.changed[entry.href] = etag
        return is_cut

    def _is_card(self, entry: Entry) -> bool:
        types = entry.properties.get(f"{DAV}resourcetype")
        is_folder = types is not None and types.find(f"{DAV}collection") is not None
        return not is_folder and _same(entry.href) != _same(path_of(self._server.url))

    def _entries(self, answer: Answer) -> list[Entry]:
        return list(self._entries_of(self._root(answer)))

    def _root(self, answer: Answer) -> Element:
        if answer.status != 207:
            raise PlaceProblem(
                _("The server answers %(status)s: this is no address book, or it is closed to this user.")
                % {"status": answer.status}
            )
        try:
            root: Element = ElementTree.fromstring(answer.body)
        except (ParseError, DefusedXmlException, ValueError) as error:
            raise PlaceProblem(_("The server's answer cannot be read.")) from error
        return root

    def _entries_of(self, root: Element) -> Iterator[Entry]:
        for response in root.iterfind(f"{DAV}response"):
            href = path_of(self._server.own((response.findtext(f"{DAV}href") or "").strip()))
            properties = {
                found.tag: found
                for group in response.iterfind(f"{DAV}propstat")
                if _status(group.findtext(f"{DAV}status")) == 200
                for found in group.iterfind(f"{DAV}prop/*")
            }
            yield Entry(href, _status(response.findtext(f"{DAV}status")), properties)


def path_of(url: str) -> str:
    """The server's own name of a card, as it writes it."""
    return urlsplit(url).path


def _same(path: str) -> str:
    return unquote(path).rstrip("/")


def _status(line: str | None) -> int:
    """Return 200 of "HTTP/1.1 200 OK"."""
    parts = (line or "").split()
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0
