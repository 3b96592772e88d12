"""A small CardDAV server on loopback: one address book, basic auth, ETags, ctag and sync tokens."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.sax.saxutils import escape

from defusedxml import ElementTree

BOOK = "/dav/books/team/"
D = "{DAV:}"
HEAD = (
    '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav" '
    'xmlns:s="http://calendarserver.org/ns/">'
)


def card(name: str, email: str, *more: str) -> str:
    """A vCard 3.0 of somebody invented."""
    first, last = name.split(" ", 1)
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:{last};{first};;;", f"FN:{name}", f"EMAIL:{email}", *more]
    return "\r\n".join([*lines, "END:VCARD", ""])


@dataclass
class CardServer:
    """Its book and how it behaves. `log`: what was asked, "REPORT sync-collection" and so on."""

    url: str = ""
    password: str = "secret"
    has_tokens: bool = True
    forgets_tokens: bool = False
    redirects_to: str = ""
    cards: dict[str, str] = field(default_factory=dict)
    history: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)

    def put(self, name: str, text: str) -> None:
        self.cards[BOOK + name] = text
        self.history.append(BOOK + name)

    def delete(self, name: str) -> None:
        del self.cards[BOOK + name]
        self.history.append(BOOK + name)

    def etag(self, href: str) -> str:
        return f'"{len(self.history) - self.history[::-1].index(href)}"'

    @property
    def token(self) -> str:
        return f"http://example.org/sync/{len(self.history)}"

    # ---- Answers -------------------------------------------------------------------------------------------

    def answer(self, method: str, depth: str, body: bytes) -> tuple[int, str]:
        root = ElementTree.fromstring(body)
        kind = root.tag.rpartition("}")[2]
        self.log.append(f"{method} {kind} {depth}")
        if kind == "propfind":
            found = [self._book()] + ([self._card(href) for href in self.cards] if depth == "1" else [])
        elif kind == "addressbook-multiget":
            asked = [str(node.text) for node in root.iter(f"{D}href")]
            self.fetched += asked
            found = [self._card(href, data=True) if href in self.cards else gone(href) for href in asked]
        elif self.has_tokens:
            asked_token = root.findtext(f"{D}sync-token") or ""
            if self.forgets_tokens:
                return 403, '<d:error xmlns:d="DAV:"><d:valid-sync-token/></d:error>'
            since = self.history[int(asked_token.rpartition("/")[2]) :]
            found = [self._card(href) if href in self.cards else gone(href) for href in dict.fromkeys(since)]
            found.append(f"<d:sync-token>{self.token}</d:sync-token>")
        else:
            return 501, ""
        return 207, HEAD + "".join(found) + "</d:multistatus>"

    def _book(self) -> str:
        token = f"<d:sync-token>{self.token}</d:sync-token>" if self.has_tokens else ""
        tag = f"<s:getctag>{len(self.history)}</s:getctag>"
        kind = "<d:resourcetype><d:collection/><c:addressbook/></d:resourcetype>"
        return found_at(BOOK, f"{kind}<d:displayname>Team</d:displayname>{token}{tag}")

    def _card(self, href: str, *, data: bool = False) -> str:
        text = f"<c:address-data>{escape(self.cards[href])}</c:address-data>" if data else ""
        return found_at(href, f"<d:resourcetype/><d:getetag>{escape(self.etag(href))}</d:getetag>{text}")


def found_at(href: str, properties: str) -> str:
    return (
        f"<d:response><d:href>{href}</d:href><d:propstat><d:prop>{properties}</d:prop>"
        "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )


def gone(href: str) -> str:
    return f"<d:response><d:href>{href}</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>"


@contextmanager
def card_server() -> Iterator[CardServer]:
    """Run a server on a free port of loopback."""
    served = CardServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            login = base64.b64encode(f"team:{served.password}".encode()).decode()
            if self.headers.get("Authorization") != f"Basic {login}":
                status, text = 401, ""
            elif served.redirects_to:
                status, text = 302, ""
            elif self.path != BOOK:
                status, text = 404, ""
            else:
                status, text = served.answer(self.command, self.headers.get("Depth", ""), body)
            content = text.encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", served.redirects_to)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_PROPFIND = do_REPORT = _answer

        def log_message(self, *_args: Any) -> None:
            """Say nothing on standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.url = f"http://127.0.0.1:{server.server_port}{BOOK}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
