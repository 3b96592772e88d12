"""Asking DNS. The resolver is given, so that tests ask a server of their own.

"It does not exist" and "nobody answered" are two answers: the first is a fact about the domain, the second
says nothing (a resolver that fails, a time-out, SERVFAIL).
"""

from __future__ import annotations

from typing import NamedTuple

import dns.exception
import dns.name
import dns.resolver

SECONDS = 3.0  # for one question


class NoAnswer(Exception):
    """Nobody said whether the record exists. `words`: what the resolver said."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class MailServer(NamedTuple):
    preference: int
    host: str


class Lookup:
    """Questions about names; each raises NoAnswer, and answers nothing for what does not exist."""

    def __init__(self, resolver: dns.resolver.Resolver) -> None:
        self.resolver = resolver

    def texts(self, name: str) -> list[str]:
        """TXT records, each joined from its parts."""
        return [b"".join(answer.strings).decode("utf-8", "replace") for answer in self._ask(name, "TXT")]

    def mail_servers(self, name: str) -> list[MailServer]:
        """MX records, best first."""
        found = (MailServer(answer.preference, _text(answer.exchange)) for answer in self._ask(name, "MX"))
        return sorted(found)

    def alias(self, name: str) -> str:
        """Where the name's CNAME leads; empty without one."""
        return next((_text(answer.target) for answer in self._ask(name, "CNAME")), "")

    def addresses(self, name: str) -> list[str]:
        """IPv4 and IPv6 addresses, aliases followed."""
        return [answer.to_text() for kind in ("A", "AAAA") for answer in self._ask(name, kind)]

    def _ask(self, name: str, kind: str) -> dns.resolver.Answer | tuple[()]:
        try:
            return self.resolver.resolve(name, kind, lifetime=SECONDS)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except (dns.exception.DNSException, OSError) as error:
            raise NoAnswer(type(error).__name__) from error


def system_lookup() -> Lookup:
    """The resolver that this machine uses; raises NoAnswer when it has none."""
    try:
        return Lookup(dns.resolver.Resolver())
    except (dns.exception.DNSException, OSError) as error:
        raise NoAnswer(type(error).__name__) from error


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()
