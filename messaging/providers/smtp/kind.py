"""What the registry knows about SMTP: its settings, how to make it, how to check it."""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.providers.base import Channel, Provider
from messaging.providers.errors import ProviderError, SettingsInvalid
from messaging.providers.registry import Finding, ProviderKind, Settings
from messaging.providers.smtp.config import FIELDS, SmtpConfig, read_config
from messaging.providers.smtp.handshake import Link, open_link
from messaging.providers.smtp.provider import SmtpProvider
from messaging.providers.smtp.sources import Source

# A certificate that ends sooner is worth a word.
CERTIFICATE_WARNING = timedelta(days=14)

CHECK_ANSWER = 5.0
CHECK_TOTAL = 15.0
"""Seconds: somebody waits for the page, and a server that does not answer a check in time is worth a word."""


def create(settings: Settings) -> Provider:
    return SmtpProvider(read_config(settings))


def check(settings: Settings) -> list[Finding]:
    """Connect and sign in as a send would, and say what the server can do. Sends no message."""
    try:
        config = read_config(settings)
        first, *others = config.sources or (None,)
        started = time.monotonic()
        config = replace(config, timeout=min(config.timeout, CHECK_ANSWER))
        link = open_link(config, first, within=CHECK_TOTAL)
    except SettingsInvalid as error:
        return [Finding("error", f"{name}: {problem}") for name, problem in error.problems.items()]
    except ProviderError as error:
        text = _(error.text)
        return [Finding("error", f"{text} ({error.detail})" if error.detail else text)]
    seconds = time.monotonic() - started
    try:
        return [
            Finding(
                "ok", _("Connected and ready in %(seconds)s s.") % {"seconds": number_format(seconds, 1)}
            ),
            *_about_encryption(link, config),
            *_about_extensions(link),
            *_about_sources(config, others),
        ]
    finally:
        _leave(link)


def _leave(link: Link) -> None:
    with contextlib.suppress(OSError):
        link.sock.sendall(b"QUIT\r\n")
    link.sock.close()


def _about_sources(config: SmtpConfig, sources: Sequence[Source | None]) -> list[Finding]:
    """The addresses besides the first: those that do not work are named."""
    findings = []
    for source in sources:
        try:
            _leave(open_link(config, source, within=CHECK_ANSWER))
        except ProviderError as error:
            words = {"address": source and source.address, "words": _(error.text)}
            findings.append(Finding("error", _("From %(address)s: %(words)s") % words))
    if sources and not findings:
        text = _("Every one of the %(number)s addresses can be sent from.") % {"number": len(sources) + 1}
        findings.append(Finding("ok", text))
    return findings


def _about_encryption(link: Link, config: SmtpConfig) -> list[Finding]:
    findings = []
    if isinstance(link.sock, ssl.SSLSocket):
        version = link.sock.version()
        findings.append(
            Finding("ok", _("Encrypted (%(version)s), certificate verified.") % {"version": version})
        )
        end = _certificate_end(link.sock)
        if end is not None and end - datetime.now(UTC) < CERTIFICATE_WARNING:
            text = _("The server's certificate ends on %(date)s.") % {"date": date_format(end)}
            findings.append(Finding("warning", text))
    else:
        findings.append(Finding("ok", _("Not encrypted: the server is on this machine.")))
    if config.username:
        findings.append(Finding("ok", _("The user name and password were accepted.")))
    return findings


def _certificate_end(sock: ssl.SSLSocket) -> datetime | None:
    end = (sock.getpeercert() or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(end), UTC) if isinstance(end, str) else None


def _about_extensions(link: Link) -> list[Finding]:
    can = link.extensions
    findings = []
    if not can.pipelining:
        findings.append(
            Finding(
                "warning", _("The server does not take commands in groups (PIPELINING): sending is slower.")
            )
        )
    if can.max_size:
        size = number_format(can.max_size / 1_000_000, 0)
        findings.append(Finding("ok", _("Messages may be up to %(size)s MB.") % {"size": size}))
    return findings


KIND = ProviderKind(
    name="smtp",
    label=gettext_lazy("SMTP server"),
    channel=Channel.EMAIL,
    fields=FIELDS,
    create=create,
    check=check,
)
