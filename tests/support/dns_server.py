"""A DNS server on loopback that answers from a dictionary, for the checks of senders' domains.

with DnsServer({("example.org", "TXT"): ["v=spf1 -all"]}) as server:
    Lookup(server.resolver()).texts("example.org")
"""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.resolver
import dns.rrset

SILENT, BROKEN = "silent", "broken"
Zone = dict[tuple[str, str], list[str]]


class DnsServer:
    """`zone`: (name, type) to values; TXT without quotes. [SILENT]: no answer comes, [BROKEN]: SERVFAIL."""

    def __init__(self, zone: Zone | None = None) -> None:
        self.zone: Zone = zone or {}
        self.silent = False  # nobody is answered

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.set()
        self._thread.join()
        self._socket.close()

    def resolver(self) -> dns.resolver.Resolver:
        found = dns.resolver.Resolver(configure=False)
        found.nameservers = ["127.0.0.1"]
        found.port = self._socket.getsockname()[1]
        found.timeout = 0.2
        return found

    def _serve(self) -> None:
        while not self._ends.is_set():
            try:
                asked, client = self._socket.recvfrom(4096)
            except TimeoutError:
                continue
            answer = self._answer(dns.message.from_wire(asked))
            if answer is not None and not self.silent:
                self._socket.sendto(answer.to_wire(max_size=65535), client)

    def _answer(self, query: dns.message.Message) -> dns.message.Message | None:
        (question,) = query.question
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        values = self.zone.get((name, kind))
        if values == [SILENT]:
            return None
        if values == [BROKEN]:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif values is not None:
            written = [_quoted(value) if kind == "TXT" else value for value in values]
            answer.answer.append(dns.rrset.from_text(question.name, 60, dns.rdataclass.IN, kind, *written))
        elif not any(known == name or known.endswith(f".{name}") for known, _kind in self.zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer


def _quoted(value: str) -> str:
    """A TXT value in strings of at most 255 bytes, as zones write long keys."""
    parts = [value[start : start + 200] for start in range(0, len(value), 200)] or [""]
    return " ".join('"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in parts)
