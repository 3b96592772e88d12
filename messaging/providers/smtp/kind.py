"""What the registry knows about SMTP: its settings, how to make it, how to check it."""

from __future__ import annotations

import contextlib
import ssl
import time
from datetime import UTC, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.providers.base import Channel, Provider
from messaging.providers.errors import ProviderError, SettingsInvalid
from messaging.providers.registry import Finding, ProviderKind, Settings
from messaging.providers.smtp.config import FIELDS, SmtpConfig, read_config
from messaging.providers.smtp.handshake import Link, open_link
from messaging.providers.smtp.provider import SmtpProvider

# A certificate that ends sooner is worth a word.
CERTIFICATE_WARNING_DAYS = 14


def create(settings: Settings) -> Provider:
    return SmtpProvider(read_config(settings))


def check(settings: Settings) -> list[Finding]:
    """Connect and sign in as a send would, and say what the server can do. Sends no message."""
    try:
        config = read_config(settings)
        started = time.monotonic()
        link = open_link(config)
    except SettingsInvalid as error:
        return [Finding("error", f"{name}: {problem}") for name, problem in error.problems.items()]
    except ProviderError as error:
        text = _(error.text)
        return [Finding("error", f"{text} ({error.detail})" if error.detail else text)]
    seconds = time.monotonic() - started
    try:
        return [
            Finding("ok", _("Connected and ready in %(seconds).1f s.") % {"seconds": seconds}),
            *_about_encryption(link, config),
            *_about_extensions(link),
        ]
    finally:
        with contextlib.suppress(OSError):
            link.sock.sendall(b"QUIT\r\n")
        link.sock.close()


def _about_encryption(link: Link, config: SmtpConfig) -> list[Finding]:
    findings = []
    if isinstance(link.sock, ssl.SSLSocket):
        version = link.sock.version()
        findings.append(
            Finding("ok", _("Encrypted (%(version)s), certificate verified.") % {"version": version})
        )
        days = _days_left(link.sock)
        if days is not None and days < CERTIFICATE_WARNING_DAYS:
            findings.append(
                Finding("warning", _("The server's certificate ends in %(days)d days.") % {"days": days})
            )
    else:
        findings.append(Finding("ok", _("Not encrypted: the server is on this machine.")))
    if config.username:
        findings.append(Finding("ok", _("The user name and password were accepted.")))
    return findings


def _days_left(sock: ssl.SSLSocket) -> int | None:
    end = (sock.getpeercert() or {}).get("notAfter")
    if not isinstance(end, str):
        return None
    left = datetime.fromtimestamp(ssl.cert_time_to_seconds(end), UTC) - datetime.now(UTC)
    return left.days


def _about_extensions(link: Link) -> list[Finding]:
    can = link.extensions
    findings = []
    if not can.pipelining:
        findings.append(
            Finding(
                "warning", _("The server does not take commands in groups (PIPELINING): sending is slower.")
            )
        )
    if not can.smtputf8:
        findings.append(
            Finding("warning", _("Addresses with accents before the @ cannot be written to (SMTPUTF8)."))
        )
    if can.max_size:
        size = can.max_size / 1_000_000
        findings.append(Finding("ok", _("Messages may be up to %(size).0f MB.") % {"size": size}))
    return findings


KIND = ProviderKind(
    name="smtp",
    label=gettext_lazy("SMTP server"),
    channel=Channel.EMAIL,
    fields=FIELDS,
    create=create,
    check=check,
)
