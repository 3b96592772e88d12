"""Reading the environment: the only source of configuration.

Every variable may also be given as ``NAME_FILE``, the path of a file that holds the value (Docker and
Kubernetes secrets). A wrong value raises `SettingError`, which names the variable and the fix.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}
MOST_PORTS = 65_535


class SettingError(ImproperlyConfigured):
    """A variable of the environment is missing or wrong; the message names it and says what to do."""


class Environment:
    """Typed access to environment variables, remembering which ones were asked for."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self.values: dict[str, str] = dict(os.environ if values is None else values)
        self.asked: set[str] = set()

    def raw(self, name: str) -> str | None:
        """Value of NAME, or the content of the file that NAME_FILE points to; None when neither is set."""
        self.asked.add(name)
        if name in self.values:
            return self.values[name]
        path = self.values.get(f"{name}_FILE")
        if path is None:
            return None
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingError(
                f"{name}_FILE points to {path}, which cannot be read ({error.strerror}). "
                f"Correct the path, or set {name} itself."
            ) from error

    def text(self, name: str, default: str | None = None) -> str:
        """Text of NAME; without a default the variable is required."""
        value = self.raw(name)
        if value is None or value == "":
            if default is None:
                raise SettingError(f"{name} is not set. Set it, or {name}_FILE; see .env.example.")
            return default
        return value

    def flag(self, name: str, default: bool) -> bool:
        """True for 1, true, yes, on; False for 0, false, no, off."""
        value = self.raw(name)
        if value is None:
            return default
        if value.lower() in TRUE:
            return True
        if value.lower() in FALSE:
            return False
        raise SettingError(f"{name} is {value!r}; write 1 (on) or 0 (off).")

    def number(self, name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
        """Whole number of NAME, at least `least`, and at most `most` where one is given."""
        value = self.raw(name)
        if value is None or value == "":
            return default
        try:
            number = int(value)
        except ValueError:
            raise SettingError(f"{name} is {value!r}; write a whole number, such as {default}.") from None
        if number < least:
            raise SettingError(f"{name} is {number}; write {least} or more.")
        if most is not None and number > most:
            raise SettingError(f"{name} is {number}; write {most} or less.")
        return number

    def port(self, name: str, default: int) -> int:
        """Number of a TCP port."""
        return self.number(name, default, least=1, most=MOST_PORTS)

    def choice(self, name: str, default: str, *, choices: tuple[str, ...]) -> str:
        """One of `choices`, in any case of letters."""
        value = self.text(name, default)
        for known in choices:
            if known.lower() == value.lower():
                return known
        raise SettingError(f"{name} is {value!r}; write one of {', '.join(choices)}.")

    def words(self, name: str, default: list[str] | None = None) -> list[str]:
        """Values separated by commas, blanks dropped."""
        value = self.raw(name)
        if value is None:
            return list(default or [])
        return [word.strip() for word in value.split(",") if word.strip()]

    def some_words(self, name: str, default: list[str]) -> list[str]:
        """Values separated by commas, at least one: a variable that is set but empty is a mistake."""
        words = self.words(name, default)
        if not words:
            raise SettingError(
                f"{name} is set but names nothing; write {', '.join(default)}, or remove the variable."
            )
        return words

    def networks(self, name: str) -> list[IPv4Network | IPv6Network]:
        """Networks separated by commas, such as 192.168.1.0/24; none if unset."""
        found = []
        for word in self.words(name):
            try:
                found.append(ip_network(word))
            except ValueError:
                raise SettingError(
                    f"{name} names {word!r}, which is no network; write one such as 192.168.1.0/24."
                ) from None
        return found

    def url(self, name: str, default: str | None, *, schemes: tuple[str, ...]) -> str:
        """URL of NAME with one of the schemes."""
        value = self.text(name, default)
        scheme = _split(value, name).scheme
        if scheme not in schemes:
            wanted = " or ".join(f"{known}://" for known in schemes)
            raise SettingError(f"{name} starts with {scheme or 'no scheme'!r}; it must start with {wanted}")
        return value

    def origin(self, name: str, default: str | None, *, schemes: tuple[str, ...]) -> str:
        """Scheme, host and perhaps port of NAME: where pages are, and nothing after it."""
        value = self.url(name, default, schemes=schemes).rstrip("/")
        parts = _split(value, name)
        if not parts.hostname or parts.path or parts.query or parts.fragment or parts.username:
            raise SettingError(
                f"{name} is {value!r}; write a scheme and a host name only, such as https://crm.example.org"
            )
        return value

    def zone(self, name: str, default: str) -> str:
        """Name of a time zone, as the IANA database has it."""
        value = self.text(name, default)
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise SettingError(
                f"{name} is {value!r}, which is no time zone; write a name such as {default}."
            ) from None
        return value


def database_settings(url: str, *, name_of_variable: str) -> dict[str, object]:
    """Django settings of a PostgreSQL URL, `postgresql://user:password@host:port/name?option=value`.

    A `host` among the options is a socket's folder: `postgresql://crm_app@/campaign_crm?host=/run/crm`.
    """
    parts = _split(url, name_of_variable)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise SettingError(
            f"{name_of_variable} must start with postgresql:// ; PostgreSQL 15 or newer is required."
        )
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise SettingError(
            f"{name_of_variable} names no database; end it with /campaign_crm or the name of yours."
        )
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or unquote(parts.hostname or ""),
        "PORT": str(parts.port or options.pop("port", "")),
        "OPTIONS": options,
    }


def _split(url: str, name_of_variable: str) -> SplitResult:
    """The parts of a URL. The message repeats none of it: it may hold a password."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # looked at only when it is asked for
    except ValueError:
        raise SettingError(
            f"{name_of_variable} is no address: its host or port cannot be read. A port is a number up to "
            f"{MOST_PORTS}; in a password, write %40 for @, %3A for :, %2F for /, %3F for ?, %23 for # and "
            "%5B, %5D for [ and ]."
        ) from None
    return parts
