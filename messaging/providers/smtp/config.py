"""Settings of an SMTP account: read from a plain dict, checked once, with an error a person can act on."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.providers.errors import SettingsInvalid
from messaging.providers.registry import SettingField
from messaging.providers.smtp.sources import BadSource, Source, Stream, pool_of, read_sources


class Security(StrEnum):
    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


DEFAULT_PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}
MAX_CONNECTIONS = 20
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,255}", re.ASCII)

FIELDS = (
    SettingField(
        "host", gettext_lazy("Server"), required=True, help=gettext_lazy("For example smtp.example.org")
    ),
    SettingField(
        "security",
        gettext_lazy("Encryption"),
        type="choice",
        default=Security.STARTTLS,
        choices=(
            (Security.STARTTLS, gettext_lazy("STARTTLS (port 587, the usual choice)")),
            (Security.TLS, gettext_lazy("TLS from the first byte (port 465)")),
            (Security.NONE, gettext_lazy("None (only for a server on this machine)")),
        ),
    ),
    SettingField("port", gettext_lazy("Port"), type="number", help=gettext_lazy("Empty: the usual one.")),
    SettingField("username", gettext_lazy("User name")),
    SettingField("password", gettext_lazy("Password"), type="secret"),
    SettingField(
        "connections",
        gettext_lazy("Connections for each worker"),
        type="number",
        default=2,
        help=gettext_lazy("More is faster, up to what your provider allows."),
    ),
    SettingField(
        "messages_per_connection",
        gettext_lazy("Messages on one connection"),
        type="number",
        default=500,
        help=gettext_lazy("The connection is then closed and opened again."),
    ),
    SettingField(
        "helo_name",
        gettext_lazy("Name given to the server"),
        help=gettext_lazy("The full name of this machine, as its reverse DNS has it. Empty: its IP address."),
    ),
    SettingField(
        "sources",
        gettext_lazy("Addresses that messages leave from"),
        type="lines",
        help=gettext_lazy(
            "For a server of your own with several. One a line: address, full name, then “bulk” for mailings "
            "or “service” for confirmations; neither: both. Example: 192.0.2.10 mail1.example.org bulk"
        ),
    ),
    SettingField("stream", gettext_lazy("Stream")),  # given by whoever sends, not by people
    SettingField(
        "ca_file",
        gettext_lazy("Own certificate authority (PEM file)"),
        type="file",
        help=gettext_lazy("Only for a server whose certificate your organisation signs itself."),
    ),
    SettingField(
        "sign",
        gettext_lazy("Messages are signed here"),
        type="flag",
        default=False,
        help=gettext_lazy("With the keys of the sender’s domain. Not for a provider that signs by itself."),
    ),
    SettingField("timeout", gettext_lazy("Longest wait for an answer (seconds)"), type="number", default=30),
    SettingField(
        "final_timeout",
        gettext_lazy("Longest wait after a message (seconds)"),
        type="number",
        default=300,
        help=gettext_lazy(
            "Past this, nobody knows whether the message was taken, and it is shown as To check."
        ),
    ),
    SettingField(
        "batch_timeout", gettext_lazy("Longest time for one batch (seconds)"), type="number", default=120
    ),
)


@dataclass(frozen=True, slots=True)
class SmtpConfig:
    """A checked SMTP account. Times in seconds.

    `final_timeout` is the wait after the final dot. RFC 5321 §4.5.3.2.6 asks for 600; 300 covers what large
    servers do, and a longer one would make the dispatcher's lease longer too.
    """

    host: str
    port: int
    security: Security = Security.STARTTLS
    username: str = ""
    password: str = ""
    connections: int = 2
    messages_per_connection: int = 500
    helo_name: str = ""
    ca_file: str = ""
    sign: bool = False
    sources: tuple[Source, ...] = ()
    timeout: float = 30.0
    final_timeout: float = 300.0
    batch_timeout: float = 120.0

    def __repr__(self) -> str:
        return f"SmtpConfig({self.host}:{self.port}, {self.security})"  # never the password


def read_config(settings: Mapping[str, Any]) -> SmtpConfig:
    """Check `settings` (see FIELDS for names); raises SettingsInvalid naming every field that is wrong."""
    return _Reader(settings).config()


class _Reader:
    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings
        self.problems: dict[str, str] = {}

    def config(self) -> SmtpConfig:
        known = {field.name for field in FIELDS}
        for name in self.settings:
            if name not in known:
                self.problems[str(name)] = _("there is no such setting")
        security = self._security()
        config = SmtpConfig(
            host=self._host(),
            port=self._whole("port", DEFAULT_PORTS[security], 1, 65535),
            security=security,
            username=self._text("username"),
            password=self._text("password"),
            connections=self._whole("connections", 2, 1, MAX_CONNECTIONS),
            messages_per_connection=self._whole("messages_per_connection", 500, 1, 100_000),
            helo_name=self._helo_name(),
            ca_file=self._ca_file(),
            sources=self._sources(),
            sign=self.settings.get("sign") in (True, "on", "true", "1"),
            timeout=self._seconds("timeout", 30, 600),
            final_timeout=self._seconds("final_timeout", 300, 1800),
            batch_timeout=self._seconds("batch_timeout", 120, 1800),
        )
        self._check_together(config)
        if self.problems:
            raise SettingsInvalid(self.problems)
        return config

    def _check_together(self, config: SmtpConfig) -> None:
        if bool(config.username) != bool(config.password):
            missing = "password" if config.username else "username"
            self.problems[missing] = _("give both the user name and the password, or neither")
        if config.security is Security.NONE and config.host and not is_loopback(config.host):
            self.problems.setdefault(
                "security", _("only a server on this machine may be used without encryption")
            )

    def _text(self, name: str) -> str:
        value = self.settings.get(name)
        if value is None:
            return ""
        text = str(value)
        if "\x00" in text or "\r" in text or "\n" in text:
            self.problems[name] = _("must be one line")
            return ""
        return text

    def _host(self) -> str:
        host = self._text("host").strip()
        if not host:
            self.problems.setdefault("host", _("name the server"))
        elif not _HOST.fullmatch(host):
            self.problems["host"] = _("is not a host name or an IP address")
        return host

    def _helo_name(self) -> str:
        name = self._text("helo_name").strip()
        if name and not re.fullmatch(r"[A-Za-z0-9.:\[\]-]{1,255}", name):
            self.problems["helo_name"] = _("is not a host name or an IP address")
        return name

    def _sources(self) -> tuple[Source, ...]:
        """The addresses of the stream that is sent; without a stream, all of them."""
        try:
            stream = Stream(self.settings["stream"]) if self.settings.get("stream") else None
            return pool_of(read_sources(str(self.settings.get("sources") or "")), stream)
        except BadSource as error:
            self.problems["sources"] = str(error)
        except ValueError:
            self.problems["stream"] = _("choose one of: %(choices)s") % {"choices": ", ".join(Stream)}
        return ()

    def _security(self) -> Security:
        value = self.settings.get("security") or Security.STARTTLS
        try:
            return Security(value)
        except ValueError:
            self.problems["security"] = _("choose one of: %(choices)s") % {"choices": ", ".join(Security)}
            return Security.STARTTLS

    def _ca_file(self) -> str:
        name = self._text("ca_file")
        if name and not Path(name).is_file():
            self.problems["ca_file"] = _("this file does not exist or cannot be read")
        return name

    def _whole(self, name: str, default: int, low: int, high: int) -> int:
        value = self.settings.get(name)
        if value is None or value == "":
            return default
        try:
            number = int(str(value))
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            self.problems[name] = _("must be a whole number from %(low)s to %(high)s") % {
                "low": low,
                "high": high,
            }
            return default
        return number

    def _seconds(self, name: str, default: float, high: float) -> float:
        value = self.settings.get(name)
        if value is None or value == "":
            return default
        try:
            number = float(str(value))
        except ValueError:
            number = -1.0
        if not 0 < number <= high:
            self.problems[name] = _("must be a number of seconds, at most %(high)s") % {"high": int(high)}
            return default
        return number


def is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
